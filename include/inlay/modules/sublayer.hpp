#pragma once
// Sublayer: a module of a residual stream with its normalisation; DecoderBlock: three of them.
//
//   before:   y = x + drop(M(norm(x)))
//   after:    y = norm(x + drop(M(x)))
//   none:     y = x + drop(M(x))
//
//   DecoderBlock: y = feed-forward( cross-attention( self-attention(x) ) ), each a Sublayer. The memory that
//   cross-attention looks at travels in the call (Call::memory).
//
// Tensors of DecoderBlock: attention_norm., attention., cross_attention_norm., cross_attention., feed_forward_norm.,
// feed_forward. Saved for backward: what M and the normalisation save; before: norm(x), kept with Recompute::cheap,
// too; after: the sum. x, y, dy and dx do not overlap.
//
// Source: Vaswani et al., "Attention Is All You Need", 2017, section 3.1 and figure 1.

#include <inlay/config.hpp>
#include <inlay/modules/block.hpp>

namespace inlay::inline INLAY_ABI {

template <class Norm, class M, NormPlacement Placement, Fraction DropoutRate = 0.0f>
struct Sublayer {
  static constexpr size_t width = M::Output::width;
  static_assert(M::Input::width == width && Norm::Output::width == width,
                "inlay: a module in a residual stream, and its normalisation, have the width of the stream");
  static_assert(!detail::gives_one_row_per_sequence<M>,
                "inlay: a module in a residual stream gives as many rows as it takes");
  static constexpr bool before = Placement == NormPlacement::before;
  static constexpr bool after = Placement == NormPlacement::after;
  static constexpr bool drops = DropoutRate.value > 0.0f;
  static constexpr size_t settles_at = detail::settles_at<Norm, M>;

  using Input = Reals<width>;
  using Output = Reals<width>;
  using Drop = Dropout<width, DropoutRate>;
  using In = Rows<const float, width>;
  using Out = Rows<float, width>;

  struct Parameters {
    INLAY_NO_UNIQUE_ADDRESS ParametersOf<Norm> norm;
    ParametersOf<M> module;
  };
  struct PartBuffers {
    BuffersOf<M> module;
  };
  using Buffers = std::conditional_t<std::is_empty_v<BuffersOf<M>>, Empty, PartBuffers>;
  template <size_t Sequences>
  struct State {
    StateOf<M, Sequences> module;
  };
  template <Extent E>
  struct Activations {
    INLAY_NO_UNIQUE_ADDRESS ActivationsOf<Norm, E> norm;
    INLAY_NO_UNIQUE_ADDRESS ActivationsOf<M, E> module;
    // norm(x), or the sum that is normalised
    INLAY_NO_UNIQUE_ADDRESS std::conditional_t<before || after, Tensor<float, E.rows, width>, Empty> inner;
  };
  template <Extent E>
  struct Workspace {
    INLAY_NO_UNIQUE_ADDRESS WorkspaceOf<M, E> module;
    INLAY_NO_UNIQUE_ADDRESS std::conditional_t<E.training, Tensor<float, drops ? 2 : 1, E.rows, width>, Empty>
        gradients;
  };

  template <class Frame>
  static void forward(const Frame& frame, In x, Out y) {
    const auto module = frame.child(INLAY_PART(module));
    const auto add_dropped = [&](Out to) {
      Drop::forward(frame.child(INLAY_PART(dropout)), to, to);
      parallel::add_residual(frame.executor, x.count() * width, x.data(), to.data());
    };
    if constexpr (before) {
      const Out inner(frame.activations.inner, x.count());
      Norm::forward(frame.child(INLAY_PART(norm)), x, inner);
      M::forward(module, inner, y);
      add_dropped(y);
    } else if constexpr (after) {
      const Out inner(frame.activations.inner, x.count());
      M::forward(module, x, inner);
      add_dropped(inner);
      Norm::forward(frame.child(INLAY_PART(norm)), inner, y);
    } else {
      M::forward(module, x, y);
      add_dropped(y);
    }
  }

  template <class Frame, class Gradient>
  static void backward(const Frame& frame, In x, In dy, Gradient dx) {
    const size_t rows = x.count();
    const auto module = frame.child(INLAY_PART(module));
    const Out d(&frame.workspace.gradients(0, 0, 0), rows);
    const auto add = [&](In stream) {
      if constexpr (wants_gradient<Gradient>)
        parallel::add_residual(frame.executor, rows * width, stream.data(), dx.data());
    };
    if constexpr (before) {
      M::backward(module, In(frame.activations.inner, rows), dropped(frame, dy), d);
      Norm::backward(frame.child(INLAY_PART(norm)), x, d, dx);
      add(dy);
    } else if constexpr (after) {
      Norm::backward(frame.child(INLAY_PART(norm)), In(frame.activations.inner, rows), dy, d);
      M::backward(module, x, dropped(frame, d), dx);
      add(d);
    } else {
      M::backward(module, x, dropped(frame, dy), dx);
      add(dy);
    }
  }

  // The normalisation's tensors have the module's name and "_norm".
  template <class F, class... P>
  static void visit_as(F&& f, const Path& path, const char* norm, const char* module, P&... parts) {
    if constexpr (before || after) visit_at<Norm>(f, path / norm, parts.norm...);
    visit_at<M>(f, path / module, parts.module...);
  }
  template <class F, class... P>
  static void visit(F&& f, const Path& path, P&... parts) {
    visit_as(f, path, "norm", "module", parts...);
  }
  template <class S>
  static void copy_sequence(const S& from, size_t i, S& to, size_t j) {
    inlay::copy_sequence<M>(from.module, i, to.module, j);
  }
  static void initialize_as(Parameters& p, const Initializer& initializer, const Path& path, const char* norm,
                            const char* module, float output_deviation) {
    if constexpr (before || after) initialize_at<Norm>(p.norm, initializer, path / norm);
    M::initialize_scaled(p.module, initializer, path / module, output_deviation);
  }
  static void initialize(Parameters& p, const Initializer& initializer, const Path& path) {
    initialize_as(p, initializer, path, "norm", "module", 0.02f);
  }
  static void initialize_buffers(Buffers& buffers) {
    if constexpr (!std::is_same_v<Buffers, Empty>) initialize_buffers_at<M>(buffers.module);
  }

 private:
  template <class Frame>
  static In dropped(const Frame& frame, In dy) {
    if constexpr (drops) {
      const Out result(&frame.workspace.gradients(1, 0, 0), dy.count());
      Drop::backward(frame.child(INLAY_PART(dropout)), dy, dy, result);
      return result;
    } else {
      return dy;
    }
  }
};

template <class Norm, class AttentionType, class CrossAttentionType, class FeedForwardType, NormPlacement Placement,
          Fraction DropoutRate = 0.0f>
struct DecoderBlock {
  using SelfPart = Sublayer<Norm, AttentionType, Placement, DropoutRate>;
  using CrossPart = Sublayer<Norm, CrossAttentionType, Placement, DropoutRate>;
  using FeedPart = Sublayer<Norm, FeedForwardType, Placement, DropoutRate>;
  static constexpr size_t width = SelfPart::width;

  using Input = Reals<width>;
  using Output = Reals<width>;
  using In = Rows<const float, width>;
  using Out = Rows<float, width>;

  struct Parameters {
    ParametersOf<SelfPart> attention;
    ParametersOf<CrossPart> cross_attention;
    ParametersOf<FeedPart> feed_forward;
  };
  struct PartBuffers {
    BuffersOf<SelfPart> attention;
  };
  static_assert(std::is_empty_v<BuffersOf<CrossPart>> && std::is_empty_v<BuffersOf<FeedPart>>,
                "inlay: of the parts of a decoder block only self-attention has buffers");
  using Buffers = std::conditional_t<std::is_empty_v<BuffersOf<SelfPart>>, Empty, PartBuffers>;
  template <size_t Sequences>
  struct State {
    StateOf<SelfPart, Sequences> attention;
    StateOf<CrossPart, Sequences> cross_attention;
  };
  template <Extent E>
  struct Activations {
    ActivationsOf<SelfPart, E> attention;
    ActivationsOf<CrossPart, E> cross_attention;
    ActivationsOf<FeedPart, E> feed_forward;
    Tensor<float, 2, E.rows, width> between;
  };
  template <Extent E>
  struct Workspace {
    Overlay<WorkspaceOf<SelfPart, E>, WorkspaceOf<CrossPart, E>, WorkspaceOf<FeedPart, E>> parts;
    INLAY_NO_UNIQUE_ADDRESS std::conditional_t<E.training, Tensor<float, 2, E.rows, width>, Empty> gradients;
  };

  template <class Frame>
  static void forward(const Frame& frame, In x, Out y) {
    const Out first(&frame.activations.between(0, 0, 0), x.count());
    const Out second(&frame.activations.between(1, 0, 0), x.count());
    SelfPart::forward(attention(frame), x, first);
    CrossPart::forward(cross_attention(frame), first, second);
    FeedPart::forward(feed_forward(frame), second, y);
  }
  template <class Frame, class Gradient>
  static void backward(const Frame& frame, In x, In dy, Gradient dx) {
    const size_t rows = x.count();
    const Out d(&frame.workspace.gradients(0, 0, 0), rows);
    const Out e(&frame.workspace.gradients(1, 0, 0), rows);
    FeedPart::backward(feed_forward(frame), In(&frame.activations.between(1, 0, 0), rows), dy, d);
    CrossPart::backward(cross_attention(frame), In(&frame.activations.between(0, 0, 0), rows), d, e);
    SelfPart::backward(attention(frame), x, e, dx);
  }

  template <class F, class... P>
  static void visit(F&& f, const Path& path, P&... parts) {
    SelfPart::visit_as(f, path, "attention_norm", "attention", parts.attention...);
    CrossPart::visit_as(f, path, "cross_attention_norm", "cross_attention", parts.cross_attention...);
    FeedPart::visit_as(f, path, "feed_forward_norm", "feed_forward", parts.feed_forward...);
  }
  template <class S>
  static void copy_sequence(const S& from, size_t i, S& to, size_t j) {
    inlay::copy_sequence<SelfPart>(from.attention, i, to.attention, j);
    inlay::copy_sequence<CrossPart>(from.cross_attention, i, to.cross_attention, j);
  }
  static void initialize(Parameters& p, const Initializer& initializer, const Path& path) {
    initialize_layer(p, initializer, path, 1);
  }
  // As one of `layers` in a stack: each adds three times to the residual stream.
  static void initialize_layer(Parameters& p, const Initializer& initializer, const Path& path, size_t layers) {
    const float deviation = 0.02f / simd::sqrt(static_cast<float>(3 * layers));
    SelfPart::initialize_as(p.attention, initializer, path, "attention_norm", "attention", deviation);
    CrossPart::initialize_as(p.cross_attention, initializer, path, "cross_attention_norm", "cross_attention",
                             deviation);
    FeedPart::initialize_as(p.feed_forward, initializer, path, "feed_forward_norm", "feed_forward", deviation);
  }
  static void initialize_buffers(Buffers& buffers) {
    if constexpr (!std::is_same_v<Buffers, Empty>) initialize_buffers_at<SelfPart>(buffers.attention);
  }

 private:
  template <class Frame>
  static auto attention(const Frame& frame) {
    return frame.child(INLAY_PART(attention)).on(frame.workspace.parts.template get<0>());
  }
  template <class Frame>
  static auto cross_attention(const Frame& frame) {
    return frame.child(INLAY_PART(cross_attention)).on(frame.workspace.parts.template get<1>());
  }
  template <class Frame>
  static auto feed_forward(const Frame& frame) {
    return frame.child(INLAY_PART(feed_forward)).on(frame.workspace.parts.template get<2>());
  }
};

}  // namespace inlay::inline INLAY_ABI
