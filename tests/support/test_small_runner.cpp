// The small runner tested with itself, whatever runner the other tests use.
#define INLAY_SMALL_RUNNER_MAIN
#include "support/small_runner.hpp"

static int outer = 0, left = 0, right_upper = 0, right_lower = 0, repeated = 0;

TEST_CASE("sections: each innermost one runs once, with everything around it") {
  ++outer;
  SECTION("left") { ++left; }
  SECTION("right") {
    SECTION("upper") { ++right_upper; }
    SECTION("lower") { ++right_lower; }
  }
}

TEST_CASE("sections: as counted after the case above") {
  REQUIRE(outer == 3);
  CHECK(left == 1);
  CHECK(right_upper == 1);
  CHECK(right_lower == 1);
}

TEST_CASE("sections in a loop run once for each name") {
  const char* names[] = {"a", "b", "c"};
  for (const char* name : names) SECTION(name) {
      ++repeated;
    }
}

TEST_CASE("sections in a loop: as counted", "[tag]") {
  CAPTURE(repeated, outer);
  INFO("repeated is " << repeated);
  REQUIRE(repeated == 3);
  CHECK_FALSE(repeated == 2);
  REQUIRE_FALSE(repeated == 2);
}
