#pragma once
// Losses against real targets, for models whose outputs are numbers: regression, and several yes-or-no answers a row.
//
//   MeanSquaredError<width>         (y - t)^2
//   Huber<width, delta>             (y - t)^2 / 2 up to delta, delta (|y - t| - delta / 2) beyond: outliers pull less
//   Logistic<width>                 log(1 + exp(z)) - t z: each output is the logit of an answer of its own;
//                                   0 <= t <= 1
//   PerceptronCriterion<width>      max(z, 0) - t z, 0 <= t <= 1: with Sgd, a rate of `width` and one row a batch,
//                                   the perceptron rule
//
// The mean is taken over all numbers: loss = sum_i w_i (1 / width) sum_j l(y_ij, t_ij) / sum_i w_i, with one weight w_i
// a row, 1 unless the batch gives weights. A row of weight 0 counts nowhere, whatever its outputs and targets are. The
// gradient of a row is left unscaled, w_i l'(y_ij, t_ij) / width, as in training/loss.hpp.
//
// Vectors that are no sequence are sequences of one row: the model has `context = 1`, as Mlp does.
//
//   using Model = inlay::Mlp<inlay::MlpConfig{.inputs = 2, .hidden = {16}, .outputs = 1}>;
//   using Trainer = inlay::Trainer<Model, inlay::TrainerConfig{.batch = 32}, inlay::Logistic<1>>;
//   trainer.step({x, {targets}}, inlay::Adam{}, executor);   // Rows<const float, 2> and Rows<const float, 1>
//
// Formulas and sources: kernels/real_loss.hpp.

#include <inlay/config.hpp>
#include <inlay/kernels/real_loss.hpp>
#include <inlay/training/loss.hpp>

namespace inlay::inline INLAY_ABI {

template <size_t Width>
struct RealTargets {
  Rows<const float, Width> values;
  std::span<const float> weights = {};  // one a row, or none
};

namespace detail {

template <kernels::RealLoss L, size_t Width, Fraction Delta = 1.0f>
struct LossOfReals {
  static_assert(Width > 0, "inlay: a loss has at least one output");
  static_assert(Delta.value > 0.0f,
                "inlay: the delta of a Huber loss is greater than 0; with 0 nothing would be learned");

  using Targets = RealTargets<Width>;
  static constexpr size_t width = Width;

  template <Extent E>
  struct Workspace {
    Tensor<float, E.rows> row_loss;
  };

  static Targets part(const Targets& targets, size_t first, size_t count) {
    INLAY_ASSERT(targets.weights.empty() || targets.weights.size() == targets.values.count());
    return {targets.values.part(first, count),
            targets.weights.empty() ? targets.weights : targets.weights.subspan(first, count)};
  }

  static size_t rows(const Targets& targets) { return targets.values.count(); }
  static float weight(const Targets& targets, size_t row) { return weight_of_row(targets.weights, row); }
  // Adds the weights of the rows to `total`, in order.
  static void add_weight(const Targets& targets, double& total) {
    for (size_t i = 0; i < rows(targets); ++i) total += static_cast<double>(weight(targets, i));
  }

  // Adds the rows' losses to `total`, in order, and replaces the outputs by their unscaled gradient.
  template <class W, class Ex>
  static void backward(const Ex& executor, W& workspace, Rows<float, Width> y, const Targets& targets, double& total) {
    add_losses_of_rows(executor, y.count(), Width, workspace.row_loss.data(), total, [&](size_t i) {
      return kernels::real_loss_row<L>(Width, y.row(i), targets.values.row(i), Delta.value,
                                       weight_of_row(targets.weights, i));
    });
  }
  // The losses alone.
  template <class W, class Ex>
  static void forward(const Ex& executor, W& workspace, Rows<const float, Width> y, const Targets& targets,
                      double& total) {
    add_losses_of_rows(executor, y.count(), Width, workspace.row_loss.data(), total, [&](size_t i) {
      return kernels::real_loss_of_row<L>(Width, y.row(i), targets.values.row(i), Delta.value,
                                          weight_of_row(targets.weights, i));
    });
  }
};

}  // namespace detail

template <size_t Width>
using MeanSquaredError = detail::LossOfReals<kernels::RealLoss::squared, Width>;
template <size_t Width, Fraction Delta = 1.0f>
using Huber = detail::LossOfReals<kernels::RealLoss::huber, Width, Delta>;
template <size_t Width>
using Logistic = detail::LossOfReals<kernels::RealLoss::logistic, Width>;
template <size_t Width>
using PerceptronCriterion = detail::LossOfReals<kernels::RealLoss::perceptron, Width>;

}  // namespace inlay::inline INLAY_ABI
