// Mlp and the losses against PyTorch in double precision (tests/golden): outputs, loss, every gradient, ten Adam steps.

#if defined(INLAY_TEST_IO)

#include <inlay/models/mlp.hpp>
#include <inlay/training/real_loss.hpp>
#include <inlay/training/trainer.hpp>

#include <cmath>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/compare.hpp"
#include "support/golden.hpp"

using golden::Golden;
using inlay::Activation;
using inlay::Rows;
using inlay::Serial;

namespace {

constexpr std::size_t inputs = 3, outputs = 4, rows = 11;

template <Activation A, class Loss>
void check(const std::string& file) {
  CAPTURE(file);
  const Golden golden(file);
  using Model = inlay::Mlp<inlay::MlpConfig{.inputs = inputs, .hidden = {7, 5}, .outputs = outputs, .activation = A}>;
  using Trainer = inlay::Trainer<Model, inlay::TrainerConfig{.batch = rows, .slices = 1}, Loss>;
  const std::vector<float> x = golden.reals("inputs"), weights = golden.reals("weights");
  std::vector<float> numbers;
  std::vector<inlay::Token> labels;
  const auto batch = [&]() -> typename Trainer::BatchType {
    const Rows<const float, inputs> rows_of_x(x.data(), rows);
    if constexpr (std::is_same_v<typename Loss::Targets, inlay::TokenTargets>) {
      labels = golden.integers("targets");
      return {rows_of_x, {labels, weights}};
    } else {
      numbers = golden.reals("targets");
      return {rows_of_x, {Rows<const float, outputs>(numbers.data(), rows), weights}};
    }
  }();
  static Trainer trainer;
  trainer.initialize(inlay::Seed{1});
  golden.read_parameters<Model>(trainer.parameters());
  CHECK(std::fabs(static_cast<double>(trainer.evaluate(batch, Serial{})) / golden.numbers("loss")[0] - 1.0) < 1e-6);

  double weight = 0.0;
  for (const float value : weights) weight += static_cast<double>(value);
  trainer.accumulate(batch, Serial{});
  std::size_t tensors = 0;
  inlay::visit<Model>(
      [&](const inlay::Path& path, const auto& gradient) {
        const std::string name = path.text().c_str();
        CAPTURE(name);
        std::vector<double> expected = golden.numbers("gradient." + name);
        REQUIRE(expected.size() == gradient.size());
        for (double& value : expected) value *= weight;
        CHECK(compare::relative_error(gradient.data(), expected) < 1e-5);
        ++tensors;
      },
      trainer.gradients());
  CHECK(tensors == golden.count("gradient."));

  const std::vector<double> losses = golden.numbers("losses");
  const inlay::Adam optimizer{.learning_rate = 1e-2f};
  for (std::size_t step = 0; step < losses.size(); ++step) {
    CAPTURE(step);
    const inlay::StepReport report =
        step == 0 ? trainer.update(optimizer, Serial{}) : trainer.step(batch, optimizer, Serial{});
    CHECK(std::fabs(static_cast<double>(report.loss) / losses[step] - 1.0) < 1e-5);
  }
  inlay::visit<Model>(
      [&](const inlay::Path& path, const auto& parameter) {
        const std::string name = path.text().c_str();
        CAPTURE(name);
        CHECK(compare::relative_error(parameter.data(), golden.numbers("trained." + name)) < 1e-5);
      },
      trainer.parameters());
}

}  // namespace

TEST_CASE("Mlp against PyTorch: linear, sigmoid, linear, softmax, cross-entropy (lecture C)", "[mlp]") {
  check<Activation::sigmoid, inlay::SoftmaxCrossEntropy<outputs>>("mlp_cross_entropy.safetensors");
}

TEST_CASE("Mlp against PyTorch: tanh, mean-squared error", "[mlp]") {
  check<Activation::tanh, inlay::MeanSquaredError<outputs>>("mlp_squared.safetensors");
}

TEST_CASE("Mlp against PyTorch: ReLU, Huber", "[mlp]") {
  check<Activation::relu, inlay::Huber<outputs, 0.5f>>("mlp_huber.safetensors");
}

TEST_CASE("Mlp against PyTorch: SiLU, logistic", "[mlp]") {
  check<Activation::silu, inlay::Logistic<outputs>>("mlp_logistic.safetensors");
}

#endif
