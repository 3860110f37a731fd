// Perceptron: the rule by hand, convergence and its bound, what it cannot learn, and the same rule by the trainer.

#include <inlay/models/mlp.hpp>
#include <inlay/models/perceptron.hpp>
#include <inlay/training/real_loss.hpp>
#include <inlay/training/trainer.hpp>

#include <cmath>
#include <limits>
#include <memory>
#include <type_traits>
#include <vector>

#include "support/catch.hpp"
#include "support/numbers.hpp"

using inlay::Perceptron;
using inlay::PerceptronReport;
using inlay::Rows;

namespace {

// Rows on both sides of a hyperplane through the origin of (x, 1), none nearer to it than `margin`.
template <std::size_t Inputs>
struct Separable {
  std::vector<float> x, targets;
  double longest = 0.0;  // with the 1 of the bias

  Separable(std::size_t rows, double margin, std::uint32_t seed) {
    numbers::Source source(seed);
    const std::vector<float> normal = source.list(Inputs + 1);
    double norm = 0.0;
    for (const float value : normal) norm += static_cast<double>(value) * static_cast<double>(value);
    while (targets.size() < rows) {
      const std::vector<float> row = source.list(Inputs, 2.0f);
      double score = static_cast<double>(normal[Inputs]), squares = 1.0;
      for (std::size_t j = 0; j < Inputs; ++j) {
        score += static_cast<double>(normal[j]) * static_cast<double>(row[j]);
        squares += static_cast<double>(row[j]) * static_cast<double>(row[j]);
      }
      if (std::fabs(score) < margin * std::sqrt(norm)) continue;
      x.insert(x.end(), row.begin(), row.end());
      targets.push_back(score > 0.0 ? 1.0f : 0.0f);
      longest = std::fmax(longest, std::sqrt(squares));
    }
  }
  Rows<const float, Inputs> rows() const { return {x.data(), targets.size()}; }
};

template <std::size_t Inputs>
void check_bound(double margin, std::uint32_t seed) {
  CAPTURE(Inputs, margin, seed);
  const Separable<Inputs> data(200, margin, seed);
  Perceptron<Inputs> perceptron{};
  const PerceptronReport report = perceptron.learn(data.rows(), data.targets, 10000);
  CHECK(report.mistakes == 0);
  CHECK(report.epochs < 10000);
  CHECK(report.updates > 0);
  CHECK(static_cast<double>(report.updates) <= std::pow(data.longest / margin, 2));
  CHECK(perceptron.mistakes(data.rows(), data.targets) == 0);
  // And there it stands still.
  const Perceptron<Inputs> before = perceptron;
  CHECK(perceptron.epoch(data.rows(), data.targets) == 0);
  for (std::size_t j = 0; j < Inputs; ++j) CHECK(perceptron.weight(j) == before.weight(j));
}

const std::vector<float> corners{0, 0, 0, 1, 1, 0, 1, 1};

}  // namespace

TEST_CASE("Perceptron: the rule by hand", "[perceptron]") {
  // AND. Rows 00, 01, 10, 11; a zero score answers no.
  static_assert(std::is_trivial_v<Perceptron<2>> && sizeof(Perceptron<2>) <= 16);
  Perceptron<2> perceptron{};
  const std::vector<float> both{0, 0, 0, 1};
  const auto is = [&](float w0, float w1, float b) {
    return perceptron.weight(0) == w0 && perceptron.weight(1) == w1 && perceptron.bias == b;
  };
  const Rows<const float, 2> x(corners.data(), 4);
  CHECK(perceptron.epoch(x, both) == 1);  // 11 is answered no: w += x, b += 1
  CHECK(is(1, 1, 1));
  CHECK(perceptron.epoch(x, both) == 3);  // 00 and 01 are answered yes, 11 then no
  CHECK(is(2, 1, 0));
  const PerceptronReport report = perceptron.learn(x, both, 100);
  CHECK(report.mistakes == 0);
  CHECK(perceptron.answer(std::span<const float, 2>(x.row(3), 2)));
  CHECK_FALSE(perceptron.answer(std::span<const float, 2>(x.row(2), 2)));
  CHECK(perceptron.score(std::span<const float, 2>(x.row(3), 2)) ==
        perceptron.weight(0) + perceptron.weight(1) + perceptron.bias);
  // OR, and a single input.
  Perceptron<2> other{};
  const std::vector<float> either{0, 1, 1, 1};
  CHECK(other.learn(x, either, 100).mistakes == 0);
  Perceptron<1> one{};
  const std::vector<float> numbers{-3, -1, 2, 5}, positive{0, 0, 1, 1};
  CHECK(one.learn(Rows<const float, 1>(numbers.data(), 4), positive, 100).mistakes == 0);
}

TEST_CASE("Perceptron: on separable rows it ends, after no more mistakes than Novikoff allows", "[perceptron]") {
  for (const std::uint32_t seed : {1u, 2u, 3u}) {
    check_bound<1>(0.1, seed);
    check_bound<2>(0.05, seed);
    check_bound<2>(0.3, seed);
    check_bound<17>(0.1, seed);
    check_bound<33>(0.2, seed);
  }
}

TEST_CASE("lecture E: a perceptron never learns XOR", "[perceptron]") {
  const std::vector<float> exclusive{0, 1, 1, 0};
  Perceptron<2> perceptron{};
  const PerceptronReport report = perceptron.learn(Rows<const float, 2>(corners.data(), 4), exclusive, 1000);
  CHECK(report.epochs == 1000);
  CHECK(report.mistakes >= 1);
  CHECK(report.updates >= 1000);
  CHECK(perceptron.mistakes(Rows<const float, 2>(corners.data(), 4), exclusive) >= 1);
}

TEST_CASE("Perceptron: nothing to learn, no time to learn, and rows that are no numbers", "[perceptron]") {
  Perceptron<2> perceptron{};
  const PerceptronReport nothing = perceptron.learn({corners.data(), 0}, {}, 5);
  CHECK(nothing.epochs == 1);
  CHECK(nothing.mistakes == 0);
  const std::vector<float> both{0, 0, 0, 1};
  CHECK(perceptron.learn({corners.data(), 4}, both, 0).epochs == 0);
  CHECK(perceptron.bias == 0.0f);
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(), 3e38f}) {
    std::vector<float> x = corners;
    x[2] = x[3] = bad;
    Perceptron<2> learner{};
    learner.weight(0) = 1.0f;
    const PerceptronReport report = learner.learn({x.data(), 4}, both, 20);
    CHECK(report.mistakes >= (bad == 3e38f ? 0u : 1u));
    for (const float value : {learner.weight(0), learner.weight(1), learner.bias})
      CHECK(inlay::kernels::is_finite(value));
  }
}

TEST_CASE("the trainer with PerceptronCriterion follows the same rule", "[perceptron]") {
  // Whole numbers, so that sums are exact in any order.
  using One = inlay::Mlp<inlay::MlpConfig{.inputs = 3, .outputs = 1}>;
  using Trainer = inlay::Trainer<One, inlay::TrainerConfig{.batch = 1, .moments = 1}, inlay::PerceptronCriterion<1>>;
  std::vector<float> x, targets;
  numbers::Source source(7);
  for (std::size_t i = 0; i < 60; ++i) {
    for (std::size_t j = 0; j < 3; ++j) x.push_back(static_cast<float>(source.below(11)) - 5.0f);
    targets.push_back(2.0f * x[3 * i] - x[3 * i + 1] + 3.0f * x[3 * i + 2] > 1.0f ? 1.0f : 0.0f);
  }
  const Rows<const float, 3> rows(x.data(), 60);
  const auto trainer = std::make_unique<Trainer>();  // all zero, as a new perceptron
  Perceptron<3> perceptron{};
  std::size_t mistakes = 1;
  for (int epoch = 0; epoch < 200 && mistakes > 0; ++epoch) {
    mistakes = perceptron.epoch(rows, targets);
    std::size_t steps_with_gradient = 0;
    for (std::size_t i = 0; i < 60; ++i) {
      const Rows<const float, 1> target(&targets[i], 1);
      const auto report =
          trainer->step({rows.part(i, 1), {target}}, inlay::Sgd{.learning_rate = 1.0f}, inlay::Serial{});
      steps_with_gradient += report.gradient_norm > 0.0f ? 1u : 0u;
    }
    CHECK(steps_with_gradient == mistakes);
    const auto& linear = One::at<0>(trainer->parameters());
    for (std::size_t j = 0; j < 3; ++j) CHECK(linear.weight(j, 0) == perceptron.weight(j));
    CHECK(linear.bias(0) == perceptron.bias);
  }
  CHECK(mistakes == 0);
}
