// What the rest of these tests takes for granted about the target.
#include <inlay/config.hpp>

#include "support/catch.hpp"

static volatile float one = 1.0f, third = 1.0f / 3.0f;

TEST_CASE("float arithmetic is that of IEEE 754") {
  CHECK(one / 3.0f == third);
  const volatile float denormal = 1e-40f;
  CHECK(denormal * one > 0.0f);  // kept, not flushed to zero
  CHECK(sizeof(float) == 4);
}

TEST_CASE("static storage is zero and constructed once") {
  static int counters[1024];
  for (const int counter : counters) REQUIRE(counter == 0);
}
