#pragma once
// Recurrent layers over packed sequences: Elman, GRU, LSTM, with back-propagation through time.
//
//   Elman   h_t = tanh(x_t W + h_(t-1) U + b)
//   GRU     r = s(x_t W_r + h_(t-1) U_r + b_r),  u = s(x_t W_u + h_(t-1) U_u + b_u)
//           n = tanh(x_t W_n + b_n + r (h_(t-1) U_n + c_n)),  h_t = n + u (h_(t-1) - n)
//   LSTM    i, f, o = s(x_t W_i + h_(t-1) U_i + b_i), likewise f and o;  g = tanh(x_t W_g + h_(t-1) U_g + b_g)
//           c_t = f c_(t-1) + i g,  h_t = o tanh(c_t)
//   y_t = h_t                                                     x: rows x input, y: rows x width, s: logistic sigmoid
//
//   dz_t of each gate by kernels/recurrent.hpp from dh_t = dy_t + (what step t + 1 gives back);  dh_(t-1) += dz_t U^T
//   dU += sum over rows of h_(t-1)^T dz_t;   dW, db and dx = dz W^T as in Linear
//
// Tensors, gates side by side in the order above (as in PyTorch, whose matrices are transposed):
//   input.weight   [input][gates * width]   W                weight_ih^T
//   input.bias     [gates * width]          b                bias_ih + bias_hh; of a GRU's n bias_ih alone
//   hidden.weight  [width][gates * width]   U                weight_hh^T
//   hidden.bias    [width]                  c_n, GRU alone   bias_hh of n
//
// The input products of all rows are one matrix product. Then time goes by: the rows that stand at step t in their
// sequences are gathered, up to `rows_of_step` at once, so that U meets them in one product. A row's chain goes on from
// its input product, x_t W + b, over h_(t-1) U; no other row has a part in it, and parameter gradients are chains over
// the rows as they lie: the bits depend neither on what is packed together nor on the number of threads.
//
// A sequence begins with h = c = 0, or with the Ends that a caller gives, as a decoder does with its encoder's last
// state. With a State (streaming) a sequence whose starts[s] is not 0 goes on from where the last call left it, to the
// bits of the full pass. Without one, starts are not looked at.
//
// Dropout is of the outputs, not of what the next step sees. Saved for backward: gates, h_(t-1) and one more number for
// each (LSTM: c; GRU: h_(t-1) U_n + c_n). Recompute has no cheap part here; in a Stack, Recompute::block works.
//
// y does not overlap x; dx may be dy.
//
// A new one has W from N(0, 1 / input) and U from N(0, 1 / width), so that U neither stretches nor shrinks a random
// state, and b = 0, but `forget_bias` for f: at 1 an LSTM begins by remembering.
//
// Source: kernels/recurrent.hpp for the cells; Werbos, "Backpropagation Through Time", 1990; Zaremba et al., "Recurrent
// Neural Network Regularization", 2014 (dropout); Jozefowicz et al., "An Empirical Exploration of Recurrent Network
// Architectures", 2015 (forget bias).

#include <inlay/config.hpp>
#include <inlay/kernels/recurrent.hpp>
#include <inlay/modules/activation.hpp>
#include <inlay/modules/linear.hpp>
#include <inlay/modules/module.hpp>

namespace inlay::inline INLAY_ABI {

enum class Cell : std::uint8_t { elman, gru, lstm };

struct RecurrentConfig {
  size_t input;
  size_t width;
  Cell cell = Cell::lstm;
  bool biases = true;
  float forget_bias = 1.0f;  // what the bias of an LSTM's forget gate begins at
  float dropout = 0.0f;      // of the outputs
};

template <RecurrentConfig C>
struct Recurrent {
  static_assert(C.input > 0 && C.width > 0,
                "inlay: a recurrent layer has at least one input and a width of at least 1");
  static_assert(C.dropout >= 0.0f && C.dropout < 1.0f, "inlay: a dropout rate is at least 0 and less than 1");

  static constexpr size_t width = C.width;
  static constexpr size_t gate_count = C.cell == Cell::lstm ? 4 : C.cell == Cell::gru ? 3 : 1;
  static constexpr bool is_lstm = C.cell == Cell::lstm;
  static constexpr bool is_gru = C.cell == Cell::gru;
  // A copy: of a template argument with two floats Clang 16 reads the wrong one at run time.
  static constexpr float forget_bias = C.forget_bias;
  // More rows at once would need more memory; with 64 each number of U that is read meets 64 rows.
  static constexpr size_t rows_of_step = 64;
  static constexpr size_t settles_at = 1;  // a sequence begins at 0; all other positions are alike

  using Input = Reals<C.input>;
  using Output = Reals<width>;
  using Projection = Linear<C.input, gate_count * width, C.biases ? Bias::yes : Bias::no>;
  using Drop = Dropout<width, C.dropout>;

  struct HiddenWeight {
    Tensor<float, width, gate_count * width> weight;
  };
  struct HiddenWeightAndBias {
    Tensor<float, width, gate_count * width> weight;
    Tensor<float, width> bias;
  };
  static constexpr bool hidden_bias = is_gru && C.biases;
  struct Parameters {
    typename Projection::Parameters input;
    std::conditional_t<hidden_bias, HiddenWeightAndBias, HiddenWeight> hidden;
  };

  // Of an LSTM hidden and cell, otherwise hidden alone.
  template <size_t Sequences>
  struct HiddenState {
    Tensor<float, Sequences, width> hidden;
  };
  template <size_t Sequences>
  struct HiddenAndCell {
    Tensor<float, Sequences, width> hidden, cell;
  };
  template <size_t Sequences>
  using State = std::conditional_t<is_lstm, HiddenAndCell<Sequences>, HiddenState<Sequences>>;

  // Where sequences begin and end, one row for each: what a caller leaves out begins at zero, or is not wanted.
  struct Ends {
    Rows<const float, width> first_hidden = {}, first_cell = {};  // read, where a sequence starts at position 0
    Rows<float, width> last_hidden = {}, last_cell = {};          // written by forward
  };
  struct EndGradients {
    Rows<const float, width> last_hidden = {}, last_cell = {};  // added to what comes from dy
    Rows<float, width> first_hidden = {}, first_cell = {};      // written by backward
  };

  // inner: c of an LSTM, h_(t-1) U_n + c_n of a GRU.
  template <Extent E>
  struct TrainingActivations {
    Tensor<float, E.rows, gate_count * width> gates;  // the input product, then the gates after their nonlinearity
    Tensor<float, E.rows, width> previous;            // h_(t-1)
    INLAY_NO_UNIQUE_ADDRESS std::conditional_t<is_lstm || is_gru, Tensor<float, E.rows, width>, Empty> inner;
  };
  template <Extent E>
  struct InferenceActivations {
    Tensor<float, E.rows, gate_count * width> gates;
    INLAY_NO_UNIQUE_ADDRESS std::conditional_t<is_lstm, Tensor<float, E.rows, width>, Empty> inner;
  };
  template <Extent E>
  using Activations = std::conditional_t<E.training, TrainingActivations<E>, InferenceActivations<E>>;

  // What is gathered for a step: h_(t-1) or its gradient, gates or theirs, and the inner number.
  template <Extent E>
  struct InferenceWorkspace {
    static constexpr size_t group = E.rows < rows_of_step ? E.rows : rows_of_step;
    Tensor<float, group, width> step_hidden;
    Tensor<float, group, gate_count * width> step_gates;
    INLAY_NO_UNIQUE_ADDRESS std::conditional_t<is_lstm || is_gru, Tensor<float, group, width>, Empty> step_inner;
  };
  template <Extent E>
  struct TrainingWorkspace : InferenceWorkspace<E> {
    Tensor<float, E.rows, width> dhidden;
    Tensor<float, E.rows, gate_count * width> dgates;
    INLAY_NO_UNIQUE_ADDRESS std::conditional_t<is_lstm || is_gru, Tensor<float, E.rows, width>, Empty> dinner;
  };
  template <Extent E>
  using Workspace = std::conditional_t<E.training, TrainingWorkspace<E>, InferenceWorkspace<E>>;

  template <class Frame>
  static void forward(const Frame& frame, Rows<const float, C.input> x, Rows<float, width> y) {
    forward(frame, x, y, Ends{});
  }
  template <class Frame>
  static void forward(const Frame& frame, Rows<const float, C.input> x, Rows<float, width> y, const Ends& ends) {
    auto& a = frame.activations;
    const Packing& packing = frame.call.packing;
    INLAY_ASSERT(y.count() == x.count() && x.count() == packing.rows());
    INLAY_ASSERT(is_lstm || (ends.first_cell.data() == nullptr && ends.last_cell.data() == nullptr));
    Projection::forward(frame.child(INLAY_PART(input)), x, Rows<float, gate_count * width>(a.gates, x.count()));
    Span span(frame.executor, "recurrence", {0, 4 * x.count() * (2 * gate_count + 3) * width});
    for_each_group<group_of<Frame>>(packing, 0, longest(packing), [&](size_t step, const auto& group) {
      gather(frame, y, ends, step, group);
      multiply(frame, group.count);
      parallel::for_each_block(frame.executor, group.count, 16, [&](size_t first, size_t count) {
        for (size_t k = first; k < first + count; ++k) finish_row(frame, k, group.row[k], y.row(group.row[k]));
      });
    });
    leave(frame, y, ends);
    span.end();
    if constexpr (C.dropout > 0.0f) Drop::forward(frame.child(INLAY_PART(dropout)), y, y);
  }

  template <class Frame, class Gradient>
  static void backward(const Frame& frame, Rows<const float, C.input> x, Rows<const float, width> dy, Gradient dx) {
    backward(frame, x, dy, dx, Ends{}, EndGradients{});
  }
  // `ends` as forward had them.
  template <class Frame, class Gradient>
  static void backward(const Frame& frame, Rows<const float, C.input> x, Rows<const float, width> dy, Gradient dx,
                       const Ends& ends, const EndGradients& gradients) {
    auto& w = frame.workspace;
    const Packing& packing = frame.call.packing;
    const size_t rows = x.count();
    INLAY_ASSERT(is_lstm || (gradients.first_cell.data() == nullptr && gradients.last_cell.data() == nullptr));
    Drop::backward(frame.child(INLAY_PART(dropout)), dy, dy, Rows<float, width>(w.dhidden, rows));
    Span span(frame.executor, "recurrence backward", {0, 4 * rows * (4 * gate_count + 6) * width});
    enter_backward(frame, gradients);
    for (size_t step = longest(packing); step-- > 0;)
      for_each_group<group_of<Frame>>(packing, step, step + 1, [&](size_t, const auto& group) {
        parallel::for_each_block(frame.executor, group.count, 16, [&](size_t first, size_t count) {
          for (size_t k = first; k < first + count; ++k) differentiate_row(frame, ends, gradients, step, group, k);
        });
        if (step == 0 && gradients.first_hidden.data() == nullptr) return;
        multiply_transposed(frame, group.count);
        for (size_t k = 0; k < group.count; ++k) {
          const float* const from = w.step_hidden.data() + k * width;
          if (step > 0)
            kernels::add(width, from, w.dhidden.data() + (group.row[k] - 1) * width);
          else
            kernels::copy(width, from, gradients.first_hidden.row(group.sequence[k]));
        }
      });
    if constexpr (trains<Frame>) add_hidden_gradients(frame, rows);
    span.end();
    Projection::backward(frame.child(INLAY_PART(input)), x, Rows<const float, gate_count * width>(w.dgates, rows), dx);
  }

  template <class S>
  static void copy_sequence(const S& from, size_t i, S& to, size_t j) {
    kernels::copy(width, &from.hidden(i, 0), &to.hidden(j, 0));
    if constexpr (is_lstm) kernels::copy(width, &from.cell(i, 0), &to.cell(j, 0));
  }

  template <class F, class... P>
  static void visit(F&& f, const Path& path, P&... parts) {
    Projection::visit(f, path / "input", parts.input...);
    f(path / "hidden" / "weight", parts.hidden.weight...);
    if constexpr (hidden_bias) f(path / "hidden" / "bias", parts.hidden.bias...);
  }
  static void initialize(Parameters& p, const Initializer& initializer, const Path& path) {
    Projection::initialize_scaled(p.input, initializer, path / "input", 1.0f / simd::sqrt(static_cast<float>(C.input)));
    if constexpr (is_lstm && C.biases) kernels::fill(width, forget_bias, p.input.bias.data() + width);
    initializer.normal(path / "hidden" / "weight", p.hidden.weight, 1.0f / simd::sqrt(static_cast<float>(width)));
    if constexpr (hidden_bias) initializer.fill(path / "hidden" / "bias", p.hidden.bias, 0.0f);
  }

 private:
  // The gates whose chain goes on over the hidden state; the candidate of a GRU has a product of its own.
  static constexpr size_t chained = is_gru ? 2 : gate_count;

  template <class Frame>
  static constexpr bool has_state = !std::is_same_v<std::remove_cvref_t<decltype(std::declval<Frame>().state)>, Empty>;
  template <class Frame>
  static constexpr size_t group_of = std::remove_cvref_t<decltype(std::declval<Frame>().workspace)>::group;

  // Rows that stand at one time step of their sequences.
  template <size_t Most>
  struct Group {
    size_t count;
    std::uint32_t row[Most], sequence[Most];
  };
  // f(step, group) for the steps [first, last), one after the other; the rows of a step in groups of at most `Most`.
  template <size_t Most, class F>
  static void for_each_group(const Packing& packing, size_t first, size_t last, F&& f) {
    Group<Most> group{};  // GCC takes what is not written for what may be read
    for (size_t step = first; step < last; ++step) {
      for (size_t s = 0; s < packing.count;) {
        for (group.count = 0; s < packing.count && group.count < Most; ++s) {
          if (packing.length(s) <= step) continue;
          group.row[group.count] = static_cast<std::uint32_t>(packing.begin(s) + step);
          group.sequence[group.count++] = static_cast<std::uint32_t>(s);
        }
        if (group.count > 0) f(step, std::as_const(group));
      }
    }
  }
  static size_t longest(const Packing& packing) {
    size_t most = 0;
    for (size_t s = 0; s < packing.count; ++s) most = packing.length(s) > most ? packing.length(s) : most;
    return most;
  }
  static void copy_or_zero(const float* from, float* to) {
    if (from == nullptr)
      kernels::fill(width, 0.0f, to);
    else
      kernels::copy(width, from, to);
  }

  // What a sequence begins with; null is zero.
  template <class Frame>
  static const float* first_hidden(const Frame& frame, const Ends& ends, size_t sequence) {
    if constexpr (requires { frame.state.hidden; })
      if (frame.call.packing.start(sequence) > 0) return &frame.state.hidden(sequence, 0);
    return ends.first_hidden.data() == nullptr ? nullptr : ends.first_hidden.row(sequence);
  }
  template <class Frame>
  static const float* first_cell(const Frame& frame, const Ends& ends, size_t sequence) {
    if constexpr (requires { frame.state.cell; })
      if (frame.call.packing.start(sequence) > 0) return &frame.state.cell(sequence, 0);
    return ends.first_cell.data() == nullptr ? nullptr : ends.first_cell.row(sequence);
  }

  template <class Frame, class G>
  static void gather(const Frame& frame, Rows<float, width> y, const Ends& ends, size_t step, const G& group) {
    auto& a = frame.activations;
    auto& w = frame.workspace;
    for (size_t k = 0; k < group.count; ++k) {
      const size_t row = group.row[k];
      const size_t sequence = group.sequence[k];
      float* const hidden = w.step_hidden.data() + k * width;
      copy_or_zero(step > 0 ? y.row(row - 1) : first_hidden(frame, ends, sequence), hidden);
      if constexpr (requires { a.previous; }) kernels::copy(width, hidden, a.previous.data() + row * width);
      if constexpr (is_lstm)
        copy_or_zero(step > 0 ? a.inner.data() + (row - 1) * width : first_cell(frame, ends, sequence),
                     w.step_inner.data() + k * width);
      kernels::copy(gate_count * width, a.gates.data() + row * gate_count * width,
                    w.step_gates.data() + k * gate_count * width);
    }
  }

  template <class Frame>
  static void multiply(const Frame& frame, size_t count) {
    using kernels::Form;
    auto& w = frame.workspace;
    const auto& p = frame.parameters.hidden;
    const auto& executor = executor_at(frame.executor, "hidden");
    parallel::matmul<Form::plain, Form::plain>(executor, count, chained * width, width, w.step_hidden.data(), width,
                                               p.weight.data(), gate_count * width, w.step_gates.data(),
                                               gate_count * width, kernels::Store::accumulate);
    if constexpr (is_gru) {
      const float* bias = nullptr;
      if constexpr (hidden_bias) bias = p.bias.data();
      parallel::matmul<Form::plain, Form::plain>(executor, count, width, width, w.step_hidden.data(), width,
                                                 p.weight.data() + chained * width, gate_count * width,
                                                 w.step_inner.data(), width, kernels::Store::assign, bias);
    }
  }

  template <class Frame>
  static void finish_row(const Frame& frame, size_t k, size_t row, float* y) {
    auto& a = frame.activations;
    auto& w = frame.workspace;
    constexpr bool keeps = requires { a.previous; };
    const float* const z = w.step_gates.data() + k * gate_count * width;
    float* const kept =
        (keeps ? a.gates.data() + row * gate_count * width : w.step_gates.data() + k * gate_count * width);
    if constexpr (is_lstm) {
      kernels::lstm_row(width, z, w.step_inner.data() + k * width, kept, a.inner.data() + row * width, y);
    } else if constexpr (is_gru) {
      const float* const q = w.step_inner.data() + k * width;
      kernels::gru_row(width, z, q, w.step_hidden.data() + k * width, kept, y);
      if constexpr (keeps) kernels::copy(width, q, a.inner.data() + row * width);
    } else {
      kernels::elman_row(width, z, y);
      if constexpr (keeps) kernels::copy(width, y, kept);
    }
  }

  // The end of each sequence, for the next call and for the caller.
  template <class Frame>
  static void leave(const Frame& frame, Rows<float, width> y, const Ends& ends) {
    const Packing& packing = frame.call.packing;
    for (size_t s = 0; s < packing.count; ++s) {
      const size_t length = packing.length(s);
      const size_t end = packing.begin(s) + length;
      const float* const hidden = length > 0 ? y.row(end - 1) : first_hidden(frame, ends, s);
      if (ends.last_hidden.data() != nullptr) copy_or_zero(hidden, ends.last_hidden.row(s));
      if constexpr (is_lstm) {
        const float* const cell =
            length > 0 ? frame.activations.inner.data() + (end - 1) * width : first_cell(frame, ends, s);
        if (ends.last_cell.data() != nullptr) copy_or_zero(cell, ends.last_cell.row(s));
        if constexpr (has_state<Frame>)
          if (length > 0) kernels::copy(width, cell, &frame.state.cell(s, 0));
      }
      if constexpr (has_state<Frame>)
        if (length > 0) kernels::copy(width, hidden, &frame.state.hidden(s, 0));
    }
  }

  // The gradients of the last states; a sequence without rows hands them on to its first.
  template <class Frame>
  static void enter_backward(const Frame& frame, const EndGradients& gradients) {
    auto& w = frame.workspace;
    const Packing& packing = frame.call.packing;
    for (size_t s = 0; s < packing.count; ++s) {
      const size_t at = (packing.begin(s) + packing.length(s) - 1) * width;
      const float* const hidden = gradients.last_hidden.data() == nullptr ? nullptr : gradients.last_hidden.row(s);
      const float* const cell = gradients.last_cell.data() == nullptr ? nullptr : gradients.last_cell.row(s);
      if (packing.length(s) == 0) {
        if (gradients.first_hidden.data() != nullptr) copy_or_zero(hidden, gradients.first_hidden.row(s));
        if (gradients.first_cell.data() != nullptr) copy_or_zero(cell, gradients.first_cell.row(s));
        continue;
      }
      if (hidden != nullptr) kernels::add(width, hidden, w.dhidden.data() + at);
      if constexpr (is_lstm) copy_or_zero(cell, w.dinner.data() + at);
    }
  }

  // dz of a row, where it stays and where the product of this step reads it; what reaches the step before directly.
  template <class Frame, class G>
  static void differentiate_row(const Frame& frame, const Ends& ends, const EndGradients& gradients, size_t step,
                                const G& group, size_t k) {
    auto& a = frame.activations;
    auto& w = frame.workspace;
    const size_t row = group.row[k];
    const size_t sequence = group.sequence[k];
    const float* const gate = a.gates.data() + row * gate_count * width;
    const float* const dh = w.dhidden.data() + row * width;
    float* const dz = w.dgates.data() + row * gate_count * width;
    if constexpr (is_lstm) {
      float* const previous_cell = w.step_inner.data() + k * width;
      copy_or_zero(step > 0 ? a.inner.data() + (row - 1) * width
                            : (ends.first_cell.data() == nullptr ? nullptr : ends.first_cell.row(sequence)),
                   previous_cell);
      float* const dcell = w.dinner.data() + row * width;
      float* const dprevious = step > 0                                 ? dcell - width
                               : gradients.first_cell.data() != nullptr ? gradients.first_cell.row(sequence)
                                                                        : dcell;
      kernels::lstm_row_backward(width, gate, previous_cell, a.inner.data() + row * width, dh, dcell, dz, dprevious);
    } else if constexpr (is_gru) {
      float* const dq = w.dinner.data() + row * width;
      kernels::gru_row_backward(width, gate, a.inner.data() + row * width, a.previous.data() + row * width, dh, dz, dq,
                                w.step_hidden.data() + k * width);
      kernels::copy(width, dq, w.step_inner.data() + k * width);
    } else {
      kernels::elman_row_backward(width, gate, dh, dz);
    }
    kernels::copy(gate_count * width, dz, w.step_gates.data() + k * gate_count * width);
  }

  // dh_(t-1), for a GRU added to what is there.
  template <class Frame>
  static void multiply_transposed(const Frame& frame, size_t count) {
    using kernels::Form;
    using kernels::Store;
    auto& w = frame.workspace;
    const float* const weight = frame.parameters.hidden.weight.data();
    const auto& executor = executor_at(frame.executor, "hidden");
    parallel::matmul<Form::plain, Form::transposed>(
        executor, count, width, chained * width, w.step_gates.data(), gate_count * width, weight, gate_count * width,
        w.step_hidden.data(), width, is_gru ? Store::accumulate : Store::assign);
    if constexpr (is_gru)
      parallel::matmul<Form::plain, Form::transposed>(executor, count, width, width, w.step_inner.data(), width,
                                                      weight + chained * width, gate_count * width,
                                                      w.step_hidden.data(), width, Store::accumulate);
  }

  template <class Frame>
  static void add_hidden_gradients(const Frame& frame, size_t rows) {
    using kernels::Form;
    using kernels::Store;
    const float* const previous = frame.activations.previous.data();
    auto& w = frame.workspace;
    auto& g = frame.gradients.hidden;
    const auto& executor = executor_at(frame.executor, "hidden");
    parallel::matmul<Form::transposed, Form::plain>(executor, width, chained * width, rows, previous, width,
                                                    w.dgates.data(), gate_count * width, g.weight.data(),
                                                    gate_count * width, Store::accumulate);
    if constexpr (is_gru)
      parallel::matmul<Form::transposed, Form::plain>(executor, width, width, rows, previous, width, w.dinner.data(),
                                                      width, g.weight.data() + chained * width, gate_count * width,
                                                      Store::accumulate);
    if constexpr (hidden_bias) kernels::add_rows(rows, width, w.dinner.data(), g.bias.data());
  }
};

template <size_t Input, size_t Width, Bias B = Bias::yes>
using Elman = Recurrent<RecurrentConfig{.input = Input, .width = Width, .cell = Cell::elman, .biases = B == Bias::yes}>;
template <size_t Input, size_t Width, Bias B = Bias::yes>
using Gru = Recurrent<RecurrentConfig{.input = Input, .width = Width, .cell = Cell::gru, .biases = B == Bias::yes}>;
template <size_t Input, size_t Width, Bias B = Bias::yes>
using Lstm = Recurrent<RecurrentConfig{.input = Input, .width = Width, .cell = Cell::lstm, .biases = B == Bias::yes}>;

}  // namespace inlay::inline INLAY_ABI
