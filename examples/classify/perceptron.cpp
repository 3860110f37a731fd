// classify --task perceptron: a line that separates two classes, found by the perceptron rule.

#include <inlay/models/perceptron.hpp>

#include <cmath>
#include <cstdio>

#include "classify/points.hpp"
#include "classify/tasks.hpp"
#include "support/format.hpp"

namespace classify {
namespace {

using examples::fixed, examples::grouped, examples::Series;

constexpr double margin = 0.01;

// The line w . x + b = 0 as far as any picture here reaches; nothing where w is zero.
Series hyperplane(const inlay::Perceptron<2>& perceptron, Series series) {
  const double w0 = static_cast<double>(perceptron.weight(0)), w1 = static_cast<double>(perceptron.weight(1));
  const double squares = w0 * w0 + w1 * w1, length = std::sqrt(squares);
  if (!(length > 0)) return series;
  const double step = -static_cast<double>(perceptron.bias) / squares;
  for (const double along : {-4.0, 4.0}) {
    series.x.push_back(step * w0 - along * w1 / length);
    series.y.push_back(step * w1 + along * w0 / length);
  }
  return series;
}

}  // namespace

void learn_perceptron(const Options& options) {
  const Points points = separable(options.points.value_or(100), margin, options.seed);
  const std::uint64_t most_epochs = options.epochs.value_or(1000);
  std::printf("Rule    y = [w . x + b > 0];  w += (t - y) x,  b += t - y\n");
  std::printf("Points  %s in two classes, none nearer than %s to the line between them\n\n",
              grouped(points.count()).c_str(), fixed(margin, 2).c_str());

  static inlay::Perceptron<2> perceptron;
  examples::Regions picture{.title = "Perceptron",
                            .x_label = "x0",
                            .y_label = "x1",
                            .first = "class 0",
                            .second = "class 1",
                            .x_low = -1,
                            .x_high = 1,
                            .y_low = -1,
                            .y_high = 1,
                            .points = points.drawn(),
                            .boundary = false};
  std::uint64_t epochs = 0;
  for (std::size_t mistakes = 1; mistakes > 0 && epochs < most_epochs;) {
    mistakes = perceptron.epoch(points.rows(), points.targets);
    ++epochs;
    if (epochs <= 20 || mistakes == 0)
      std::printf(
          "epoch %3llu  %s\n", static_cast<unsigned long long>(epochs),
          mistakes == 0 ? "no mistake" : (grouped(mistakes) + (mistakes == 1 ? " mistake" : " mistakes")).c_str());
    if (epochs == 21 && mistakes > 0) std::printf("...\n");
    if (mistakes > 0 && epochs <= 20)
      picture.lines.push_back(hyperplane(perceptron, {.style = Series::Style::faint, .color = 2}));
  }
  picture.lines.push_back(hyperplane(perceptron, {.label = "w . x + b = 0", .color = 2}));

  picture.columns = picture.rows = 141;
  for (std::size_t row = 0; row < picture.rows; ++row)
    for (std::size_t column = 0; column < picture.columns; ++column) {
      const float x[] = {static_cast<float>(picture.x(column)), static_cast<float>(picture.y(row))};
      picture.logits.push_back(perceptron.answer(x) ? 0.85 : -0.85);
    }
  const std::size_t right = points.count() - perceptron.mistakes(points.rows(), points.targets);
  picture.subtitle = grouped(right) + " of " + grouped(points.count()) + " after " + grouped(epochs) +
                     (epochs == 1 ? " epoch" : " epochs");
  examples::write_svg(options.picture("regions"), picture);

  std::printf("\nw = (%s, %s), b = %s\n", fixed(static_cast<double>(perceptron.weight(0)), 3).c_str(),
              fixed(static_cast<double>(perceptron.weight(1)), 3).c_str(),
              fixed(static_cast<double>(perceptron.bias), 0).c_str());
  std::printf("%s  the line, and faint those of earlier epochs\n\n", options.picture("regions").c_str());
  std::printf("perceptron: %s\n", picture.subtitle.c_str());
}

}  // namespace classify
