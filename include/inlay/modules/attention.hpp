#pragma once
// Multi-head self-attention over packed sequences.
//
//   Q = x W_Q + b_Q,  K = x W_K + b_K,  V = x W_V + b_V           x: rows x width
//   head h:  O_h = softmax(scale Q_h K_h^T, masked) V_h           columns [h, h + 1) * width / heads
//   y = concat(O_1 ... O_heads) W_O + b_O
//
// Sequences of different lengths lie one after the other; a head of a sequence is one task and no work is spent on
// padding. Saved for backward: Q, K, V, O and two numbers for each row and head, so memory grows linearly with the
// context; the weights are computed again (kernels/attention.hpp).
//
// With a State (generation) the keys and values of earlier calls come from the cache and the new ones are added to it;
// row i of sequence s then stands at position starts[s] + i. The result has the bits of the full pass.
//
// inspect() computes the weights of one head again, for looking at.
//
// Source: Vaswani et al., "Attention Is All You Need", 2017, section 3.2.

#include <inlay/config.hpp>
#include <inlay/kernels/attention.hpp>
#include <inlay/modules/linear.hpp>
#include <inlay/modules/module.hpp>

namespace inlay::inline INLAY_ABI {

struct AttentionConfig {
  size_t width;
  size_t heads;
  size_t context;  // the longest sequence
  bool causal = true;
  bool biases = true;
  float dropout = 0.0f;  // of the attention weights
};

template <AttentionConfig C>
struct Attention {
  static_assert(C.heads > 0, "inlay: attention has at least one head");
  static_assert(
      C.heads == 0 || C.width % C.heads == 0,
      "inlay: the heads of an attention must divide its width; choose heads so that width is a multiple of it");
  static_assert(C.context > 0, "inlay: attention sees a context of at least one position");
  static_assert(C.dropout >= 0.0f && C.dropout < 1.0f, "inlay: a dropout rate is at least 0 and less than 1");

  static constexpr size_t width = C.width;
  static constexpr size_t head_width = C.width / C.heads;
  static constexpr size_t packed_floats = kernels::packed_keys_floats(C.context, head_width);

  using Input = Reals<width>;
  using Output = Reals<width>;
  using Projection = Linear<width, width, C.biases ? Bias::yes : Bias::no>;

  struct Parameters {
    typename Projection::Parameters query, key, value, output;
  };

  template <size_t Sequences>
  struct State {
    Tensor<float, Sequences, C.heads, packed_floats> key;  // packed in groups of 16 positions
    Tensor<float, Sequences, C.heads, C.context, head_width> value;
  };

  template <Extent E>
  struct Activations {
    Tensor<float, E.rows, width> query, key, value;
    Tensor<float, E.rows, width> mixed;  // O: the input of the output projection
    Tensor<float, C.heads, E.rows> maximum, scale;
  };

  // One scratch for each worker; the gradients of Q, K and V are shared.
  template <Extent E>
  struct TrainingWorkspace {
    Tensor<float, kernels::attention_backward_floats(C.context, head_width)> scratch[E.workers];
    Tensor<float, E.rows, width> dquery, dkey, dvalue, dmixed;
  };
  template <Extent E>
  struct InferenceWorkspace {
    Tensor<float, kernels::attention_floats(C.context, head_width)> scratch[E.workers];
  };
  template <Extent E>
  using Workspace = std::conditional_t<E.training, TrainingWorkspace<E>, InferenceWorkspace<E>>;

  template <class Frame>
  static void forward(const Frame& frame, Rows<const float, width> x, Rows<float, width> y) {
    auto& a = frame.activations;
    const size_t rows = x.count();
    Projection::forward(frame.child(INLAY_PART(query)), x, Rows<float, width>(a.query, rows));
    Projection::forward(frame.child(INLAY_PART(key)), x, Rows<float, width>(a.key, rows));
    Projection::forward(frame.child(INLAY_PART(value)), x, Rows<float, width>(a.value, rows));
    if constexpr (std::is_same_v<std::remove_cvref_t<decltype(frame.state)>, Empty>)
      attend_all(frame);
    else
      attend_cached(frame);
    Projection::forward(frame.child(INLAY_PART(output)), Rows<const float, width>(a.mixed, rows), y);
  }

  template <class Frame, class Gradient>
  static void backward(const Frame& frame, Rows<const float, width> x, Rows<const float, width> dy, Gradient dx) {
    auto& a = frame.activations;
    auto& w = frame.workspace;
    const size_t rows = x.count();
    Projection::backward(frame.child(INLAY_PART(output)), Rows<const float, width>(a.mixed, rows), dy,
                         Rows<float, width>(w.dmixed, rows));
    Span span(frame.executor, "attention backward", work(frame.call.packing, 8));
    kernels::fill(rows * width, 0.0f, w.dkey.data());
    kernels::fill(rows * width, 0.0f, w.dvalue.data());
    for_each_head(frame, [&](size_t sequence, size_t head, size_t worker) {
      const Packing& packing = frame.call.packing;
      const size_t first = packing.begin(sequence);
      const size_t at = first * width + head * head_width;
      const size_t saved = head * a.maximum.shape[1] + first;
      const kernels::AttentionShape shape = shape_of(packing.length(sequence), packing.length(sequence), 0);
      kernels::attend_backward(shape, a.query.data() + at, a.key.data() + at, a.value.data() + at, a.mixed.data() + at,
                               w.dmixed.data() + at, a.maximum.data() + saved, a.scale.data() + saved,
                               {w.dquery.data() + at, w.dkey.data() + at, w.dvalue.data() + at},
                               dropout_of(frame, first, head), w.scratch[worker].data());
    });
    span.end();
    const auto part = [&](auto child, auto& gradient, kernels::Store store) {
      const Rows<const float, width> d(gradient, rows);
      Projection::backward(child, x, d, no_gradient);
      if constexpr (wants_gradient<Gradient>) Projection::backward_input(child, d, dx, store);
    };
    part(frame.child(INLAY_PART(query)), w.dquery, kernels::Store::assign);
    part(frame.child(INLAY_PART(key)), w.dkey, kernels::Store::accumulate);
    part(frame.child(INLAY_PART(value)), w.dvalue, kernels::Store::accumulate);
  }

  // weights[i][j]: how much row i of a sequence attended to key j, from the activations of a finished forward pass.
  template <class Frame>
  static void inspect(const Frame& frame, size_t sequence, size_t head, View<float, C.context, C.context> weights) {
    auto& a = frame.activations;
    const Packing& packing = frame.call.packing;
    const size_t length = packing.length(sequence);
    const size_t first = packing.begin(sequence);
    const kernels::AttentionShape shape = shape_of(length, length, 0);
    kernels::fill(weights.size(), 0.0f, weights.data());
    for (size_t i = 0; i < length; ++i) {
      const float* const q = a.query.data() + (first + i) * width + head * head_width;
      const float greatest = a.maximum(head, first + i);
      const float scale = a.scale(head, first + i);
      for (size_t j = 0; j < shape.visible(i + 1); ++j) {
        const float* const k = a.key.data() + (first + j) * width + head * head_width;
        float score = 0.0f;
        for (size_t d = 0; d < head_width; ++d) score = simd::fma(q[d], k[d], score);
        weights(i, j) = simd::exp(score * shape.scale - greatest) * scale;
      }
    }
  }

  template <class F, class... P>
  static void visit(F&& f, const Path& path, P&... parts) {
    Projection::visit(f, path / "query", parts.query...);
    Projection::visit(f, path / "key", parts.key...);
    Projection::visit(f, path / "value", parts.value...);
    Projection::visit(f, path / "output", parts.output...);
  }
  static void initialize(Parameters& p, const Initializer& initializer, const Path& path) {
    initialize_scaled(p, initializer, path, 0.02f);
  }
  // The output projection begins with its own deviation: what adds to a residual stream begins smaller in deep models.
  static void initialize_scaled(Parameters& p, const Initializer& initializer, const Path& path,
                                float output_deviation) {
    Projection::initialize(p.query, initializer, path / "query");
    Projection::initialize(p.key, initializer, path / "key");
    Projection::initialize(p.value, initializer, path / "value");
    Projection::initialize_scaled(p.output, initializer, path / "output", output_deviation);
  }

 private:
  // For each pair of a row and a key that it sees: forward is two products, backward four and one that is repeated,
  // which is not counted.
  static Work work(const Packing& packing, size_t operations_of_pair) {
    size_t pairs = 0;
    for (size_t s = 0; s < packing.count; ++s) {
      const size_t length = packing.length(s);
      pairs += length * packing.start(s) + (C.causal ? length * (length + 1) / 2 : length * length);
    }
    return {operations_of_pair * width * pairs, 0};
  }
  static kernels::AttentionShape shape_of(size_t rows, size_t keys, size_t start) {
    const float scale = 1.0f / simd::sqrt(static_cast<float>(head_width));
    return {rows, keys, start, head_width, width, width, scale, C.causal};
  }

  template <class Frame>
  static kernels::AttentionDropout dropout_of(const Frame& frame, size_t first, size_t head) {
    if (C.dropout == 0.0f || !frame.call.training) return {};
    return {C.dropout, frame.call.random, frame.stream.child("weights", head).value, frame.call.first_row + first};
  }

  // f(sequence, head, worker) for all of them, in parallel where the executor is.
  template <class Frame, class F>
  static void for_each_head(const Frame& frame, F&& f) {
    const size_t workers = std::size(frame.workspace.scratch);
    for_each_in_lanes(frame.executor, frame.call.packing.count * C.heads, workers,
                      [&](size_t task, size_t worker) { f(task / C.heads, task % C.heads, worker); });
  }

  template <class Frame>
  static void attend_all(const Frame& frame) {
    auto& a = frame.activations;
    const Span span(frame.executor, "attention", work(frame.call.packing, 4));
    for_each_head(frame, [&](size_t sequence, size_t head, size_t worker) {
      const Packing& packing = frame.call.packing;
      INLAY_ASSERT(packing.length(sequence) <= C.context);
      const size_t first = packing.begin(sequence);
      const size_t at = first * width + head * head_width;
      const size_t saved = head * a.maximum.shape[1] + first;
      const kernels::AttentionShape shape = shape_of(packing.length(sequence), packing.length(sequence), 0);
      kernels::attend(shape, a.query.data() + at, a.key.data() + at, a.value.data() + at, a.mixed.data() + at,
                      a.maximum.data() + saved, a.scale.data() + saved, dropout_of(frame, first, head),
                      frame.workspace.scratch[worker].data());
    });
  }

  template <class Frame>
  static void attend_cached(const Frame& frame) {
    static_assert(C.causal, "inlay: a key/value cache belongs to causal attention");
    auto& a = frame.activations;
    auto& state = frame.state;
    const Span span(frame.executor, "attention", work(frame.call.packing, 4));
    for_each_head(frame, [&](size_t sequence, size_t head, size_t worker) {
      const Packing& packing = frame.call.packing;
      const size_t rows = packing.length(sequence);
      const size_t start = packing.start(sequence);
      INLAY_ASSERT(start + rows <= C.context);
      const size_t at = packing.begin(sequence) * width + head * head_width;
      float* const keys = &state.key(sequence, head, 0);
      float* const values = &state.value(sequence, head, 0, 0);
      for (size_t i = 0; i < rows; ++i) {
        kernels::append_key(start + i, head_width, a.key.data() + at + i * width, keys);
        kernels::copy(head_width, a.value.data() + at + i * width, values + (start + i) * head_width);
      }
      kernels::AttentionShape shape = shape_of(rows, start + rows, start);
      shape.key_stride = head_width;
      kernels::attend_cached(shape, a.query.data() + at, keys, values, a.mixed.data() + at,
                             frame.workspace.scratch[worker].data());
    });
  }
};

}  // namespace inlay::inline INLAY_ABI
