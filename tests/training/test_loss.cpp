// SoftmaxCrossEntropy: loss and gradient of rows, ignored labels, label smoothing, a weight for each row.

#include <inlay/parallel/executor.hpp>
#include <inlay/training/loss.hpp>

#include <cmath>
#include <vector>

#include "support/catch.hpp"
#include "support/compare.hpp"
#include "support/numbers.hpp"
#include "support/reference.hpp"

using inlay::ignored_label;
using inlay::Token;
using inlay::TokenTargets;
using reference::Matrix;
using reference::Real;

namespace {

template <std::size_t Classes, inlay::Fraction Smoothing>
void check(std::size_t rows, bool weighted) {
  using Loss = inlay::SoftmaxCrossEntropy<Classes, Smoothing>;
  constexpr double smoothing = static_cast<double>(Smoothing.value);
  CAPTURE(Classes, smoothing, rows, weighted);
  numbers::Source source(static_cast<std::uint32_t>(Classes + rows));
  std::vector<float> logits = source.list(rows * Classes, 3.0f);
  std::vector<Token> labels(rows);
  std::vector<float> weights;
  for (Token& label : labels) label = source.below(5) == 0 ? ignored_label : static_cast<Token>(source.below(Classes));
  if (weighted) weights = source.list(rows, 0.5f, 1.0f);

  reference::tape().clear();
  const Matrix z = Matrix::variables(rows, Classes, logits.data());
  const Matrix log_p = reference::log_softmax(z);
  Real expected;
  double expected_weight = 0.0;
  for (std::size_t i = 0; i < rows; ++i) {
    if (labels[i] == ignored_label) continue;
    const double weight = weighted ? static_cast<double>(weights[i]) : 1.0;
    const double share = smoothing / static_cast<double>(Classes);
    for (std::size_t j = 0; j < Classes; ++j) {
      const double target = (j == labels[i] ? 1.0 - smoothing : 0.0) + share;
      expected += Real(-weight * target) * log_p(i, j);
    }
    expected_weight += weight;
  }
  const std::vector<double> slopes = reference::gradients(expected);
  std::vector<double> gradient;
  for (const Real& value : z.values) gradient.push_back(slopes[static_cast<std::size_t>(value.node)]);

  const TokenTargets targets{labels, weights};
  static typename Loss::template Workspace<inlay::Extent{.rows = 40}> workspace;
  double alone = 0.25, total = 0.25, weight = 0.5;  // all three are added to
  Loss::forward(inlay::Serial{}, workspace, inlay::Rows<const float, Classes>(logits.data(), rows), targets, alone);
  Loss::backward(inlay::Serial{}, workspace, inlay::Rows<float, Classes>(logits.data(), rows), targets, total);
  Loss::add_weight(targets, weight);
  CHECK(alone == total);
  CHECK(std::fabs(total - 0.25 - expected.value) < 1e-5 * (1.0 + expected.value));
  CHECK(std::fabs(weight - 0.5 - expected_weight) < 1e-5 * (1.0 + expected_weight));
  CHECK(compare::relative_error(logits.data(), gradient, 1.0) < 1e-5);
}

}  // namespace

TEST_CASE("SoftmaxCrossEntropy against the reference", "[loss]") {
  for (const bool weighted : {false, true})
    for (const std::size_t rows : numbers::sizes({1, 2, 17, 40})) {
      check<15, 0.0f>(rows, weighted);
      check<16, 0.1f>(rows, weighted);
      check<33, 0.5f>(rows, weighted);
      check<2, 0.0f>(rows, weighted);
      check<1, 0.2f>(rows, weighted);
    }
}

TEST_CASE("SoftmaxCrossEntropy: a perfect prediction costs nothing", "[loss]") {
  // Targets [4, 3, 2, 1] of five classes: each row is certain of its target.
  using Loss = inlay::SoftmaxCrossEntropy<5>;
  const std::vector<Token> labels{4, 3, 2, 1};
  std::vector<float> logits(20, 0.0f);
  for (std::size_t i = 0; i < 4; ++i) logits[i * 5 + labels[i]] = 200.0f;
  static Loss::Workspace<inlay::Extent{.rows = 4}> workspace;
  double loss = 0.0;
  const TokenTargets targets{labels};
  Loss::forward(inlay::Serial{}, workspace, inlay::Rows<const float, 5>(logits.data(), 4), targets, loss);
  CHECK(loss == 0.0);
  for (std::size_t i = 0; i < 4; ++i) {
    std::size_t greatest = 0;
    for (std::size_t j = 0; j < 5; ++j) greatest = logits[i * 5 + j] > logits[i * 5 + greatest] ? j : greatest;
    CHECK(greatest == labels[i]);
  }
}

TEST_CASE("SoftmaxCrossEntropy: parts keep labels and weights together", "[loss]") {
  using Loss = inlay::SoftmaxCrossEntropy<5>;
  const std::vector<Token> labels{4, 3, 2, 1};
  const std::vector<float> weights{1, 2, 3, 4};
  const TokenTargets whole{labels, weights};
  const TokenTargets part = Loss::part(whole, 1, 2);
  CHECK(part.labels.size() == 2);
  CHECK(part.labels[0] == 3);
  CHECK(part.weights.size() == 2);
  CHECK(part.weights[1] == 3.0f);
  const TokenTargets unweighted{labels};
  CHECK(Loss::part(unweighted, 1, 2).weights.empty());
  double total = 0.0;
  Loss::add_weight(part, total);
  CHECK(total == 5.0);
  // Many rows are counted beyond what a float can hold.
  double many = 16777216.0;
  Loss::add_weight(unweighted, many);
  CHECK(many == 16777220.0);
}
