#pragma once
// Losses: what training minimises, and the gradient that backward begins with.
//
//   SoftmaxCrossEntropy<classes, smoothing>
//     loss = sum_i w_i (log sum_k exp z_ik - sum_j q_ij z_ij) / sum_i w_i
//     q_ij = (1 - smoothing) [j = label_i] + smoothing / classes;  w_i = 1 unless the batch gives weights
//
// A row labelled ignored_label counts neither in the sum nor in its weight. The gradient of a row is left unscaled,
// w_i (softmax(z_i) - q_i): the division by the sum of weights happens once, in the update, so that accumulating
// micro-batches gives the bits of the large batch.
//
// A user's own loss has Targets, part(), add_weight(), backward() and forward() as here, and to stand beside another
// one (training/beside.hpp) width, rows() and weight(); real targets: training/real_loss.hpp. Formulas and sources:
// kernels/softmax.hpp.

#include <inlay/config.hpp>
#include <inlay/kernels/softmax.hpp>
#include <inlay/modules/module.hpp>
#include <inlay/parallel/drivers.hpp>

namespace inlay::inline INLAY_ABI {

struct TokenTargets {
  std::span<const Token> labels;        // one a row
  std::span<const float> weights = {};  // one a row, or none
};

namespace detail {

inline float weight_of_row(std::span<const float> weights, size_t row) { return weights.empty() ? 1.0f : weights[row]; }

// losses[i] = loss_of_row(i), cut into blocks for the executor; then added to `total`, in order.
template <class Ex, class F>
void add_losses_of_rows(const Ex& executor, size_t rows, size_t width, float* losses, double& total, F&& loss_of_row) {
  parallel::for_each_block(executor, rows, 1 + 65536 / width, [&](size_t first, size_t count) {
    for (size_t i = first; i < first + count; ++i) losses[i] = loss_of_row(i);
  });
  for (size_t i = 0; i < rows; ++i) total += static_cast<double>(losses[i]);
}

}  // namespace detail

template <size_t Classes, Fraction Smoothing = 0.0f>
struct SoftmaxCrossEntropy {
  static_assert(Smoothing.value >= 0.0f && Smoothing.value < 1.0f,
                "inlay: label smoothing is at least 0 and less than 1");

  using Targets = TokenTargets;
  static constexpr size_t width = Classes;

  template <Extent E>
  struct Workspace {
    Tensor<float, E.rows> row_loss;
  };

  static Targets part(const Targets& targets, size_t first, size_t count) {
    INLAY_ASSERT(first + count <= targets.labels.size());
    INLAY_ASSERT(targets.weights.empty() || targets.weights.size() == targets.labels.size());
    return {targets.labels.subspan(first, count),
            targets.weights.empty() ? targets.weights : targets.weights.subspan(first, count)};
  }

  static size_t rows(const Targets& targets) { return targets.labels.size(); }
  static float weight(const Targets& targets, size_t row) {
    return targets.labels[row] == ignored_label ? 0.0f : detail::weight_of_row(targets.weights, row);
  }
  // Adds the weights of the rows to `total`, in order.
  static void add_weight(const Targets& targets, double& total) {
    for (size_t i = 0; i < rows(targets); ++i) total += static_cast<double>(weight(targets, i));
  }

  // Adds the rows' losses to `total`, in order, and replaces the logits by their unscaled gradient.
  template <class W, class Ex>
  static void backward(const Ex& executor, W& workspace, Rows<float, Classes> logits, const Targets& targets,
                       double& total) {
    detail::add_losses_of_rows(executor, logits.count(), Classes, workspace.row_loss.data(), total, [&](size_t i) {
      return kernels::cross_entropy_row(Classes, logits.row(i), targets.labels[i], Smoothing.value,
                                        detail::weight_of_row(targets.weights, i));
    });
  }
  // The losses alone.
  template <class W, class Ex>
  static void forward(const Ex& executor, W& workspace, Rows<const float, Classes> logits, const Targets& targets,
                      double& total) {
    detail::add_losses_of_rows(executor, logits.count(), Classes, workspace.row_loss.data(), total, [&](size_t i) {
      return kernels::cross_entropy_of_row(Classes, logits.row(i), targets.labels[i], Smoothing.value,
                                           detail::weight_of_row(targets.weights, i));
    });
  }
};

}  // namespace inlay::inline INLAY_ABI
