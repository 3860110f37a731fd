#include <inlay/parallel/executor.hpp>
#include <inlay/parallel/float_environment.hpp>

#include "parallel/thread_pool.hpp"
#include "support/catch.hpp"
#include "support/float_mode.hpp"

#include <atomic>

namespace {

const volatile float denormal = 1e-40f, one = 1.0f, three = 3.0f;

bool keeps_denormals() { return denormal * one > 0.0f; }
// 1 / 3 rounded to nearest is the upper neighbour, and -1 / 3 the lower.
bool rounds_to_nearest() {
  const volatile float up = one / three, down = -one / three;
  return up == 0x1.555556p-2f && down == -0x1.555556p-2f;
}

}  // namespace

TEST_CASE("Floats are rounded to nearest and denormals kept, and the caller's mode comes back") {
  REQUIRE(keeps_denormals());
  REQUIRE(rounds_to_nearest());
  for (const FloatMode mode : all_float_modes()) {
    CAPTURE(mode.name);
    const ScopedFloatMode caller{mode};
    const auto before = ScopedFloatMode::current();
    if (mode.flushes) CHECK_FALSE(keeps_denormals());
    if (mode.rounds) CHECK_FALSE(rounds_to_nearest());
    {
      const inlay::FloatEnvironment environment;
      CHECK(keeps_denormals());
      CHECK(rounds_to_nearest());
      {
        const inlay::FloatEnvironment inner;  // nested: nothing to do, nothing undone
        CHECK(keeps_denormals());
      }
      CHECK(keeps_denormals());
      CHECK(rounds_to_nearest());
    }
    CHECK(ScopedFloatMode::current() == before);
    if (mode.flushes) CHECK_FALSE(keeps_denormals());
    if (mode.rounds) CHECK_FALSE(rounds_to_nearest());
  }
  CHECK(keeps_denormals());
}

TEST_CASE("Each lane on another thread has the right mode too") {
  for (const FloatMode mode : all_float_modes()) {
    CAPTURE(mode.name);
    // A thread begins with the mode of the thread that made it.
    const ScopedFloatMode caller{mode};
    std::atomic<int> wrong{0};
    inlay::for_each_in_lanes(ThreadPool{4}, 40, 4, [&](std::size_t, std::size_t) {
      if (!keeps_denormals() || !rounds_to_nearest()) ++wrong;
    });
    CHECK(wrong == 0);
  }
}
