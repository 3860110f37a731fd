#pragma once
// Beside: two losses of one model, side by side, for a model with two heads.
//
//   Beside<First, Second, share>
//     loss = sum_i (w1_i l1_i + share w2_i l2_i) / sum_i max(w1_i, w2_i)
//
//   using Loss = inlay::Beside<inlay::SoftmaxCrossEntropy<5>, inlay::Huber<12>, 0.5f>;
//   using Trainer = inlay::Trainer<Model, config, Loss>;      // Model::Output::width is 5 + 12
//   trainer.step({x, {{labels}, {values}}}, optimizer, executor);
//
// The first columns of the outputs are First's, the others Second's, each with targets of its own for every row. l is
// what a loss says of a row and w the weight that it gives it: 0 for an ignored label. The mean is over rows: a row
// counts once where at least one of the two counts it, and a loss that leaves a row out adds nothing there. So a label
// on every tenth row pulls a tenth as much as one on every row; where every row counts for both, the loss is
// mean l1 + share mean l2. (A mean of each over its own rows could not be left undivided until the update, and
// accumulating would not be the large batch.) A Beside may stand in a Beside.
//
// Columns are copied apart and back; the unscaled gradient is [w1 l1', share w2 l2'], as in training/loss.hpp.
//
// Source: Caruana, "Multitask Learning", 1997.

#include <inlay/config.hpp>
#include <inlay/kernels/vectors.hpp>
#include <inlay/training/loss.hpp>

namespace inlay::inline INLAY_ABI {

template <class First, class Second>
struct TargetsBeside {
  First first;
  Second second;
};

template <class First, class Second, Fraction Share = 1.0f>
struct Beside {
  static_assert(Share.value > 0.0f,
                "inlay: the share of the second loss in a Beside is greater than 0; with 0 its head learns nothing");

  using Targets = TargetsBeside<typename First::Targets, typename Second::Targets>;
  static constexpr size_t width = First::width + Second::width;

  template <Extent E>
  struct Workspace {
    typename First::template Workspace<E> first;
    typename Second::template Workspace<E> second;
    Tensor<float, E.rows, (First::width > Second::width ? First::width : Second::width)> columns;
  };

  static Targets part(const Targets& targets, size_t begin, size_t count) {
    return {First::part(targets.first, begin, count), Second::part(targets.second, begin, count)};
  }
  static size_t rows(const Targets& targets) {
    INLAY_ASSERT(First::rows(targets.first) == Second::rows(targets.second));
    return First::rows(targets.first);
  }
  static float weight(const Targets& targets, size_t row) {
    const float first = First::weight(targets.first, row), second = Second::weight(targets.second, row);
    return first < second ? second : first;
  }
  // Adds the weights of the rows to `total`, in order.
  static void add_weight(const Targets& targets, double& total) {
    for (size_t i = 0; i < rows(targets); ++i) total += static_cast<double>(weight(targets, i));
  }

  // Adds the rows' losses to `total`, those of First before those of Second, and replaces the outputs by their unscaled
  // gradient.
  template <class W, class Ex>
  static void backward(const Ex& executor, W& workspace, Rows<float, width> y, const Targets& targets, double& total) {
    const auto of_columns = [&]<class Loss, size_t Begin>(auto& space, const auto& part, float share) {
      const Rows<float, Loss::width> columns = take<Loss::width, Begin>(workspace, y);
      double sum = 0.0;
      Loss::backward(executor, space, columns, part, sum);
      total += static_cast<double>(share) * sum;
      for (size_t i = 0; i < y.count(); ++i)
        kernels::for_each_vector(Loss::width, [&](auto at) {
          at.store(y.row(i) + Begin, simd::broadcast(share) * at.load(columns.row(i)));
        });
    };
    of_columns.template operator()<First, 0>(workspace.first, targets.first, 1.0f);
    of_columns.template operator()<Second, First::width>(workspace.second, targets.second, Share.value);
  }
  // The losses alone.
  template <class W, class Ex>
  static void forward(const Ex& executor, W& workspace, Rows<const float, width> y, const Targets& targets,
                      double& total) {
    const auto of_columns = [&]<class Loss, size_t Begin>(auto& space, const auto& part, float share) {
      double sum = 0.0;
      Loss::forward(executor, space, take<Loss::width, Begin>(workspace, y), part, sum);
      total += static_cast<double>(share) * sum;
    };
    of_columns.template operator()<First, 0>(workspace.first, targets.first, 1.0f);
    of_columns.template operator()<Second, First::width>(workspace.second, targets.second, Share.value);
  }

 private:
  template <size_t Width, size_t Begin, class W>
  static Rows<float, Width> take(W& workspace, Rows<const float, width> y) {
    const Rows<float, Width> columns(workspace.columns.data(), y.count());
    for (size_t i = 0; i < y.count(); ++i) kernels::copy(Width, y.row(i) + Begin, columns.row(i));
    return columns;
  }
};

}  // namespace inlay::inline INLAY_ABI
