#pragma once
// Convolution: over time, causal, from packed sequences of rows to as many rows.
//
//   y_t = b + sum over k < kernel of x_(t - (kernel - 1 - k) dilation) W_k
//
//   W: [kernel][in][out], W_(kernel - 1) meets the row itself; b: [out];  x: rows x in, y: rows x out
//   dW += columns^T dy    db += sum over rows of dy    dx_t = sum over k, from the last down, of dy_(t + ...) W_k^T
//
// Rows before the first of a sequence are zeros ((kernel - 1) dilation rows of padding before, none behind), so
// neither another sequence nor a later row has a part in y_t. The rows that a y_t is made of are laid side by side,
// columns: rows x (kernel in), and meet W in one product: a chain over k, then over the inputs, in ascending order.
//
// With a State (streaming) a sequence whose starts[s] is not 0 goes on after the rows of the last call, of which the
// state holds (kernel - 1) dilation, to the bits of the full pass. Without one, starts are not looked at.
//
// The stride is 1. For a stride of n take n rows as one, which costs nothing (modules/patches.hpp): a kernel of k over
// rows of n in numbers is one of k n over time with the stride n.
//
// Saved for backward: nothing but x, which the caller holds. x, y, dy and dx do not overlap.
// A new one has W from N(0, 1 / (kernel in)), so that noise keeps its size, and b = 0.
//
// Source: LeCun et al., "Backpropagation Applied to Handwritten Zip Code Recognition", 1989; causal and dilated: van
// den Oord et al., "WaveNet", 2016, section 2.1.

#include <inlay/config.hpp>
#include <inlay/modules/linear.hpp>
#include <inlay/modules/module.hpp>

namespace inlay::inline INLAY_ABI {

struct ConvolutionConfig {
  size_t in;            // numbers of a row
  size_t out;           // likewise
  size_t kernel;        // rows that meet in one
  size_t dilation = 1;  // from one of them to the next
  bool biases = true;
};

template <ConvolutionConfig C>
struct Convolution {
  static_assert(C.in > 0 && C.out > 0, "inlay: a convolution has at least one input and one output");
  static_assert(C.kernel > 0 && C.dilation > 0,
                "inlay: the kernel of a convolution has at least one row, and its dilation is at least 1");

  static constexpr size_t in = C.in;
  static constexpr size_t out = C.out;
  static constexpr size_t reach = (C.kernel - 1) * C.dilation;  // rows that it looks back
  static constexpr size_t column_width = C.kernel * C.in;
  static constexpr size_t settles_at = reach > 0 ? 1 : 0;

  using Input = Reals<in>;
  using Output = Reals<out>;

  struct Weights {
    Tensor<float, C.kernel, in, out> weight;
  };
  struct WeightsAndBias {
    Tensor<float, C.kernel, in, out> weight;
    Tensor<float, out> bias;
  };
  using Parameters = std::conditional_t<C.biases, WeightsAndBias, Weights>;

  template <size_t Sequences>
  struct LastRows {
    Tensor<float, Sequences, reach, in> rows;  // the newest one last; zeros where there were fewer
  };
  template <size_t Sequences>
  using State = typename std::conditional_t<(reach > 0), std::type_identity<LastRows<Sequences>>,
                                            std::type_identity<Empty>>::type;

  template <Extent E>
  struct Workspace {
    Tensor<float, E.rows, column_width> columns;  // then their gradient
  };

  template <class Frame>
  static void forward(const Frame& frame, Rows<const float, in> x, Rows<float, out> y) {
    using kernels::Form;
    const auto& p = frame.parameters;
    float* const columns = gather(frame, x);
    if constexpr (has_state<Frame>) leave(frame, x);
    const float* bias = nullptr;
    if constexpr (C.biases) bias = p.bias.data();
    parallel::matmul<Form::plain, Form::plain>(frame.executor, x.count(), out, column_width, columns, column_width,
                                               p.weight.data(), out, y.data(), out, kernels::Store::assign, bias);
  }

  template <class Frame, class Gradient>
  static void backward(const Frame& frame, Rows<const float, in> x, Rows<const float, out> dy, Gradient dx) {
    using kernels::Form;
    if constexpr (trains<Frame>) {
      auto& g = frame.gradients;
      const float* const columns = gather(frame, x);
      parallel::matmul<Form::transposed, Form::plain>(frame.executor, column_width, out, x.count(), columns,
                                                      column_width, dy.data(), out, g.weight.data(), out,
                                                      kernels::Store::accumulate);
      if constexpr (C.biases) {
        const Span span(frame.executor, "bias gradient", {dy.count() * out, 4 * dy.count() * out});
        kernels::add_rows(dy.count(), out, dy.data(), g.bias.data());
      }
    }
    if constexpr (wants_gradient<Gradient>) {
      float* const dcolumns = frame.workspace.columns.data();
      parallel::matmul<Form::plain, Form::transposed>(frame.executor, dy.count(), column_width, out, dy.data(), out,
                                                      frame.parameters.weight.data(), out, dcolumns, column_width);
      const Span span(frame.executor, "columns backward", {dy.count() * column_width, 8 * dy.count() * column_width});
      kernels::fill(dx.count() * in, 0.0f, dx.data());
      for_each_part(frame.call.packing, [&](size_t sequence, size_t i, size_t k, size_t back) {
        const size_t row = frame.call.packing.begin(sequence) + i;
        if (back <= i) kernels::add(in, dcolumns + row * column_width + k * in, dx.row(row - back));
      });
    }
  }

  template <class S>
  static void copy_sequence(const S& from, size_t i, S& to, size_t j) {
    if constexpr (reach > 0) kernels::copy(reach * in, &from.rows(i, 0, 0), &to.rows(j, 0, 0));
  }
  template <class F, class... P>
  static void visit(F&& f, const Path& path, P&... parts) {
    f(path / "weight", parts.weight...);
    if constexpr (C.biases) f(path / "bias", parts.bias...);
  }
  static void initialize(Parameters& p, const Initializer& initializer, const Path& path) {
    initialize_scaled(p, initializer, path, 1.0f / simd::sqrt(static_cast<float>(column_width)));
  }
  static void initialize_scaled(Parameters& p, const Initializer& initializer, const Path& path, float deviation) {
    initializer.normal(path / "weight", p.weight, deviation);
    if constexpr (C.biases) initializer.fill(path / "bias", p.bias, 0.0f);
  }

 private:
  template <class Frame>
  static constexpr bool has_state = requires(const Frame& frame) {
    frame.state.rows;
  };

  // f(sequence, row i of it, k, back): row i - back is part k of the columns of row i.
  template <class F>
  static void for_each_part(const Packing& packing, F&& f) {
    for (size_t s = 0; s < packing.count; ++s)
      for (size_t i = 0; i < packing.length(s); ++i)
        for (size_t k = 0; k < C.kernel; ++k) f(s, i, k, (C.kernel - 1 - k) * C.dilation);
  }

  template <class Frame>
  static float* gather(const Frame& frame, Rows<const float, in> x) {
    const Packing& packing = frame.call.packing;
    INLAY_ASSERT(x.count() == packing.rows());
    float* const columns = frame.workspace.columns.data();
    const Span span(frame.executor, "columns", {0, 8 * x.count() * column_width});
    for_each_part(packing, [&](size_t sequence, size_t i, size_t k, size_t back) {
      const size_t row = packing.begin(sequence) + i;
      float* const to = columns + row * column_width + k * in;
      if (back <= i) return kernels::copy(in, x.row(row - back), to);
      if constexpr (has_state<Frame>)
        if (packing.start(sequence) > 0) return kernels::copy(in, &frame.state.rows(sequence, reach + i - back, 0), to);
      kernels::fill(in, 0.0f, to);
    });
    return columns;
  }

  // The last rows of each sequence, for the next call.
  template <class Frame>
  static void leave(const Frame& frame, Rows<const float, in> x) {
    const Packing& packing = frame.call.packing;
    for (size_t s = 0; s < packing.count; ++s) {
      const size_t length = packing.length(s);
      const size_t kept = length < reach ? reach - length : 0;  // rows of earlier calls
      float* const rows = &frame.state.rows(s, 0, 0);
      if (packing.start(s) > 0)
        kernels::copy(kept * in, rows + (reach - kept) * in, rows);
      else
        kernels::fill(kept * in, 0.0f, rows);
      for (size_t r = kept; r < reach; ++r)
        kernels::copy(in, x.row(packing.begin(s) + length + r - reach), rows + r * in);
    }
  }
};

}  // namespace inlay::inline INLAY_ABI
