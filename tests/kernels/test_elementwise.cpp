// Kernels that work on each number alone: nonlinearities with their slopes, and the updates of optimizers.

#include <cmath>
#include <limits>
#include <vector>

#include <inlay/kernels/activation.hpp>
#include <inlay/kernels/optimizer.hpp>

#include "support/catch.hpp"
#include "support/compare.hpp"
#include "support/numbers.hpp"

namespace kernels = inlay::kernels;
using inlay::Activation;

namespace {

using Numbers = std::vector<double>;

double value_of(Activation a, double x) {
  switch (a) {
    case Activation::relu:
      return x > 0.0 ? x : 0.0;
    case Activation::gelu_erf:
      return 0.5 * x * (1.0 + std::erf(x / std::sqrt(2.0)));
    case Activation::gelu_tanh:
      return 0.5 * x * (1.0 + std::tanh(std::sqrt(2.0 / 3.14159265358979323846) * (x + 0.044715 * x * x * x)));
    case Activation::silu:
      return x / (1.0 + std::exp(-x));
    case Activation::sigmoid:
      return 1.0 / (1.0 + std::exp(-x));
    case Activation::tanh:
      return std::tanh(x);
    case Activation::identity:
      return x;
  }
  return 0.0;
}
// By central differences: an error of some 1e-11, too much for the ends of tanh.
double slope_of(Activation a, double x) {
  if (a == Activation::relu) return x > 0.0 ? 1.0 : 0.0;
  if (a == Activation::tanh) return 1.0 / (std::cosh(x) * std::cosh(x));
  return (value_of(a, x + 1e-5) - value_of(a, x - 1e-5)) / 2e-5;
}

template <Activation A>
void check_against_formula() {
  for (const std::size_t n : numbers::sizes({1, 15, 16, 17, 333})) {
    std::vector<float> x(n);
    for (std::size_t i = 0; i < n; ++i) x[i] = -8.0f + 16.0f * static_cast<float>(i) / static_cast<float>(n);
    const std::vector<float> dy = numbers::Source(4).list(n, 1.0f, 2.0f);
    Numbers y(n), dx(n);
    for (std::size_t i = 0; i < n; ++i) {
      y[i] = value_of(A, static_cast<double>(x[i]));
      dx[i] = static_cast<double>(dy[i]) * slope_of(A, static_cast<double>(x[i]));
    }
    std::vector<float> value = x, gradient = dy;
    kernels::activate_backward<A>(n, x.data(), gradient.data(), gradient.data());
    kernels::activate<A>(n, value.data(), value.data());
    CAPTURE(static_cast<int>(A), n);
    CHECK(compare::relative_error(value.data(), y, 1.0) < 1e-6);
    CHECK(compare::relative_error(gradient.data(), dx, 1.0) < 1e-6);
  }
}

// What the values and the slopes are far out, where nothing may overflow, and at 0.
template <Activation A>
void check_far_out(const std::vector<float>& values, const std::vector<float>& slopes) {
  CAPTURE(static_cast<int>(A));
  const std::vector<float> x = {-1e4f, -200.0f, 0.0f, 200.0f, 1e4f}, dy(5, 1.0f);
  std::vector<float> y(5), dx(5);
  kernels::activate<A>(5, x.data(), y.data());
  kernels::activate_backward<A>(5, x.data(), dy.data(), dx.data());
  CHECK(y == values);
  CHECK(dx == slopes);
  const float nan = std::numeric_limits<float>::quiet_NaN();
  kernels::activate<A>(1, &nan, y.data());
  if (A != Activation::relu) CHECK(y[0] != y[0]);
  kernels::activate_backward<A>(1, x.data() + 3, &nan, dx.data());
  CHECK(dx[0] != dx[0]);
}

struct Update {
  std::vector<float> p, g, m, v;
};

}  // namespace

TEST_CASE("nonlinearities and their slopes", "[elementwise]") {
  check_against_formula<Activation::relu>();
  check_against_formula<Activation::gelu_erf>();
  check_against_formula<Activation::gelu_tanh>();
  check_against_formula<Activation::silu>();
  check_against_formula<Activation::sigmoid>();
  check_against_formula<Activation::tanh>();
  check_against_formula<Activation::identity>();
  const std::vector<float> zero_or_x{0, 0, 0, 200, 1e4f};
  check_far_out<Activation::relu>(zero_or_x, {0, 0, 0, 1, 1});
  check_far_out<Activation::gelu_erf>(zero_or_x, {0, 0, 0.5f, 1, 1});
  check_far_out<Activation::gelu_tanh>(zero_or_x, {0, 0, 0.5f, 1, 1});
  check_far_out<Activation::silu>(zero_or_x, {0, 0, 0.5f, 1, 1});
  check_far_out<Activation::sigmoid>({0, 0, 0.5f, 1, 1}, {0, 0, 0.25f, 0, 0});
  check_far_out<Activation::tanh>({-1, -1, 0, 1, 1}, {0, 0, 1, 0, 0});
  check_far_out<Activation::identity>({-1e4f, -200, 0, 200, 1e4f}, {1, 1, 1, 1, 1});
}

TEST_CASE("slopes of sigmoid and tanh keep their digits where the value is next to 1", "[elementwise]") {
  for (const float x : {9.0f, 17.0f, 40.0f, 80.0f, -9.0f, -80.0f}) {
    const float one = 1.0f, half_x = 0.5f * x;
    float slope = 0.0f, steeper = 0.0f;
    kernels::activate_backward<Activation::sigmoid>(1, &x, &one, &slope);
    kernels::activate_backward<Activation::tanh>(1, &half_x, &one, &steeper);  // tanh(x / 2) = 2 sigmoid(x) - 1
    const double e = std::exp(-std::fabs(static_cast<double>(x)));
    const double expected = e / ((1.0 + e) * (1.0 + e));
    CHECK(std::fabs(static_cast<double>(slope) - expected) < 1e-6 * expected);
    CHECK(std::fabs(static_cast<double>(steeper) - 4.0 * expected) < 4e-6 * expected);
  }
}

TEST_CASE("lecture E: relu is (x + |x|) / 2 to the bit", "[elementwise]") {
  const auto check = [](const std::vector<float>& x) {
    std::vector<float> y(x.size()), dx(x.size());
    const std::vector<float> ones(x.size(), 1.0f);
    kernels::activate<Activation::relu>(x.size(), x.data(), y.data());
    kernels::activate_backward<Activation::relu>(x.size(), x.data(), ones.data(), dx.data());
    for (std::size_t i = 0; i < x.size(); ++i) {
      CHECK(numbers::same_bits(y[i], (x[i] + std::fabs(x[i])) / 2.0f));
      if (x[i] != 0.0f) CHECK(dx[i] == (1.0f + x[i] / std::fabs(x[i])) / 2.0f);
    }
  };
  check({0.0f, -0.0f, 1.5f, -1.5f, 2e-38f, -2e-38f, 1.7e38f, -3.4e38f});
  if (inlay::simd::keeps_denormals) check({1e-45f, -1e-45f, 1e-38f, -1e-38f});
  check(numbers::Source(12).list(1000, 8.0f));
}

TEST_CASE("Adam against its algorithm in double", "[elementwise]") {
  for (const float decoupled : {0.0f, 0.1f})
    for (const float added : {0.0f, 0.05f})
      for (const std::size_t n : numbers::sizes({1, 16, 19, 40})) {
        CAPTURE(decoupled, added, n);
        numbers::Source source(2);
        Update u{source.list(n), {}, std::vector<float>(n), std::vector<float>(n)};
        Numbers p(u.p.begin(), u.p.end()), m(n), v(n);
        const double b1 = static_cast<double>(0.9f), b2 = static_cast<double>(0.999f);
        const double rate = static_cast<double>(0.01f), epsilon = static_cast<double>(1e-8f);
        for (int step = 1; step <= 20; ++step) {
          u.g = source.list(n, 2.0f);
          const double c1 = 1.0 / (1.0 - std::pow(b1, step)), c2 = 1.0 / (1.0 - std::pow(b2, step));
          for (std::size_t i = 0; i < n; ++i) {
            const double g = 0.5 * static_cast<double>(u.g[i]) + static_cast<double>(added) * p[i];
            m[i] = b1 * m[i] + (1 - b1) * g;
            v[i] = b2 * v[i] + (1 - b2) * g * g;
            p[i] *= 1 - rate * static_cast<double>(decoupled);
            p[i] -= rate * (m[i] * c1) / (std::sqrt(v[i] * c2) + epsilon);
          }
          kernels::adam(n,
                        {0.01f, 0.9f, 0.999f, 1e-8f, decoupled, added, static_cast<float>(c1),
                         static_cast<float>(std::sqrt(c2)), 0.5f},
                        u.p.data(), u.g.data(), u.m.data(), u.v.data());
        }
        CHECK(compare::relative_error(u.p.data(), p) < 5e-6);
        CHECK(compare::relative_error(u.m.data(), m) < 1e-5);
        CHECK(compare::relative_error(u.v.data(), v) < 1e-5);
        CHECK((u.g == std::vector<float>(n)));
      }
}

TEST_CASE("momentum and plain descent against their formulas in double", "[elementwise]") {
  for (const std::size_t n : numbers::sizes({1, 16, 19, 40})) {
    numbers::Source source(6);
    Update u{source.list(n), {}, std::vector<float>(n), {}};
    std::vector<float> plain = u.p;
    Numbers p(u.p.begin(), u.p.end()), q = p, m(n);
    const kernels::MomentumStep step{0.1f, 0.9f, 0.01f, 0.25f};
    const double rate = static_cast<double>(0.1f), decay = static_cast<double>(0.01f);
    for (int turn = 0; turn < 10; ++turn) {
      u.g = source.list(n, 2.0f);
      std::vector<float> g = u.g;
      for (std::size_t i = 0; i < n; ++i) {
        const double scaled = 0.25 * static_cast<double>(g[i]);
        m[i] = static_cast<double>(0.9f) * m[i] + scaled + decay * p[i];
        p[i] -= rate * m[i];
        q[i] -= rate * (scaled + decay * q[i]);
      }
      kernels::momentum(n, step, u.p.data(), u.g.data(), u.m.data());
      kernels::descend(n, step, plain.data(), g.data());
      CHECK((u.g == std::vector<float>(n) && g == std::vector<float>(n)));
    }
    CHECK(compare::relative_error(u.p.data(), p) < 5e-6);
    CHECK(compare::relative_error(plain.data(), q) < 5e-6);
  }
}

TEST_CASE("slices are merged and emptied; squares are summed in lanes", "[elementwise]") {
  std::vector<float> part = numbers::Source(1).list(21), total = numbers::Source(2).list(21), expected(21), squares(21);
  for (std::size_t i = 0; i < 21; ++i) {
    expected[i] = total[i] + part[i];
    squares[i] = expected[i] * expected[i];
  }
  kernels::take(21, part.data(), total.data());
  CHECK(total == expected);
  CHECK((part == std::vector<float>(21)));
  CHECK(numbers::same_bits(kernels::sum_of_squares(21, total.data()), numbers::sum_in_lanes(squares)));

  const float infinity = std::numeric_limits<float>::infinity();
  CHECK(kernels::is_finite(0.0f));
  CHECK(kernels::is_finite(-3e38f));
  CHECK(!kernels::is_finite(infinity));
  CHECK(!kernels::is_finite(-infinity));
  CHECK(!kernels::is_finite(infinity - infinity));
}
