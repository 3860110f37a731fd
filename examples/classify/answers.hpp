#pragma once
// What a model with one logit answers: how many points it takes for what they are, and its regions.

#include <inlay/generation/predictor.hpp>

#include <algorithm>

#include "classify/points.hpp"

namespace classify {

template <class Model>
class Answers {
 public:
  explicit Answers(const inlay::ParametersOf<Model>& parameters) : predictor_{parameters} {}

  std::size_t right(const Points& points) {
    std::size_t count = 0;
    for (std::size_t first = 0; first < points.count(); first += most) {
      const std::size_t now = std::min(most, points.count() - first);
      const auto logits = predictor_.predict(points.rows().part(first, now));
      for (std::size_t i = 0; i < now; ++i) count += (logits(i, 0) > 0) == (points.targets[first + i] > 0) ? 1U : 0U;
    }
    return count;
  }

  // Fills the grid of a picture whose edges are set.
  void fill(examples::Regions& regions) {
    regions.columns = regions.rows = most;
    regions.logits.clear();
    for (std::size_t row = 0; row < most; ++row) {
      Points line;
      for (std::size_t column = 0; column < most; ++column)
        line.add(static_cast<float>(regions.x(column)), static_cast<float>(regions.y(row)), 0);
      const auto logits = predictor_.predict(line.rows());
      for (std::size_t column = 0; column < most; ++column)
        regions.logits.push_back(static_cast<double>(logits(column, 0)));
    }
  }

 private:
  static constexpr std::size_t most = 141;  // rows of one call, and of a picture
  inlay::Predictor<Model, inlay::PredictorConfig{.rows = most}> predictor_;
};

}  // namespace classify
