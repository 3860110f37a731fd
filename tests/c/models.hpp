#pragma once
// The models of the C interface's tests: one that writes, and one from numbers to numbers with a loss of its own.
#include <inlay/inlay.hpp>

namespace c_test {

using Writer = inlay::Gpt<inlay::GptConfig{
    .vocabulary = 32, .context = 16, .width = 24, .heads = 2, .layers = 2, .dropout = 0.1f}>;
using WriterTrainer = inlay::Trainer<Writer, inlay::TrainerConfig{.batch = 4}>;
using SlowGenerator = inlay::Generator<Writer, inlay::GeneratorConfig{.chunk = 3}>;

// Half the squared distance of two rows: dz = z - target, weighted.
template <std::size_t Width>
struct SquaredError {
  struct Targets {
    inlay::Rows<const float, Width> values;
    std::span<const float> weights = {};
  };
  template <inlay::Extent E>
  struct Workspace {};

  static Targets part(const Targets& targets, std::size_t first, std::size_t count) {
    return {targets.values.part(first, count),
            targets.weights.empty() ? targets.weights : targets.weights.subspan(first, count)};
  }
  static void add_weight(const Targets& targets, double& total) {
    for (std::size_t i = 0; i < targets.values.count(); ++i) total += static_cast<double>(weight(targets, i));
  }
  template <class W, class E>
  static void backward(const E&, W&, inlay::Rows<float, Width> z, const Targets& targets, double& total) {
    run(z, targets, total, [&](std::size_t i, std::size_t j, float difference) { z(i, j) = difference; });
  }
  template <class W, class E>
  static void forward(const E&, W&, inlay::Rows<const float, Width> z, const Targets& targets, double& total) {
    run(z, targets, total, [](std::size_t, std::size_t, float) {});
  }

 private:
  static float weight(const Targets& targets, std::size_t row) {
    return targets.weights.empty() ? 1.0f : targets.weights[row];
  }
  template <class Z, class F>
  static void run(const Z& z, const Targets& targets, double& total, F&& gradient) {
    for (std::size_t i = 0; i < z.count(); ++i) {
      const float w = weight(targets, i);
      for (std::size_t j = 0; j < Width; ++j) {
        const float difference = z(i, j) - targets.values(i, j);
        total += static_cast<double>(0.5f * w * difference * difference);
        gradient(i, j, w * difference);
      }
    }
  }
};

struct Curve
    : inlay::Sequential<inlay::Linear<3, 10>, inlay::Activate<inlay::Activation::gelu_tanh, 10>, inlay::Linear<10, 2>> {
  static constexpr std::size_t context = 4;
};
using CurveTrainer = inlay::Trainer<Curve, inlay::TrainerConfig{.batch = 2, .moments = 1}, SquaredError<2>>;

// Few weights, no multiple of an alignment.
struct Odd : inlay::Linear<3, 5> {
  static constexpr std::size_t context = 1;
};
using OddTrainer = inlay::Trainer<Odd, inlay::TrainerConfig{.batch = 1, .moments = 1}, SquaredError<5>>;

}  // namespace c_test
