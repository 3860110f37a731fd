#pragma once
// Stack<M, N>: N modules of one type after the other, with parameters of their own; tensors are named "0.", "1.", ...
//
// An array of parameters and a loop: neither the code nor the time to compile it grows with N.
//
// Saved for backward: what each module saves, and its input. With Recompute::block only the inputs are kept, and each
// module's forward runs again in backward. Without training, one module's activations serve all of them, and values go
// back and forth between two buffers.
//
// Source: Chen et al., "Training Deep Nets with Sublinear Memory Cost", 2016 (recomputation).

#include <inlay/config.hpp>
#include <inlay/modules/initialize.hpp>
#include <inlay/modules/module.hpp>

namespace inlay::inline INLAY_ABI {

template <class M, size_t N>
struct Stack {
  static_assert(N > 0, "inlay: a stack has at least one layer");
  static_assert(std::is_same_v<typename M::Input, typename M::Output>,
                "inlay: the layers of a stack have the same width at their input and output");
  static_assert(!detail::gives_one_row_per_sequence<M>,
                "inlay: the layers of a stack give as many rows as they take; a module that gives one row for each "
                "sequence stands behind the stack");
  static constexpr size_t width = M::Output::width;
  static constexpr size_t between = N > 1 ? N - 1 : 1;
  static constexpr size_t settles_at = detail::settles_at<M>;

  using Input = typename M::Input;
  using Output = typename M::Output;

  struct Parameters {
    ParametersOf<M> layers[N];
  };
  struct LayerBuffers {
    BuffersOf<M> layers[N];
  };
  using Buffers = std::conditional_t<std::is_empty_v<BuffersOf<M>>, Empty, LayerBuffers>;
  template <size_t Sequences>
  struct State {
    StateOf<M, Sequences> layers[N];
  };

  // A policy of the stack itself; its modules keep everything while one of them runs.
  template <Extent E>
  static constexpr bool recomputes = E.training&& E.recompute == Recompute::block;
  template <Extent E>
  static constexpr Extent inside = E.with(recomputes<E> ? Recompute::none : E.recompute);

  template <Extent E>
  struct KeptActivations {
    ActivationsOf<M, inside<E>> layers[N];
    Tensor<float, between, E.rows, width> inputs;  // of all layers but the first, whose input the caller has
  };
  template <Extent E>
  struct SharedActivations {
    ActivationsOf<M, inside<E>> layers;  // of the one that is running
    Tensor<float, E.training ? between : 2, E.rows, width> inputs;
  };
  template <Extent E>
  using Activations = std::conditional_t<E.training && !recomputes<E>, KeptActivations<E>, SharedActivations<E>>;

  template <Extent E>
  struct Workspace {
    INLAY_NO_UNIQUE_ADDRESS WorkspaceOf<M, inside<E>> layers;  // of the one that is running
    INLAY_NO_UNIQUE_ADDRESS std::conditional_t<E.training, Tensor<float, 2, E.rows, width>, Empty> gradients;
    INLAY_NO_UNIQUE_ADDRESS std::conditional_t<recomputes<E>, Tensor<float, E.rows, width>, Empty> output;
  };

  template <class Frame>
  static void forward(const Frame& frame, Rows<const float, width> x, Rows<float, width> y) {
    forward_by(frame, x, y, plain_forward);
  }
  // For layers that are told more than x: run(child, layer, x, y) calls M::forward.
  template <class Frame, class Run>
  static void forward_by(const Frame& frame, Rows<const float, width> x, Rows<float, width> y, Run&& run) {
    for (size_t layer = 0; layer < N; ++layer) {
      const Rows<float, width> out = layer + 1 == N ? y : input(frame, layer + 1, x.count());
      const auto child = frame.child(INLAY_PART_AT(layers, layer), layer);
      const Span span(child.executor, "forward");
      run(child, layer, x, out);
      x = out;
    }
  }

  template <class Frame, class Gradient>
  static void backward(const Frame& frame, Rows<const float, width> x, Rows<const float, width> dy, Gradient dx) {
    backward_by(frame, x, dy, dx, plain_forward,
                [](const auto& child, size_t, auto in, auto d, auto to) { M::backward(child, in, d, to); });
  }
  // run as in forward_by; run_back(child, layer, x, dy, dx) calls M::backward.
  template <class Frame, class Gradient, class Run, class RunBack>
  static void backward_by(const Frame& frame, Rows<const float, width> x, Rows<const float, width> dy, Gradient dx,
                          [[maybe_unused]] Run&& run, RunBack&& run_back) {
    const size_t rows = x.count();
    for (size_t layer = N; layer-- > 0;) {
      const Rows<const float, width> in = layer == 0 ? x : input(frame, layer, rows);
      const auto child = frame.child(INLAY_PART_AT(layers, layer), layer);
      const Span span(child.executor, "backward");
      if constexpr (requires { frame.workspace.output.values; })
        run(child.forward(), layer, in, Rows<float, width>(frame.workspace.output, rows));
      if (layer == 0) {
        run_back(child, layer, in, dy, dx);
      } else {
        const Rows<float, width> out(&frame.workspace.gradients(layer % 2, 0, 0), rows);
        run_back(child, layer, in, dy, out);
        dy = out;
      }
    }
  }

  template <class F, class... P>
  static void visit(F&& f, const Path& path, P&... parts) {
    for (size_t layer = 0; layer < N; ++layer) visit_at<M>(f, path / layer, parts.layers[layer]...);
  }
  template <class S>
  static void copy_sequence(const S& from, size_t i, S& to, size_t j) {
    for (size_t layer = 0; layer < N; ++layer) inlay::copy_sequence<M>(from.layers[layer], i, to.layers[layer], j);
  }
  static void initialize(Parameters& p, const Initializer& initializer, const Path& path) {
    for (size_t layer = 0; layer < N; ++layer) {
      if constexpr (requires { M::initialize_layer(p.layers[layer], initializer, path, N); })
        M::initialize_layer(p.layers[layer], initializer, path / layer, N);
      else
        initialize_at<M>(p.layers[layer], initializer, path / layer);
    }
  }
  static void initialize_buffers(Buffers& buffers) {
    if constexpr (!std::is_same_v<Buffers, Empty>)
      for (auto& layer : buffers.layers) initialize_buffers_at<M>(layer);
  }

 private:
  static constexpr auto plain_forward = [](const auto& child, size_t, auto x, auto y) { M::forward(child, x, y); };

  template <class Frame>
  static Rows<float, width> input(const Frame& frame, size_t layer, size_t rows) {
    auto& inputs = frame.activations.inputs;
    return {&inputs((layer - 1) % inputs.shape[0], 0, 0), rows};
  }
};

}  // namespace inlay::inline INLAY_ABI
