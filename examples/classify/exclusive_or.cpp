// classify --task xor: one layer cannot, two can.

#include <inlay/models/mlp.hpp>
#include <inlay/models/perceptron.hpp>
#include <inlay/training/real_loss.hpp>
#include <inlay/training/trainer.hpp>

#include <cstdio>
#include <stdexcept>
#include <utility>

#include "classify/answers.hpp"
#include "classify/tasks.hpp"
#include "support/format.hpp"
#include "support/plot.hpp"

namespace classify {
namespace {

using examples::fixed, examples::grouped, examples::Series;

using OneLayer = inlay::Mlp<inlay::MlpConfig{.inputs = 2, .outputs = 1}>;
using TwoLayers =
    inlay::Mlp<inlay::MlpConfig{.inputs = 2, .hidden = {4}, .outputs = 1, .activation = inlay::Activation::tanh}>;

struct Outcome {
  std::size_t right;
  double loss;
  Series losses;
};

template <class Model>
Outcome learn(const Options& options, std::uint64_t epochs, const char* name, const char* file, Series series) {
  // All four points in each step.
  static inlay::Trainer<Model, inlay::TrainerConfig{.batch = 4, .slices = 1, .moments = 1}, inlay::Logistic<1>> trainer;
  const Points points = exclusive_or();
  trainer.initialize(inlay::Seed{options.seed});
  for (std::uint64_t epoch = 0; epoch < epochs; ++epoch) {
    const auto report = trainer.step({points.rows(), {points.target_rows()}},
                                     inlay::Sgd{.learning_rate = 0.2F, .momentum = 0.9F}, inlay::Serial{});
    series.x.push_back(static_cast<double>(epoch));
    series.y.push_back(static_cast<double>(report.loss));
  }
  const double loss = static_cast<double>(trainer.evaluate({points.rows(), {points.target_rows()}}, inlay::Serial{}));
  series.x.push_back(static_cast<double>(epochs));
  series.y.push_back(loss);
  static Answers<Model> answers{trainer.parameters()};
  Outcome outcome{.right = answers.right(points), .loss = loss, .losses = std::move(series)};
  std::printf("%-12s%3zu parameters   loss %s   %zu of 4\n", name, inlay::parameter_count<Model>(trainer.parameters()),
              fixed(outcome.loss, 4).c_str(), outcome.right);
  examples::Regions picture{.title = std::string{"XOR, "} + name,
                            .subtitle = std::to_string(outcome.right) + " of 4, loss " + fixed(outcome.loss, 3),
                            .x_label = "x0",
                            .y_label = "x1",
                            .first = "equal",
                            .second = "different",
                            .x_low = -0.5,
                            .x_high = 1.5,
                            .y_low = -0.5,
                            .y_high = 1.5,
                            .points = points.drawn()};
  answers.fill(picture);
  examples::write_svg(options.picture(file), picture);
  return outcome;
}

}  // namespace

void learn_exclusive_or(const Options& options) {
  if (options.points) throw std::runtime_error("--points: expected no number for the task xor, which has four points");
  const std::uint64_t epochs = options.epochs.value_or(500);
  std::printf("Points  (0, 0) and (1, 1) are equal, (0, 1) and (1, 0) are different; %s epochs\n\n",
              grouped(epochs).c_str());

  const Points points = exclusive_or();
  static inlay::Perceptron<2> perceptron;
  const inlay::PerceptronReport rule = perceptron.learn(points.rows(), points.targets, epochs);
  std::printf("%-12s  3 parameters   %zu mistakes in the last epoch\n", "perceptron", rule.mistakes);
  const Outcome one = learn<OneLayer>(options, epochs, "one layer", "one_layer",
                                      {.label = "one layer: ln 2 = 0.693 at best", .color = 1});
  const Outcome two =
      learn<TwoLayers>(options, epochs, "two layers", "two_layers", {.label = "two layers", .color = 0});
  examples::write_svg(options.picture("loss"), examples::Plot{.title = "XOR",
                                                              .subtitle = "gradient descent on all four points",
                                                              .x_label = "epoch",
                                                              .y_label = "logistic loss",
                                                              .series = {one.losses, two.losses}});
  std::printf("\n%s  the losses\n", options.picture("loss").c_str());
  std::printf("%s, %s  what each answers\n\n", options.picture("one_layer").c_str(),
              options.picture("two_layers").c_str());
  std::printf("xor: one layer %zu of 4 (loss %s), two layers %zu of 4 (loss %s) after %s epochs\n", one.right,
              fixed(one.loss, 3).c_str(), two.right, fixed(two.loss, 3).c_str(), grouped(epochs).c_str());
}

}  // namespace classify
