#include <inlay/training/schedule.hpp>

#include "support/catch.hpp"
#include "support/float_mode.hpp"

#include <cmath>

namespace {

constexpr inlay::Schedule schedule{.peak = 1e-3f, .last = 1e-4f, .warmup = 100, .total = 2000};

double wave(double step) { return 1e-4 + 9e-4 * 0.5 * (1.0 + std::cos(3.14159265358979 * (step - 100) / 1900)); }

}  // namespace

TEST_CASE("The learning rate warms up in a straight line and never begins at zero") {
  for (const auto rate : {inlay::warmup_cosine, inlay::warmup_linear}) {
    CHECK(std::abs(rate(0, schedule) - 1e-3f / 101) < 1e-10f);
    CHECK(std::abs(rate(50, schedule) - 1e-3f * 51 / 101) < 1e-9f);
    CHECK(rate(99, schedule) < 1e-3f);
    CHECK(rate(100, schedule) == 1e-3f);
    for (std::uint64_t step = 1; step <= 100; ++step) REQUIRE(rate(step, schedule) > rate(step - 1, schedule));
    CHECK(rate(0, inlay::Schedule{.peak = 0.5f, .total = 10}) == 0.5f);  // no warm-up
  }
}

TEST_CASE("Then it falls, as a cosine or as a line, to the last value, and stays there") {
  for (std::uint64_t step = 100; step < 2000; ++step) {
    CAPTURE(step);
    const double progress = (static_cast<double>(step) - 100) / 1900;
    REQUIRE(std::abs(inlay::warmup_cosine(step, schedule) - wave(static_cast<double>(step))) < 1e-9);
    REQUIRE(std::abs(inlay::warmup_linear(step, schedule) - (1e-3 - 9e-4 * progress)) < 1e-9);
  }
  CHECK(std::abs(inlay::warmup_cosine(1050, schedule) - 5.5e-4f) < 1e-9f);
  CHECK(std::abs(inlay::warmup_linear(1050, schedule) - 5.5e-4f) < 1e-9f);
  for (const auto rate : {inlay::warmup_cosine, inlay::warmup_linear}) {
    for (std::uint64_t step = 101; step < 2100; ++step) {
      REQUIRE(rate(step, schedule) <= rate(step - 1, schedule));
      REQUIRE(rate(step, schedule) >= schedule.last);
    }
    for (const std::uint64_t step : {std::uint64_t{2000}, std::uint64_t{5000}, ~std::uint64_t{0}})
      CHECK(std::abs(rate(step, schedule) - schedule.last) < 1e-10f);
  }
}

TEST_CASE("Schedules without a way down") {
  // Warm-up up to the end, beyond it, and a schedule of nothing.
  for (const auto rate : {inlay::warmup_cosine, inlay::warmup_linear}) {
    const inlay::Schedule only_warmup{.peak = 1.0f, .last = 0.25f, .warmup = 10, .total = 10};
    CHECK(rate(9, only_warmup) == 10.0f / 11.0f);
    CHECK(std::abs(rate(10, only_warmup) - 0.25f) < 1e-7f);
    const inlay::Schedule longer{.peak = 1.0f, .last = 0.25f, .warmup = 10, .total = 5};
    CHECK(rate(7, longer) == 8.0f / 11.0f);
    CHECK(std::abs(rate(12, longer) - 0.25f) < 1e-7f);
    const inlay::Schedule nothing{.peak = 1.0f, .last = 0.25f, .warmup = 0, .total = 0};
    CHECK(std::abs(rate(0, nothing) - 0.25f) < 1e-7f);
  }
}

TEST_CASE("A schedule does not depend on the caller's floating-point mode") {
  for (const std::uint64_t step : {3u, 99u, 100u, 333u, 1777u}) {
    const float cosine = inlay::warmup_cosine(step, schedule), line = inlay::warmup_linear(step, schedule);
    for (const FloatMode& mode : all_float_modes()) {
      CAPTURE(step, mode.name);
      const ScopedFloatMode caller{mode};
      CHECK(inlay::warmup_cosine(step, schedule) == cosine);
      CHECK(inlay::warmup_linear(step, schedule) == line);
    }
  }
}
