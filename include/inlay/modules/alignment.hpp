#pragma once
// The attention of a sequence-to-sequence model: rows of a decoder look at rows of a memory (an encoder's outputs).
//
//   e_ij = v^T tanh(q_i W + b + m_j U)   additive: AdditiveAttention
//   e_ij = (q_i W) m_j^T                 multiplicative ("general"): MultiplicativeAttention
//   a_i  = softmax_j(e_ij) over the memory of i's sequence,   y_i = sum_j a_ij m_j
//
//   q: rows x query; m: memory rows x memory; y: rows x memory
//   additive:        query.weight W [query][hidden], query.bias b [hidden], memory.weight U [memory][hidden],
//                    energy.weight v [hidden][1]
//   multiplicative:  query.weight W [query][memory]
//
//   backward: da_ij = dy_i m_j^T,  de_ij = a_ij (da_ij - sum_k a_ik da_ik),  dm_j = sum_i a_ij dy_i + (through e_ij)
//
// Two inputs, so neither is a Module: a model that has both calls them.
//
//   forward(frame, q, m, packing_of_m, y)                      the rows of q are packed as frame.call says, those of m
//   backward(frame, q, m, packing_of_m, dy, dq, dm)            as packing_of_m; sequence s of one belongs to s of the
//                                                              other. dq and dm are assigned, or no_gradient.
//   prepare(frame, m), then attend(frame, q, m, packing_of_m, y) = forward, for a decoder that steps row by row: the
//                                                              memory is projected once, while the activations live.
//
// With a State (generation) keep(frame, m, packing_of_m) prepares a memory for each sequence of the call and keeps it;
// in later calls attend(frame, q, y) looks at what is kept. Its rows have the bits of forward's.
//
// frame.activations.weights(i, j) is a_ij after forward, j counted from the first memory row of i's sequence, 0 beyond
// its last: the picture of an alignment. Saved for backward: the weights, q W + b (and m U where additive).
//
// A row's bits depend neither on the other rows nor on threads: scores have 16 lanes (additive) or are chains, and y is
// a chain over j. Room for memory rows is the Extent's, or the second argument of Activations and Workspace.
//
// A new one has W, U and v from N(0, 1 / inputs), b = 0.
//
// Source: Bahdanau, Cho, Bengio, "Neural Machine Translation by Jointly Learning to Align and Translate", 2015, section
// 3.1; Luong, Pham, Manning, "Effective Approaches to Attention-based Neural Machine Translation", 2015, section 3.1.

#include <inlay/config.hpp>
#include <inlay/kernels/alignment.hpp>
#include <inlay/kernels/softmax.hpp>
#include <inlay/modules/linear.hpp>
#include <inlay/modules/module.hpp>

namespace inlay::inline INLAY_ABI {

struct AdditiveAttentionConfig {
  size_t query;
  size_t memory;
  size_t hidden;
  size_t context;  // the longest memory of a sequence
  bool biases = true;
};
struct MultiplicativeAttentionConfig {
  size_t query;
  size_t memory;
  size_t context;  // the longest memory of a sequence
};

namespace detail {

// What both have: weights from scores, and y; the sequences of a call in parallel.
template <size_t MemoryWidth, size_t Context>
struct Alignment {
  static_assert(MemoryWidth > 0 && Context > 0,
                "inlay: attention over a memory needs memory rows of width at least 1, and room for at least one");

  template <size_t Sequences>
  struct KeptMemory {
    Tensor<float, Sequences, Context, MemoryWidth> memory;
    Tensor<std::uint32_t, Sequences> length;
  };
  template <class Frame>
  static void keep_memory(const Frame& frame, Rows<const float, MemoryWidth> memory, const Packing& memory_packing) {
    INLAY_ASSERT(memory.count() == memory_packing.rows() && frame.call.packing.count == memory_packing.count);
    for (size_t s = 0; s < memory_packing.count; ++s) {
      INLAY_ASSERT(memory_packing.length(s) <= Context);
      frame.state.length(s) = static_cast<std::uint32_t>(memory_packing.length(s));
    }
    keep_rows(memory_packing, memory, frame.state.memory);
  }
  template <size_t Width, size_t Sequences>
  static void keep_rows(const Packing& packing, Rows<const float, Width> from,
                        Tensor<float, Sequences, Context, Width>& to) {
    for (size_t s = 0; s < packing.count; ++s)
      kernels::copy(packing.length(s) * Width, from.data() + packing.begin(s) * Width, &to(s, 0, 0));
  }
  template <class S>
  static void copy_memory(const S& from, size_t i, S& to, size_t j) {
    to.length(j) = from.length(i);
    kernels::copy(from.length(i) * MemoryWidth, &from.memory(i, 0, 0), &to.memory(j, 0, 0));
  }
  // Where the memories lie that are kept: a Packing with gaps.
  template <class S>
  struct KeptPacking {
    const S& state;
    static size_t begin(size_t sequence) { return sequence * Context; }
    size_t length(size_t sequence) const { return state.length(sequence); }
  };

  // Sequence s of the rows and of the memory.
  struct Part {
    size_t first, rows, first_memory, memory;
  };
  // `memories` is a Packing, or a KeptPacking.
  template <class Frame, class Memories, class F>
  static void for_each_sequence(const Frame& frame, const Memories& memories, F&& f) {
    const Packing& packing = frame.call.packing;
    parallel::for_each_block(frame.executor, packing.count, 1, [&](size_t first, size_t count) {
      for (size_t s = first; s < first + count; ++s) {
        INLAY_ASSERT(memories.length(s) <= Context);
        f(Part{packing.begin(s), packing.length(s), memories.begin(s), memories.length(s)});
      }
    });
  }
  // Pairs of a row and a memory row.
  template <class Memories>
  static size_t pairs(const Packing& packing, const Memories& memories) {
    size_t count = 0;
    for (size_t s = 0; s < packing.count; ++s) count += packing.length(s) * memories.length(s);
    return count;
  }

  // Scores become weights; y = A m.
  static void mix(const Part& part, float* weights, const float* memory, float* y) {
    using kernels::Form;
    for (size_t i = 0; i < part.rows; ++i) {
      float* const row = weights + i * Context;
      kernels::softmax(1, part.memory, row, row);
      kernels::fill(Context - part.memory, 0.0f, row + part.memory);
    }
    kernels::matmul<Form::plain, Form::plain>(part.rows, MemoryWidth, part.memory, weights, Context, memory,
                                              MemoryWidth, y, MemoryWidth);
  }
  // de, and dm as far as it does not go through the scores.
  template <class Gradient>
  static void mix_backward(const Part& part, const float* weights, const float* memory, const float* dy, float* dscores,
                           Gradient dmemory) {
    using kernels::Form;
    kernels::matmul<Form::plain, Form::transposed>(part.rows, part.memory, MemoryWidth, dy, MemoryWidth, memory,
                                                   MemoryWidth, dscores, Context);
    for (size_t i = 0; i < part.rows; ++i)
      kernels::softmax_backward(1, part.memory, weights + i * Context, dscores + i * Context, dscores + i * Context);
    if constexpr (wants_gradient<Gradient>)
      kernels::matmul<Form::transposed, Form::plain>(part.memory, MemoryWidth, part.rows, weights, Context, dy,
                                                     MemoryWidth, dmemory.data() + part.first_memory * MemoryWidth,
                                                     MemoryWidth);
  }
};

}  // namespace detail

template <AdditiveAttentionConfig C>
struct AdditiveAttention : private detail::Alignment<C.memory, C.context> {
  static_assert(C.query > 0 && C.hidden > 0,
                "inlay: additive attention needs a query width and a hidden width of at least 1");
  using Shared = detail::Alignment<C.memory, C.context>;
  using Part = typename Shared::Part;
  static constexpr size_t query_width = C.query;
  static constexpr size_t memory_width = C.memory;
  static constexpr size_t hidden = C.hidden;

  using QueryProjection = Linear<C.query, hidden, C.biases ? Bias::yes : Bias::no>;
  using MemoryProjection = Linear<C.memory, hidden, Bias::no>;
  struct Energy {
    Tensor<float, hidden, 1> weight;
  };
  struct Parameters {
    typename QueryProjection::Parameters query;
    typename MemoryProjection::Parameters memory;
    Energy energy;
  };

  template <size_t Sequences>
  struct State : Shared::template KeptMemory<Sequences> {
    Tensor<float, Sequences, C.context, hidden> projected;
  };
  template <Extent E, size_t MemoryRows = E.rows>
  struct Activations {
    Tensor<float, E.rows, hidden> query;
    Tensor<float, MemoryRows, hidden> memory;
    Tensor<float, E.rows, C.context> weights;
  };
  template <Extent E, size_t MemoryRows>
  struct TrainingWorkspace {
    Tensor<float, E.rows, hidden> dquery, denergy;  // dv of each row, added up in order
    Tensor<float, MemoryRows, hidden> dmemory;
    Tensor<float, E.rows, C.context> dscores;
  };
  template <Extent E, size_t MemoryRows = E.rows>
  using Workspace = std::conditional_t<E.training, TrainingWorkspace<E, MemoryRows>, Empty>;

  template <class Frame>
  static void forward(const Frame& frame, Rows<const float, C.query> query, Rows<const float, C.memory> memory,
                      const Packing& memory_packing, Rows<float, C.memory> y) {
    prepare(frame, memory);
    attend(frame, query, memory, memory_packing, y);
  }
  template <class Frame>
  static void prepare(const Frame& frame, Rows<const float, C.memory> memory) {
    MemoryProjection::forward(frame.child(INLAY_PART(memory)), memory,
                              Rows<float, hidden>(frame.activations.memory, memory.count()));
  }
  template <class Frame>
  static void attend(const Frame& frame, Rows<const float, C.query> query, Rows<const float, C.memory> memory,
                     const Packing& memory_packing, Rows<float, C.memory> y) {
    INLAY_ASSERT(memory.count() == memory_packing.rows() && frame.call.packing.count == memory_packing.count);
    attend_to(frame, query, memory_packing, frame.activations.memory.data(), memory.data(), y);
  }
  template <class Frame>
  static void keep(const Frame& frame, Rows<const float, C.memory> memory, const Packing& memory_packing) {
    prepare(frame, memory);
    Shared::keep_memory(frame, memory, memory_packing);
    Shared::keep_rows(memory_packing, Rows<const float, hidden>(frame.activations.memory, memory.count()),
                      frame.state.projected);
  }
  template <class Frame>
  static void attend(const Frame& frame, Rows<const float, C.query> query, Rows<float, C.memory> y) {
    const auto& state = frame.state;
    attend_to(frame, query, typename Shared::template KeptPacking<std::remove_cvref_t<decltype(state)>>{state},
              state.projected.data(), state.memory.data(), y);
  }

  template <class Frame, class QueryGradient, class MemoryGradient>
  static void backward(const Frame& frame, Rows<const float, C.query> query, Rows<const float, C.memory> memory,
                       const Packing& memory_packing, Rows<const float, C.memory> dy, QueryGradient dquery,
                       MemoryGradient dmemory) {
    auto& a = frame.activations;
    auto& w = frame.workspace;
    const size_t pairs = Shared::pairs(frame.call.packing, memory_packing);
    Span span(frame.executor, "additive attention backward", {2 * pairs * (3 * hidden + 2 * C.memory), 0});
    kernels::fill(memory.count() * hidden, 0.0f, w.dmemory.data());
    Shared::for_each_sequence(frame, memory_packing, [&](const Part& part) {
      const size_t at = part.first * C.context;
      Shared::mix_backward(part, a.weights.data() + at, memory.data() + part.first_memory * C.memory,
                           dy.data() + part.first * C.memory, w.dscores.data() + at, dmemory);
      for (size_t i = part.first; i < part.first + part.rows; ++i)
        kernels::additive_scores_backward(
            hidden, part.memory, a.query.data() + i * hidden, a.memory.data() + part.first_memory * hidden,
            frame.parameters.energy.weight.data(), w.dscores.data() + i * C.context, w.dquery.data() + i * hidden,
            w.dmemory.data() + part.first_memory * hidden, w.denergy.data() + i * hidden);
    });
    if constexpr (trains<Frame>)
      kernels::add_rows(query.count(), hidden, w.denergy.data(), frame.gradients.energy.weight.data());
    span.end();
    QueryProjection::backward(frame.child(INLAY_PART(query)), query, Rows<const float, hidden>(w.dquery, query.count()),
                              dquery);
    const auto child = frame.child(INLAY_PART(memory));
    const Rows<const float, hidden> d(w.dmemory, memory.count());
    MemoryProjection::backward(child, memory, d, no_gradient);
    MemoryProjection::backward_input(child, d, dmemory, kernels::Store::accumulate);
  }

  template <class S>
  static void copy_sequence(const S& from, size_t i, S& to, size_t j) {
    Shared::copy_memory(from, i, to, j);
    kernels::copy(from.length(i) * hidden, &from.projected(i, 0, 0), &to.projected(j, 0, 0));
  }
  template <class F, class... P>
  static void visit(F&& f, const Path& path, P&... parts) {
    QueryProjection::visit(f, path / "query", parts.query...);
    MemoryProjection::visit(f, path / "memory", parts.memory...);
    f(path / "energy" / "weight", parts.energy.weight...);
  }
  static void initialize(Parameters& p, const Initializer& initializer, const Path& path) {
    const auto deviation = [](size_t inputs) { return 1.0f / simd::sqrt(static_cast<float>(inputs)); };
    QueryProjection::initialize_scaled(p.query, initializer, path / "query", deviation(C.query));
    MemoryProjection::initialize_scaled(p.memory, initializer, path / "memory", deviation(C.memory));
    initializer.normal(path / "energy" / "weight", p.energy.weight, deviation(hidden));
  }

 private:
  template <class Frame, class Memories>
  static void attend_to(const Frame& frame, Rows<const float, C.query> query, const Memories& memories,
                        const float* projected, const float* memory, Rows<float, C.memory> y) {
    auto& a = frame.activations;
    QueryProjection::forward(frame.child(INLAY_PART(query)), query, Rows<float, hidden>(a.query, query.count()));
    const size_t pairs = Shared::pairs(frame.call.packing, memories);
    const Span span(frame.executor, "additive attention", {2 * pairs * (hidden + C.memory), 0});
    Shared::for_each_sequence(frame, memories, [&](const Part& part) {
      float* const weights = a.weights.data() + part.first * C.context;
      for (size_t i = 0; i < part.rows; ++i)
        kernels::additive_scores(hidden, part.memory, a.query.data() + (part.first + i) * hidden,
                                 projected + part.first_memory * hidden, frame.parameters.energy.weight.data(),
                                 weights + i * C.context);
      Shared::mix(part, weights, memory + part.first_memory * C.memory, y.data() + part.first * C.memory);
    });
  }
};

template <MultiplicativeAttentionConfig C>
struct MultiplicativeAttention : private detail::Alignment<C.memory, C.context> {
  static_assert(C.query > 0, "inlay: multiplicative attention needs a query width of at least 1");
  using Shared = detail::Alignment<C.memory, C.context>;
  using Part = typename Shared::Part;
  static constexpr size_t query_width = C.query;
  static constexpr size_t memory_width = C.memory;

  using QueryProjection = Linear<C.query, C.memory, Bias::no>;
  struct Parameters {
    typename QueryProjection::Parameters query;
  };

  template <size_t Sequences>
  using State = typename Shared::template KeptMemory<Sequences>;
  template <Extent E, size_t MemoryRows = E.rows>
  struct Activations {
    Tensor<float, E.rows, C.memory> query;
    Tensor<float, E.rows, C.context> weights;
  };
  template <Extent E>
  struct TrainingWorkspace {
    Tensor<float, E.rows, C.memory> dquery;
    Tensor<float, E.rows, C.context> dscores;
  };
  template <Extent E, size_t MemoryRows = E.rows>
  using Workspace = std::conditional_t<E.training, TrainingWorkspace<E>, Empty>;

  template <class Frame>
  static void forward(const Frame& frame, Rows<const float, C.query> query, Rows<const float, C.memory> memory,
                      const Packing& memory_packing, Rows<float, C.memory> y) {
    attend(frame, query, memory, memory_packing, y);
  }
  // The memory is not projected here, so there is nothing to prepare.
  template <class Frame>
  static void prepare(const Frame&, Rows<const float, C.memory>) {}
  template <class Frame>
  static void attend(const Frame& frame, Rows<const float, C.query> query, Rows<const float, C.memory> memory,
                     const Packing& memory_packing, Rows<float, C.memory> y) {
    INLAY_ASSERT(memory.count() == memory_packing.rows() && frame.call.packing.count == memory_packing.count);
    attend_to(frame, query, memory_packing, memory.data(), y);
  }
  template <class Frame>
  static void keep(const Frame& frame, Rows<const float, C.memory> memory, const Packing& memory_packing) {
    Shared::keep_memory(frame, memory, memory_packing);
  }
  template <class Frame>
  static void attend(const Frame& frame, Rows<const float, C.query> query, Rows<float, C.memory> y) {
    const auto& state = frame.state;
    attend_to(frame, query, typename Shared::template KeptPacking<std::remove_cvref_t<decltype(state)>>{state},
              state.memory.data(), y);
  }

  template <class Frame, class QueryGradient, class MemoryGradient>
  static void backward(const Frame& frame, Rows<const float, C.query> query, Rows<const float, C.memory> memory,
                       const Packing& memory_packing, Rows<const float, C.memory> dy, QueryGradient dquery,
                       MemoryGradient dmemory) {
    using kernels::Form;
    auto& a = frame.activations;
    auto& w = frame.workspace;
    const size_t pairs = Shared::pairs(frame.call.packing, memory_packing);
    Span span(frame.executor, "multiplicative attention backward", {8 * pairs * C.memory, 0});
    Shared::for_each_sequence(frame, memory_packing, [&](const Part& part) {
      const size_t at = part.first * C.context;
      const float* const m = memory.data() + part.first_memory * C.memory;
      Shared::mix_backward(part, a.weights.data() + at, m, dy.data() + part.first * C.memory, w.dscores.data() + at,
                           dmemory);
      kernels::matmul<Form::plain, Form::plain>(part.rows, C.memory, part.memory, w.dscores.data() + at, C.context, m,
                                                C.memory, w.dquery.data() + part.first * C.memory, C.memory);
      if constexpr (wants_gradient<MemoryGradient>)
        kernels::matmul<Form::transposed, Form::plain>(
            part.memory, C.memory, part.rows, w.dscores.data() + at, C.context, a.query.data() + part.first * C.memory,
            C.memory, dmemory.data() + part.first_memory * C.memory, C.memory, kernels::Store::accumulate);
    });
    span.end();
    QueryProjection::backward(frame.child(INLAY_PART(query)), query,
                              Rows<const float, C.memory>(w.dquery, query.count()), dquery);
  }

  template <class S>
  static void copy_sequence(const S& from, size_t i, S& to, size_t j) {
    Shared::copy_memory(from, i, to, j);
  }
  template <class F, class... P>
  static void visit(F&& f, const Path& path, P&... parts) {
    QueryProjection::visit(f, path / "query", parts.query...);
  }
  static void initialize(Parameters& p, const Initializer& initializer, const Path& path) {
    QueryProjection::initialize_scaled(p.query, initializer, path / "query",
                                       1.0f / simd::sqrt(static_cast<float>(C.query)));
  }

 private:
  template <class Frame, class Memories>
  static void attend_to(const Frame& frame, Rows<const float, C.query> query, const Memories& memories,
                        const float* memory, Rows<float, C.memory> y) {
    using kernels::Form;
    auto& a = frame.activations;
    QueryProjection::forward(frame.child(INLAY_PART(query)), query, Rows<float, C.memory>(a.query, query.count()));
    const size_t pairs = Shared::pairs(frame.call.packing, memories);
    const Span span(frame.executor, "multiplicative attention", {4 * pairs * C.memory, 0});
    Shared::for_each_sequence(frame, memories, [&](const Part& part) {
      float* const weights = a.weights.data() + part.first * C.context;
      const float* const m = memory + part.first_memory * C.memory;
      kernels::matmul<Form::plain, Form::transposed>(part.rows, part.memory, C.memory,
                                                     a.query.data() + part.first * C.memory, C.memory, m, C.memory,
                                                     weights, C.context);
      Shared::mix(part, weights, m, y.data() + part.first * C.memory);
    });
  }
};

}  // namespace inlay::inline INLAY_ABI
