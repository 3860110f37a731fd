// Modules that act on each number or each row alone: nonlinearities, dropout, softmax and its logarithm.

#include <inlay/modules/activation.hpp>

#include "support/module_run.hpp"

using namespace module_test;
using inlay::Activate;
using inlay::Activation;
using inlay::Dropout;
using inlay::LogSoftmax;
using inlay::Softmax;
using reference::Matrix;
using reference::Place;

TEST_CASE("Activate against the reference", "[activation]") {
  const auto check = []<Activation A, std::size_t Width>() {
    CAPTURE(static_cast<int>(A), Width);
    compare_with_reference<Activate<A, Width>, Extent{.rows = 5}>(
        {0, 5}, [](const Place&, const Matrix& x) { return reference::activation(A, x); });
  };
  check.operator()<Activation::relu, 15>();
  check.operator()<Activation::gelu_erf, 17>();
  check.operator()<Activation::gelu_tanh, 16>();
  check.operator()<Activation::silu, 31>();
  check.operator()<Activation::sigmoid, 17>();
  check.operator()<Activation::tanh, 15>();
  check.operator()<Activation::identity, 9>();
  check.operator()<Activation::sigmoid, 1>();
}

TEST_CASE("Softmax and LogSoftmax against the reference", "[activation]") {
  const auto check = []<std::size_t Width>() {
    CAPTURE(Width);
    const auto run = compare_with_reference<Softmax<Width>, Extent{.rows = 7}>(
        {0, 7}, [](const Place&, const Matrix& x) { return reference::softmax(x); });
    for (std::size_t i = 0; i < 7; ++i) {
      double sum = 0.0;
      for (std::size_t j = 0; j < Width; ++j) sum += static_cast<double>(run->y[i * Width + j]);
      CHECK(std::fabs(sum - 1.0) < 1e-6);
    }
    compare_with_reference<LogSoftmax<Width>, Extent{.rows = 7}>(
        {0, 7}, [](const Place&, const Matrix& x) { return reference::log_softmax(x); });
  };
  check.operator()<2>();
  check.operator()<15>();
  check.operator()<16>();
  check.operator()<33>();
}

TEST_CASE("lecture E: log-softmax is z_i - log sum exp z, and a temperature divides z first", "[activation]") {
  using M = LogSoftmax<5>;
  ModuleRun<M, Extent{.rows = 3}> run({0, 3}, 4);
  const double z[5] = {2.0, -1.0, 0.5, 3.0, 0.0};
  const double temperatures[3] = {1.0, 0.5, 4.0};
  for (std::size_t i = 0; i < 3; ++i)
    for (std::size_t j = 0; j < 5; ++j) run.x[i * 5 + j] = static_cast<float>(z[j] / temperatures[i]);
  run.forward();
  double greatest[3] = {};
  for (std::size_t i = 0; i < 3; ++i) {
    double sum = 0.0;
    for (const double value : z) sum += std::exp(value / temperatures[i]);
    for (std::size_t j = 0; j < 5; ++j) {
      const double expected = z[j] / temperatures[i] - std::log(sum);
      CHECK(std::fabs(static_cast<double>(run.y[i * 5 + j]) - expected) < 1e-6);
      greatest[i] = std::fmax(greatest[i], std::exp(static_cast<double>(run.y[i * 5 + j])));
    }
  }
  // A low temperature sharpens, a high one flattens.
  CHECK(greatest[1] > greatest[0]);
  CHECK(greatest[2] < greatest[0]);
}

TEST_CASE("Dropout against the reference, in training and not", "[activation]") {
  using M = Dropout<17, 0.3f>;
  static_assert(std::is_empty_v<inlay::ParametersOf<M>> && std::is_empty_v<inlay::ActivationsOf<M, Extent{}>> &&
                std::is_empty_v<inlay::WorkspaceOf<M, Extent{}>>);
  const auto forward = [](const Place& p, const Matrix& x) { return reference::dropout(p, x, 0.3f); };
  const auto run = compare_with_reference<M, Extent{.rows = 20}>({0, 20}, forward);
  std::size_t zeros = 0;
  for (std::size_t i = 0; i < run->y.size(); ++i) {
    zeros += run->y[i] == 0.0f ? 1u : 0u;
    CHECK((run->y[i] == 0.0f) == (run->dx[i] == 0.0f));
  }
  CHECK(zeros > 60);
  CHECK(zeros < 150);
  const auto idle = compare_with_reference<M, Extent{.rows = 20}>({0, 20}, forward, 1, false);
  CHECK(idle->y == idle->x);
  CHECK(idle->dx == idle->dy);
  const auto none = compare_with_reference<Dropout<17, 0.0f>, Extent{.rows = 20}>(
      {0, 20}, [](const Place&, const Matrix& x) { return x; });
  CHECK(none->y == none->x);
}
