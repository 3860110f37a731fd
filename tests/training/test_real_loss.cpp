// Losses against real targets: each against its formula in double, weights, parts, far-out outputs, training on
// vectors.

#include <inlay/modules/activation.hpp>
#include <inlay/modules/compose.hpp>
#include <inlay/modules/linear.hpp>
#include <inlay/training/real_loss.hpp>
#include <inlay/training/trainer.hpp>

#include <cmath>
#include <limits>
#include <memory>
#include <vector>

#include "parallel/thread_pool.hpp"
#include "support/catch.hpp"
#include "support/compare.hpp"
#include "support/numbers.hpp"
#include "support/tape.hpp"
#include "support/training.hpp"

using inlay::Extent;
using inlay::RealTargets;
using inlay::Rows;
using inlay::Serial;
using reference::Real;

namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();

// The textbook's formulas, number by number.
Real squared(Real y, double t) { return (y - Real(t)) * (y - Real(t)); }
template <inlay::Fraction Delta>
Real huber(Real y, double t) {
  const Real d = y - Real(t), a = d.value < 0.0 ? -d : d;
  const double delta = static_cast<double>(Delta.value);
  return a.value <= delta ? Real(0.5) * d * d : Real(delta) * (a - Real(0.5 * delta));
}
Real logistic(Real z, double t) {
  const Real p = Real(1.0) / (Real(1.0) + exp(-z));
  return Real(-t) * log(p) - Real(1.0 - t) * log(Real(1.0) - p);
}
Real perceptron(Real z, double t) { return positive_part(z) - Real(t) * z; }

enum class Weights { none, some, zeros };

template <class Loss>
void check(std::size_t rows, Weights weighting, Real (*number)(Real, double), bool answers) {
  constexpr std::size_t width = Loss::width;
  CAPTURE(width, rows, static_cast<int>(weighting));
  numbers::Source source(static_cast<std::uint32_t>(width + rows));
  std::vector<float> y = source.list(rows * width, 3.0f), t = source.list(rows * width, 2.0f), weights;
  if (answers)
    for (float& value : t) value = number == perceptron ? (value > 0.0f ? 1.0f : 0.0f) : std::fabs(0.5f * value);
  if (weighting != Weights::none) weights = source.list(rows, 0.5f, 1.0f);
  if (weighting == Weights::zeros)
    for (std::size_t i = 0; i < rows; i += 2) weights[i] = 0.0f;

  reference::tape().clear();
  std::vector<Real> variables;
  Real expected;
  double expected_weight = 0.0;
  for (std::size_t i = 0; i < rows; ++i) {
    const double weight = weights.empty() ? 1.0 : static_cast<double>(weights[i]);
    expected_weight += weight;
    for (std::size_t j = 0; j < width; ++j) {
      variables.push_back(reference::variable(static_cast<double>(y[i * width + j])));
      const Real loss = number(variables.back(), static_cast<double>(t[i * width + j]));
      expected += Real(weight / static_cast<double>(width)) * loss;
    }
  }
  const std::vector<double> slopes = reference::gradients(expected);
  std::vector<double> gradient;
  for (const Real& variable : variables) gradient.push_back(slopes[static_cast<std::size_t>(variable.node)]);

  // What a row of weight 0 holds does not matter.
  if (weighting == Weights::zeros)
    for (std::size_t i = 0; i < rows; i += 2) {
      y[i * width] = not_a_number;
      t[i * width] = infinity;
    }
  const RealTargets<width> targets{Rows<const float, width>(t.data(), rows), weights};
  static typename Loss::template Workspace<Extent{.rows = 40}> workspace;
  double alone = 0.25, total = 0.25, weight = 0.5;  // all three are added to
  Loss::forward(Serial{}, workspace, Rows<const float, width>(y.data(), rows), targets, alone);
  Loss::backward(Serial{}, workspace, Rows<float, width>(y.data(), rows), targets, total);
  Loss::add_weight(targets, weight);
  CHECK(alone == total);
  CHECK(std::fabs(total - 0.25 - expected.value) < 1e-5 * (1.0 + expected.value));
  CHECK(std::fabs(weight - 0.5 - expected_weight) < 1e-5 * (1.0 + expected_weight));
  CHECK(compare::relative_error(y.data(), gradient, 1.0) < 1e-5);
}

template <std::size_t Width>
void check_all(std::size_t rows, Weights weights) {
  check<inlay::MeanSquaredError<Width>>(rows, weights, squared, false);
  check<inlay::Huber<Width>>(rows, weights, huber<1.0f>, false);
  check<inlay::Huber<Width, 0.3f>>(rows, weights, huber<0.3f>, false);
  check<inlay::Logistic<Width>>(rows, weights, logistic, true);
  check<inlay::PerceptronCriterion<Width>>(rows, weights, perceptron, true);
}

// Loss and gradient of one number.
struct One {
  double loss;
  float slope;
};
template <class Loss>
One one(float y, float t) {
  static typename Loss::template Workspace<Extent{.rows = 1}> workspace;
  One result{0.0, y};
  Loss::backward(Serial{}, workspace, Rows<float, 1>(&result.slope, 1), {Rows<const float, 1>(&t, 1)}, result.loss);
  return result;
}
bool is_near(double value, double expected) { return std::fabs(value - expected) <= 1e-6 * std::fabs(expected); }

}  // namespace

TEST_CASE("losses against real targets against their formulas", "[loss]") {
  for (const Weights weights : {Weights::none, Weights::some, Weights::zeros})
    for (const std::size_t rows : numbers::sizes({1, 2, 17, 40})) {
      check_all<1>(rows, weights);
      check_all<2>(rows, weights);
      check_all<15>(rows, weights);
      check_all<16>(rows, weights);
      check_all<33>(rows, weights);
    }
}

TEST_CASE("Logistic keeps its digits at any logit", "[loss]") {
  using Loss = inlay::Logistic<1>;
  for (const float z : {0.5f, 5.0f, 16.0f, 30.0f, 80.0f}) {
    CAPTURE(z);
    const double e = std::exp(-static_cast<double>(z));
    const One right = one<Loss>(z, 1.0f), wrong = one<Loss>(z, 0.0f);
    CHECK(is_near(right.loss, std::log1p(e)));
    CHECK(is_near(static_cast<double>(right.slope), -e / (1.0 + e)));
    CHECK(is_near(wrong.loss, static_cast<double>(z) + std::log1p(e)));
    CHECK(is_near(static_cast<double>(wrong.slope), 1.0 / (1.0 + e)));
    // The other answer with the other sign is the same.
    CHECK(one<Loss>(-z, 0.0f).loss == right.loss);
    CHECK(one<Loss>(-z, 0.0f).slope == -right.slope);
  }
  CHECK(is_near(one<Loss>(0.0f, 1.0f).loss, std::log(2.0)));
  CHECK(one<Loss>(0.0f, 1.0f).slope == -0.5f);
  CHECK(one<Loss>(3e38f, 1.0f).loss == 0.0);
  CHECK(one<Loss>(3e38f, 1.0f).slope == 0.0f);
  CHECK(one<Loss>(-3e38f, 1.0f).loss == static_cast<double>(3e38f));
  CHECK(one<Loss>(-3e38f, 1.0f).slope == -1.0f);
}

TEST_CASE("Huber joins at delta, and outliers pull with delta alone", "[loss]") {
  using Loss = inlay::Huber<1, 2.0f>;
  CHECK(one<Loss>(3.0f, 1.0f).loss == 2.0);
  CHECK(one<Loss>(3.0f, 1.0f).slope == 2.0f);
  CHECK(one<Loss>(-9.0f, 1.0f).loss == 18.0);
  CHECK(one<Loss>(-9.0f, 1.0f).slope == -2.0f);
  CHECK(one<Loss>(1.5f, 1.0f).loss == 0.125);
  CHECK(one<Loss>(1e30f, 0.0f).slope == 2.0f);
}

TEST_CASE("PerceptronCriterion: nothing for a right answer, |z| for a wrong one, and 0 answers no", "[loss]") {
  using Loss = inlay::PerceptronCriterion<1>;
  const auto is = [](One found, double loss, float slope) { return found.loss == loss && found.slope == slope; };
  CHECK(is(one<Loss>(2.5f, 1.0f), 0.0, 0.0f));
  CHECK(is(one<Loss>(-2.5f, 0.0f), 0.0, 0.0f));
  CHECK(is(one<Loss>(2.5f, 0.0f), 2.5, 1.0f));
  CHECK(is(one<Loss>(-2.5f, 1.0f), 2.5, -1.0f));
  CHECK(is(one<Loss>(0.0f, 0.0f), 0.0, 0.0f));
  CHECK(is(one<Loss>(0.0f, 1.0f), 0.0, -1.0f));
}

TEST_CASE("what is not a number is not learned from in silence", "[loss]") {
  const auto check = []<class Loss>(Loss) {
    const One found = one<Loss>(not_a_number, 1.0f);
    CHECK(found.loss != found.loss);
    CHECK(found.slope != found.slope);
  };
  check(inlay::MeanSquaredError<1>{});
  check(inlay::Huber<1>{});
  check(inlay::Logistic<1>{});
  check(inlay::PerceptronCriterion<1>{});
}

TEST_CASE("parts keep targets and weights together", "[loss]") {
  using Loss = inlay::MeanSquaredError<2>;
  const std::vector<float> t{1, 2, 3, 4, 5, 6, 7, 8}, weights{1, 2, 3, 4};
  const RealTargets<2> whole{Rows<const float, 2>(t.data(), 4), weights};
  const RealTargets<2> part = Loss::part(whole, 1, 2);
  CHECK(part.values.count() == 2);
  CHECK(part.values(0, 0) == 3.0f);
  CHECK(part.weights.size() == 2);
  CHECK(part.weights[1] == 3.0f);
  const RealTargets<2> unweighted{Rows<const float, 2>(t.data(), 4)};
  CHECK(Loss::part(unweighted, 1, 2).weights.empty());
  double total = 0.0;
  Loss::add_weight(part, total);
  CHECK(total == 5.0);
  Loss::add_weight(unweighted, total);
  CHECK(total == 9.0);
}

namespace {

// One row is one sequence.
struct Vectors
    : inlay::Sequential<inlay::Linear<3, 8>, inlay::Activate<inlay::Activation::tanh, 8>, inlay::Linear<8, 2>> {
  static constexpr std::size_t context = 1;
};
template <std::size_t Slices>
using Regression =
    inlay::Trainer<Vectors, inlay::TrainerConfig{.batch = 50, .slices = Slices, .rows_per_pass = 7, .moments = 2},
                   inlay::MeanSquaredError<2>>;

// t = (x0 x1, sin x2), and a row of weight 0 with a target far off.
struct Data {
  std::vector<float> x = numbers::Source(5).list(50 * 3, 1.5f), t, weights;
  Data() {
    for (std::size_t i = 0; i < 50; ++i) {
      t.push_back(x[3 * i] * x[3 * i + 1]);
      t.push_back(std::sin(x[3 * i + 2]));
      weights.push_back(i % 10 == 3 ? 0.0f : 1.0f + static_cast<float>(i % 2));
    }
    t[2 * 3] = 1e6f;
  }
  template <class T>
  typename T::BatchType batch(std::size_t first = 0, std::size_t count = 50) const {
    return {Rows<const float, 3>(x.data(), 50).part(first, count),
            {Rows<const float, 2>(t.data(), 50).part(first, count), std::span(weights).subspan(first, count)}};
  }
};

}  // namespace

TEST_CASE("a trainer learns vectors: one row is one sequence", "[loss]") {
  using Trainer = Regression<2>;
  const Data data;
  const auto trainer = std::make_unique<Trainer>();
  trainer->initialize(inlay::Seed{3});
  // The mean is over the weights of the rows and over the two numbers of a row: a new model answers about 0.
  double squares = 0.0, weight = 0.0;
  for (std::size_t i = 0; i < 50; ++i) {
    const double a = static_cast<double>(data.t[2 * i]), b = static_cast<double>(data.t[2 * i + 1]);
    if (data.weights[i] > 0.0f) squares += static_cast<double>(data.weights[i]) * (a * a + b * b) / 2.0;
    weight += static_cast<double>(data.weights[i]);
  }
  const float before = trainer->evaluate(data.batch<Trainer>(), Serial{});
  CHECK(std::fabs(static_cast<double>(before) - squares / weight) < 0.01 * squares / weight);
  const inlay::Adam optimizer{.learning_rate = 0.02f};
  for (int step = 0; step < 600; ++step)
    REQUIRE_FALSE(trainer->step(data.batch<Trainer>(), optimizer, Serial{}).skipped);
  const float after = trainer->evaluate(data.batch<Trainer>(), Serial{});
  CAPTURE(before, after);
  CHECK(after < 0.02f * before);
}

TEST_CASE("vectors: the same bits for any number of threads, and for micro-batches", "[loss]") {
  using Trainer = Regression<2>;
  const Data data;
  const inlay::Adam optimizer{.learning_rate = 0.02f};
  const auto trained = [&](const auto& executor) {
    const auto trainer = std::make_unique<Trainer>();
    trainer->initialize(inlay::Seed{3});
    for (int step = 0; step < 20; ++step) trainer->step(data.batch<Trainer>(), optimizer, executor);
    return numbers_kept_by(*trainer);
  };
  const auto expected = trained(Serial{});
  for (const std::size_t threads : numbers::sizes({1, 2, 3})) CHECK(same_bits(trained(ThreadPool{threads}), expected));

  // One slice, cut where its passes are cut anyway.
  using Single = Regression<1>;
  const auto whole = std::make_unique<Single>(), parts = std::make_unique<Single>();
  for (Single* trainer : {whole.get(), parts.get()}) trainer->initialize(inlay::Seed{3});
  for (int step = 0; step < 5; ++step) {
    whole->step(data.batch<Single>(), optimizer, Serial{});
    parts->accumulate(data.batch<Single>(0, 21), Serial{});
    parts->accumulate(data.batch<Single>(21, 29), Serial{});
    parts->update(optimizer, Serial{});
  }
  CHECK(same_bits(numbers_kept_by(*whole), numbers_kept_by(*parts)));
}

TEST_CASE("vectors: a target that is no number skips the step and says where", "[loss]") {
  using Trainer = Regression<2>;
  Data data;
  const auto trainer = std::make_unique<Trainer>();
  trainer->initialize(inlay::Seed{3});
  const auto before = numbers_kept_by(*trainer);
  data.t[20] = not_a_number;
  const auto report = trainer->step(data.batch<Trainer>(), inlay::Adam{}, Serial{});
  CHECK(report.skipped);
  CHECK(std::string_view{report.skipped_tensor.c_str()} == "0.weight");
  CHECK(same_bits(before, numbers_kept_by(*trainer)));
  data.weights[10] = 0.0f;
  CHECK_FALSE(trainer->step(data.batch<Trainer>(), inlay::Adam{}, Serial{}).skipped);
}
