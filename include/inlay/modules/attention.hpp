#pragma once
// Multi-head attention over packed sequences: Attention looks at its own sequence, CrossAttention at a memory.
//
//   Q = x W_Q + b_Q,  K = m W_K + b_K,  V = m W_V + b_V           x: rows x width;  m: x itself, or Call::memory
//   head h:  O_h = softmax(scale Q_h K_g^T + B_h, masked) V_g     g = h key_value_heads / heads
//   y = concat(O_1 ... O_heads) W_O + b_O
//
// Every field of AttentionConfig is resolved at compile time; what is not asked for costs nothing:
//   key_value_heads    groups of query heads share keys and values: grouped-query attention; 1: multi-query
//   head_width, scale  need not be width / heads and 1 / sqrt(head_width)
//   window             a row sees keys less than this many positions away
//   positions          rotary: Q and K are turned by their positions (kernels/rotary.hpp); alibi, buckets: B_h is a
//                      function of the distance (kernels/relative_positions.hpp), trained for buckets
//   query_key_norm     each head of Q and of K is normalised, x / sqrt(mean(x^2) + epsilon) * gain, before it is turned
//
// Sequences of different lengths lie one after the other; no work is spent on padding, so there is no padding mask. A
// task is a group of heads of one sequence; with trained buckets, backward takes all sequences of a group as one task,
// so that their gradient is summed in order.
//
// Saved for backward: Q, K, V, O and two numbers for each row and head (and Q, K before their normalisation), so memory
// grows linearly with the context; the weights are computed again (kernels/attention.hpp).
//
// With a State (generation) the keys and values of earlier calls come from the cache and the new ones are added to it;
// row i of sequence s then stands at position starts[s] + i. CrossAttention keeps those of the memory: a call with
// Memory::values fills the cache, later ones without use it. The result has the bits of the full pass.
//
// With a window the cache holds what 16 rows see between them, whatever the context: keys move down by 16 places each
// time 16 rows have gone by, so that each keeps its lane in the sums of a row. A call then goes on exactly where the
// last one ended, or begins at 0. Nothing ends at the context but rotary positions, whose table does: without those,
// settles_at is the window.
//
// inspect() computes the weights of one head again, for looking at, after a forward pass without a State.
//
// The gradient of trained buckets is summed over a pass, then added to what earlier passes left.
//
// Source: Vaswani et al., "Attention Is All You Need", 2017, section 3.2; Shazeer, "Fast Transformer Decoding", 2019
// (multi-query); Ainslie et al., "GQA", 2023; Beltagy et al., "Longformer", 2020, section 3.1 (window); Henry et al.,
// "Query-Key Normalization for Transformers", 2020, here with a root mean square as in later models.

#include <inlay/config.hpp>
#include <inlay/kernels/attention.hpp>
#include <inlay/kernels/attention_backward.hpp>
#include <inlay/modules/attention_config.hpp>
#include <inlay/modules/attention_positions.hpp>
#include <inlay/modules/linear.hpp>
#include <inlay/modules/module.hpp>
#include <inlay/modules/normalization.hpp>

namespace inlay::inline INLAY_ABI {

namespace detail {

template <AttentionConfig C, bool Cross>
struct MultiHeadAttention {
  static_assert(C.heads > 0, "inlay: attention has at least one head");
  static_assert(
      C.heads == 0 || C.head_width > 0 || C.width % C.heads == 0,
      "inlay: the heads of an attention must divide its width; choose heads so that width is a multiple of it");
  static_assert(C.context > 0, "inlay: attention sees a context of at least one position");
  static_assert(C.dropout >= 0.0f && C.dropout < 1.0f, "inlay: a dropout rate is at least 0 and less than 1");
  static_assert(C.key_value_heads == 0 || C.heads % (C.key_value_heads > 0 ? C.key_value_heads : 1) == 0,
                "inlay: the heads of an attention are shared out evenly; choose key_value_heads so that heads is a "
                "multiple of it");

  static constexpr size_t width = C.width;
  static constexpr size_t heads = C.heads;
  static constexpr size_t head_width = C.head_width > 0 ? C.head_width : C.heads > 0 ? C.width / C.heads : 1;
  static constexpr size_t groups = C.key_value_heads > 0 ? C.key_value_heads : C.heads;
  static constexpr size_t group_heads = groups > 0 ? C.heads / groups : 1;
  static constexpr size_t query_width = C.heads * head_width;
  static constexpr size_t key_width = groups * head_width;
  static constexpr size_t memory_width = Cross && C.memory_width > 0 ? C.memory_width : C.width;
  static constexpr size_t memory_context = Cross && C.memory_context > 0 ? C.memory_context : C.context;

  // Copies, because Clang 16 reads floats of a template argument wrongly at run time where two stand side by side.
  static constexpr float dropout = C.dropout;
  static constexpr float own_scale = C.scale;

  static constexpr bool causal = C.causal && !Cross;
  using Positions = AttentionPositions<C, head_width, causal>;
  static constexpr size_t turned = Positions::turned;
  static constexpr bool learns_bias = Positions::learns_bias;
  static constexpr bool biased = Positions::biased;
  static constexpr size_t window = C.window < C.context ? C.window : 0;  // one that holds the whole context is none
  static constexpr kernels::AttentionKind kind{.windowed = window > 0, .biased = biased};
  // Keys that a cache holds: with a window those of a group of 16 rows and, down to a multiple of 16, those before.
  static constexpr bool slides = window > 0 && causal;
  static constexpr size_t cached_keys = slides ? (window + 30 + 15) / 16 * 16 : memory_context;
  static constexpr size_t packed_floats = kernels::packed_keys_floats(cached_keys, head_width);
  static constexpr bool ends_at_context = !slides || C.positions == RelativePositions::rotary;
  static constexpr size_t settles_at = ends_at_context ? never_settles : window;
  static_assert(!Cross || (C.positions == RelativePositions::none && C.window == 0),
                "inlay: cross-attention has neither relative positions nor a window, as its two sequences share no "
                "positions");

  using Input = Reals<width>;
  using Output = Reals<width>;
  static constexpr Bias bias = C.biases ? Bias::yes : Bias::no;
  using Query = Linear<width, query_width, bias>;
  using Key = Linear<memory_width, key_width, bias>;
  using Mix = Linear<query_width, width, bias>;
  using HeadNorm = RmsNorm<NormConfig{.width = head_width, .bias = false, .epsilon = C.epsilon}>;

  struct Projections {
    typename Query::Parameters query;
    typename Key::Parameters key, value;
    typename Mix::Parameters output;
  };
  struct HeadNorms {
    typename HeadNorm::Parameters query_norm, key_norm;
  };
  template <class... Parts>
  struct Together : Parts... {};
  struct NoNorms {};
  struct NoBuckets {};
  // An aggregate with bases only where there is more than the projections.
  using Parameters =
      std::conditional_t<C.query_key_norm || learns_bias,
                         Together<Projections, std::conditional_t<C.query_key_norm, HeadNorms, NoNorms>,
                                  std::conditional_t<learns_bias, typename Positions::Buckets, NoBuckets>>,
                         Projections>;

  using Buffers = typename Positions::Buffers;

  template <size_t Sequences>
  struct Cache {
    Tensor<float, Sequences, groups, packed_floats> key;  // packed in groups of 16 positions
    Tensor<float, Sequences, groups, cached_keys, head_width> value;
  };
  template <size_t Sequences>
  struct MemoryCache : Cache<Sequences> {
    Tensor<std::uint32_t, Sequences> length;
  };
  template <size_t Sequences>
  using State = std::conditional_t<Cross, MemoryCache<Sequences>, Cache<Sequences>>;

  template <Extent E>
  static constexpr size_t key_rows = Cross ? E.memory_rows : E.rows;
  template <Extent E>
  struct PlainActivations {
    Tensor<float, E.rows, query_width> query;
    Tensor<float, key_rows<E>, key_width> key, value;
    Tensor<float, E.rows, query_width> mixed;  // O: the input of the output projection
    Tensor<float, heads, E.rows> maximum, scale;
  };
  template <Extent E>
  static constexpr Extent of_heads(size_t rows, size_t count) {
    return {rows * count, E.workers, E.training, E.recompute};
  }
  template <Extent E>
  struct NormedActivations : PlainActivations<E> {
    Tensor<float, E.rows, query_width> plain_query;  // before their normalisation
    Tensor<float, key_rows<E>, key_width> plain_key;
    ActivationsOf<HeadNorm, of_heads<E>(E.rows, heads)> query_norm;
    ActivationsOf<HeadNorm, of_heads<E>(key_rows<E>, groups)> key_norm;
  };
  template <Extent E>
  using Activations = std::conditional_t<C.query_key_norm, NormedActivations<E>, PlainActivations<E>>;

  // Forward's grows with the context; backward takes the keys in blocks, and needs more only for a short one.
  static constexpr size_t forward_floats =
      kernels::attention_floats(cached_keys > memory_context ? cached_keys : memory_context, head_width);
  static constexpr size_t backward_floats = kernels::attention_backward_floats(memory_context, head_width);
  // One scratch for each worker; the gradients of Q, K and V are shared.
  template <Extent E>
  struct TrainingWorkspace {
    Tensor<float, (forward_floats > backward_floats ? forward_floats : backward_floats)> scratch[E.workers];
    Tensor<float, E.rows, query_width> dquery;
    Tensor<float, key_rows<E>, key_width> dkey, dvalue;
    Tensor<float, E.rows, query_width> dmixed;
    INLAY_NO_UNIQUE_ADDRESS typename Positions::template Workspace<E> relative;
  };
  // Too few rows for a tile: those of a stream, against the cache, or against each other without one.
  template <Extent E>
  static constexpr size_t inference_floats = [] {
    if (Cross || E.rows >= kernels::detail::least_tile_rows) return forward_floats;
    const size_t without = kernels::attention_floats(E.rows, head_width);
    const size_t with = E.rows * kernels::detail::round_up_16(cached_keys);
    return with > without ? with : without;
  }();
  template <Extent E>
  struct InferenceWorkspace {
    Tensor<float, inference_floats<E>> scratch[E.workers];
    INLAY_NO_UNIQUE_ADDRESS typename Positions::template Workspace<E> relative;
  };
  template <Extent E>
  using Workspace = std::conditional_t<E.training, TrainingWorkspace<E>, InferenceWorkspace<E>>;

  template <class Frame>
  static void forward(const Frame& frame, Rows<const float, width> x, Rows<float, width> y) {
    constexpr bool cached = !std::is_same_v<std::remove_cvref_t<decltype(frame.state)>, Empty>;
    auto& a = frame.activations;
    const size_t rows = x.count();
    if constexpr (Cross)
      INLAY_ASSERT(frame.call.memory.values != nullptr ? frame.call.memory.packing.count == frame.call.packing.count
                                                       : cached);
    Query::forward(frame.child(INLAY_PART(query)), x, Rows<float, query_width>(plain_query(a), rows));
    prepare(frame, INLAY_PART(query_norm), frame.call.packing, plain_query(a), a.query);
    if (!(cached && Cross) || frame.call.memory.values != nullptr) {
      const Rows<const float, memory_width> memory = memory_of(frame, x);
      Key::forward(frame.child(INLAY_PART(key)), memory, Rows<float, key_width>(plain_key(a), memory.count()));
      Key::forward(frame.child(INLAY_PART(value)), memory, Rows<float, key_width>(a.value, memory.count()));
      prepare(frame, INLAY_PART(key_norm), keys_of(frame), plain_key(a), a.key);
    }
    Positions::spread(frame);
    if constexpr (!cached)
      attend_all(frame);
    else
      attend_cached(frame);
    Mix::forward(frame.child(INLAY_PART(output)), Rows<const float, query_width>(a.mixed, rows), y);
  }

  template <class Frame, class Gradient>
  static void backward(const Frame& frame, Rows<const float, width> x, Rows<const float, width> dy, Gradient dx) {
    auto& a = frame.activations;
    auto& w = frame.workspace;
    const size_t rows = x.count();
    const Rows<const float, memory_width> memory = memory_of(frame, x);
    Mix::backward(frame.child(INLAY_PART(output)), Rows<const float, query_width>(a.mixed, rows), dy,
                  Rows<float, query_width>(w.dmixed, rows));
    Span span(frame.executor, "attention backward", work(frame, 8));
    kernels::fill(memory.count() * key_width, 0.0f, w.dkey.data());
    kernels::fill(memory.count() * key_width, 0.0f, w.dvalue.data());
    Positions::spread(frame);
    Positions::begin_gradients(frame);
    const auto group_of = [&](size_t sequence, size_t group, size_t worker) {
      const Packing& packing = frame.call.packing;
      const size_t first = packing.begin(sequence);
      const size_t key_at = keys_of(frame).begin(sequence) * key_width + group * head_width;
      for (size_t head = group * group_heads; head < (group + 1) * group_heads; ++head) {
        const size_t at = first * query_width + head * head_width;
        const size_t saved = head * a.maximum.shape[1] + first;
        kernels::attend_backward<kind>(shape_of(frame, sequence, head), a.query.data() + at, a.key.data() + key_at,
                                       a.value.data() + key_at, a.mixed.data() + at, w.dmixed.data() + at,
                                       a.maximum.data() + saved, a.scale.data() + saved,
                                       {w.dquery.data() + at, w.dkey.data() + key_at, w.dvalue.data() + key_at,
                                        Positions::bias_gradient(frame, head)},
                                       dropout_of(frame, first, head), w.scratch[worker].data());
      }
    };
    if constexpr (learns_bias) {
      for_each_in_lanes(frame.executor, groups, std::size(w.scratch), [&](size_t group, size_t worker) {
        for (size_t s = 0; s < frame.call.packing.count; ++s) group_of(s, group, worker);
      });
      Positions::gather_gradients(frame);
    } else {
      for_each_group(frame, group_of);
    }
    prepare_backward(frame, INLAY_PART(query_norm), frame.call.packing, plain_query(a), w.dquery);
    prepare_backward(frame, INLAY_PART(key_norm), keys_of(frame), plain_key(a), w.dkey);
    span.end();

    const Rows<const float, query_width> dquery(w.dquery, rows);
    const Rows<const float, key_width> dkey(w.dkey, memory.count()), dvalue(w.dvalue, memory.count());
    const auto query = frame.child(INLAY_PART(query));
    const auto key = frame.child(INLAY_PART(key));
    const auto value = frame.child(INLAY_PART(value));
    Query::backward(query, x, dquery, no_gradient);
    if constexpr (wants_gradient<Gradient>) Query::backward_input(query, dquery, dx);
    const auto of_memory = [&](const auto& child, const auto& d) {
      Key::backward(child, memory, d, no_gradient);
      if constexpr (Cross) {
        if (frame.call.memory.gradient != nullptr)
          Key::backward_input(child, d, Rows<float, memory_width>(frame.call.memory.gradient, memory.count()),
                              kernels::Store::accumulate);
      } else if constexpr (wants_gradient<Gradient>) {
        Key::backward_input(child, d, dx, kernels::Store::accumulate);
      }
    };
    of_memory(key, dkey);
    of_memory(value, dvalue);
  }

  // weights[i][j]: how much row i of a sequence attended to key j, from the activations of a finished forward pass.
  template <class Frame>
  static void inspect(const Frame& frame, size_t sequence, size_t head,
                      View<float, C.context, memory_context> weights) {
    auto& a = frame.activations;
    const Packing& packing = frame.call.packing;
    const size_t first = packing.begin(sequence);
    const size_t first_key = keys_of(frame).begin(sequence);
    const kernels::AttentionShape shape = shape_of(packing.length(sequence), keys_of(frame).length(sequence), 0);
    kernels::fill(weights.size(), 0.0f, weights.data());
    for (size_t i = 0; i < shape.rows; ++i) {
      const float* const q = a.query.data() + (first + i) * query_width + head * head_width;
      const float greatest = a.maximum(head, first + i);
      const float scale = a.scale(head, first + i);
      for (size_t j = shape.first_key(i); j < shape.visible(i + 1); ++j) {
        const float* const k = a.key.data() + (first_key + j) * key_width + head / group_heads * head_width;
        float score = 0.0f;
        for (size_t d = 0; d < head_width; ++d) score = simd::fma(q[d], k[d], score);
        score *= shape.scale;
        if constexpr (biased) score += Positions::bias_of_pair(frame, head, i, j);
        weights(i, j) = simd::exp(score - greatest) * scale;
      }
    }
  }

  template <class F, class... P>
  static void visit(F&& f, const Path& path, P&... parts) {
    Query::visit(f, path / "query", parts.query...);
    Key::visit(f, path / "key", parts.key...);
    Key::visit(f, path / "value", parts.value...);
    Mix::visit(f, path / "output", parts.output...);
    if constexpr (C.query_key_norm) {
      HeadNorm::visit(f, path / "query_norm", parts.query_norm...);
      HeadNorm::visit(f, path / "key_norm", parts.key_norm...);
    }
    Positions::visit(f, path, parts...);
  }
  template <class S>
  static void copy_sequence(const S& from, size_t i, S& to, size_t j) {
    kernels::copy(groups * packed_floats, &from.key(i, 0, 0), &to.key(j, 0, 0));
    kernels::copy(groups * cached_keys * head_width, &from.value(i, 0, 0, 0), &to.value(j, 0, 0, 0));
    if constexpr (Cross) to.length(j) = from.length(i);
  }
  static void initialize(Parameters& p, const Initializer& initializer, const Path& path) {
    initialize_scaled(p, initializer, path, 0.02f);
  }
  // The output projection begins with its own deviation: what adds to a residual stream begins smaller in deep models.
  static void initialize_scaled(Parameters& p, const Initializer& initializer, const Path& path,
                                float output_deviation) {
    Query::initialize(p.query, initializer, path / "query");
    Key::initialize(p.key, initializer, path / "key");
    Key::initialize(p.value, initializer, path / "value");
    Mix::initialize_scaled(p.output, initializer, path / "output", output_deviation);
    if constexpr (C.query_key_norm) {
      HeadNorm::initialize(p.query_norm, initializer, path / "query_norm");
      HeadNorm::initialize(p.key_norm, initializer, path / "key_norm");
    }
    Positions::initialize(p, initializer, path);
  }
  static void initialize_buffers(Buffers& buffers) { Positions::initialize_buffers(buffers); }

 private:
  static float* plain_query(auto& activations) {
    if constexpr (C.query_key_norm)
      return activations.plain_query.data();
    else
      return activations.query.data();
  }
  static float* plain_key(auto& activations) {
    if constexpr (C.query_key_norm)
      return activations.plain_key.data();
    else
      return activations.key.data();
  }
  template <class Frame>
  static Rows<const float, memory_width> memory_of(const Frame& frame, Rows<const float, width> x) {
    if constexpr (Cross)
      return {frame.call.memory.values, frame.call.memory.packing.rows()};
    else
      return x;
  }
  template <class Frame>
  static const Packing& keys_of(const Frame& frame) {
    if constexpr (Cross)
      return frame.call.memory.packing;
    else
      return frame.call.packing;
  }

  // Q or K from its projection: normalised and turned.
  template <class Frame, class Select, class T>
  static void prepare(const Frame& frame, Part<Select> norm, const Packing& packing, const float* plain, T& to) {
    constexpr size_t columns = T::shape[1];
    if constexpr (C.query_key_norm) {
      const size_t count = packing.rows() * (columns / head_width);
      HeadNorm::forward(frame.child(norm), Rows<const float, head_width>(plain, count),
                        Rows<float, head_width>(to.data(), count));
    }
    Positions::template turn<kernels::Turn::forth, columns>(frame, packing, to.data());
  }
  template <class Frame, class Select, class T>
  static void prepare_backward(const Frame& frame, Part<Select> norm, const Packing& packing, const float* plain,
                               T& gradient) {
    constexpr size_t columns = T::shape[1];
    Positions::template turn<kernels::Turn::back, columns>(frame, packing, gradient.data());
    if constexpr (C.query_key_norm) {
      const Rows<float, head_width> d(gradient.data(), packing.rows() * (columns / head_width));
      HeadNorm::backward(frame.child(norm), Rows<const float, head_width>(plain, d.count()), d, d);
    }
  }
  // For each pair of a row and a key that it sees: forward is two products, backward four and one that is repeated,
  // which is not counted.
  template <class Frame>
  static Work work(const Frame& frame, size_t operations_of_pair) {
    const Packing& packing = frame.call.packing;
    size_t pairs = 0;
    for (size_t s = 0; s < packing.count; ++s) {
      const size_t length = packing.length(s);
      const size_t start = packing.start(s);
      if constexpr (Cross) {
        const Packing& memory = frame.call.memory.packing;
        pairs += length * (memory.count > s ? memory.length(s) : 0);
      } else if constexpr (window > 0) {
        const kernels::AttentionShape shape = shape_of(length, start + length, start);
        for (size_t i = 0; i < length; ++i) pairs += shape.visible(i + 1) - shape.first_key(i);
      } else {
        pairs += length * start + (causal ? length * (length + 1) / 2 : length * length);
      }
    }
    return {operations_of_pair * query_width * pairs, 0};
  }
  static kernels::AttentionShape shape_of(size_t rows, size_t keys, size_t start) {
    const float scale = own_scale != 0.0f ? own_scale : 1.0f / simd::sqrt(static_cast<float>(head_width));
    return {rows, keys, start, head_width, query_width, key_width, scale, causal, window};
  }
  // Of a call without a cache.
  template <class Frame>
  static kernels::AttentionShape shape_of(const Frame& frame, size_t sequence, size_t head) {
    return with_bias(frame, head, shape_of(frame.call.packing.length(sequence), keys_of(frame).length(sequence), 0));
  }
  template <class Frame>
  static kernels::AttentionShape with_bias(const Frame& frame, size_t head, kernels::AttentionShape shape) {
    shape.bias = Positions::bias(frame, head);
    return shape;
  }

  template <class Frame>
  static kernels::AttentionDropout dropout_of(const Frame& frame, size_t first, size_t head) {
    if (dropout == 0.0f || !frame.call.training) return {};
    return {dropout, frame.call.random, frame.stream.child("weights", head).value, frame.call.first_row + first};
  }

  // f(sequence, group, worker) for all of them, in parallel where the executor is.
  template <class Frame, class F>
  static void for_each_group(const Frame& frame, F&& f) {
    const size_t workers = std::size(frame.workspace.scratch);
    for_each_in_lanes(frame.executor, frame.call.packing.count * groups, workers,
                      [&](size_t task, size_t worker) { f(task / groups, task % groups, worker); });
  }

  template <class Frame>
  static void attend_all(const Frame& frame) {
    auto& a = frame.activations;
    const Span span(frame.executor, "attention", work(frame, 4));
    for_each_group(frame, [&](size_t sequence, size_t group, size_t worker) {
      const Packing& packing = frame.call.packing;
      INLAY_ASSERT(packing.length(sequence) <= C.context && keys_of(frame).length(sequence) <= memory_context);
      const size_t first = packing.begin(sequence);
      const size_t key_at = keys_of(frame).begin(sequence) * key_width + group * head_width;
      for (size_t head = group * group_heads; head < (group + 1) * group_heads; ++head) {
        const size_t at = first * query_width + head * head_width;
        const size_t saved = head * a.maximum.shape[1] + first;
        kernels::attend<kind>(shape_of(frame, sequence, head), a.query.data() + at, a.key.data() + key_at,
                              a.value.data() + key_at, a.mixed.data() + at, a.maximum.data() + saved,
                              a.scale.data() + saved, dropout_of(frame, first, head),
                              frame.workspace.scratch[worker].data());
      }
    });
  }

  template <class Frame>
  static void attend_cached(const Frame& frame) {
    static_assert(C.causal || Cross, "inlay: a key/value cache belongs to causal attention");
    const Span span(frame.executor, "attention", work(frame, 4));
    for_each_group(frame, [&](size_t sequence, size_t group, size_t worker) {
      const Packing& packing = frame.call.packing;
      const size_t rows = packing.length(sequence);
      const size_t start = packing.start(sequence);
      INLAY_ASSERT(Cross || !ends_at_context || start + rows <= C.context);
      if constexpr (Cross) {
        const Packing& memory = frame.call.memory.packing;
        size_t keys = 0;
        if (frame.call.memory.values != nullptr) {
          keys = memory.length(sequence);
          INLAY_ASSERT(keys <= memory_context);
          remember(frame, sequence, group, memory.begin(sequence), keys, 0);
          if (group == 0) frame.state.length(sequence) = static_cast<std::uint32_t>(keys);  // read by later calls alone
        } else {
          keys = frame.state.length(sequence);
        }
        attend_to_cache(frame, sequence, group, worker, packing.begin(sequence), shape_of(rows, keys, 0));
      } else if constexpr (!slides) {
        remember(frame, sequence, group, packing.begin(sequence), rows, start);
        attend_to_cache(frame, sequence, group, worker, packing.begin(sequence), shape_of(rows, start + rows, start));
      } else {
        for (size_t done = 0; done < rows;) {
          const size_t position = start + done;
          const size_t rest = 16 - position % 16;  // of the group of 16 positions
          const size_t count = rows - done < rest ? rows - done : rest;
          const size_t first = first_cached(position - position % 16);
          if (position % 16 == 0 && position > 0 && first > first_cached(position - 16))
            move_down(frame, sequence, group);
          remember(frame, sequence, group, packing.begin(sequence) + done, count, position - first);
          attend_to_cache(frame, sequence, group, worker, packing.begin(sequence) + done,
                          shape_of(count, position - first + count, position - first));
          done += count;
        }
      }
    });
  }
  // With a window: the position whose key is the first in the cache for the 16 rows from `position` on.
  static size_t first_cached(size_t position) { return position < window ? 0 : (position + 1 - window) / 16 * 16; }
  template <class Frame>
  static void move_down(const Frame& frame, size_t sequence, size_t group) {
    float* const keys = &frame.state.key(sequence, group, 0);
    float* const values = &frame.state.value(sequence, group, 0, 0);
    constexpr size_t floats = 16 * head_width;  // of 16 keys, and of 16 values
    kernels::copy((cached_keys - 16) * head_width, keys + floats, keys);
    kernels::copy((cached_keys - 16) * head_width, values + floats, values);
  }
  // `count` keys and values of this call from a row on, into the cache from a place on.
  template <class Frame>
  static void remember(const Frame& frame, size_t sequence, size_t group, size_t row, size_t count, size_t place) {
    auto& a = frame.activations;
    float* const keys = &frame.state.key(sequence, group, 0);
    float* const values = &frame.state.value(sequence, group, 0, 0);
    const size_t at = row * key_width + group * head_width;
    for (size_t i = 0; i < count; ++i) {
      kernels::append_key(place + i, head_width, a.key.data() + at + i * key_width, keys);
      kernels::copy(head_width, a.value.data() + at + i * key_width, values + (place + i) * head_width);
    }
  }
  // The heads of a group, for the rows of this call from `row` on.
  template <class Frame>
  static void attend_to_cache(const Frame& frame, size_t sequence, size_t group, size_t worker, size_t row,
                              kernels::AttentionShape shape) {
    auto& a = frame.activations;
    shape.key_stride = head_width;
    for (size_t head = group * group_heads; head < (group + 1) * group_heads; ++head) {
      const size_t at = row * query_width + head * head_width;
      kernels::attend_cached<kind>(with_bias(frame, head, shape), a.query.data() + at,
                                   &frame.state.key(sequence, group, 0), &frame.state.value(sequence, group, 0, 0),
                                   a.mixed.data() + at, frame.workspace.scratch[worker].data());
    }
  }
};

}  // namespace detail

template <AttentionConfig C>
using Attention = detail::MultiHeadAttention<C, false>;
// Its keys and values come from Call::memory, one sequence of it for each sequence of the call.
template <AttentionConfig C>
using CrossAttention = detail::MultiHeadAttention<C, true>;

}  // namespace inlay::inline INLAY_ABI
