#pragma once
// Block: the transformer block, from a normalisation, an attention and a feed-forward of the same width.
//
//   before (GPT-2):   m = x + drop(A(norm_1(x)))      y = m + drop(F(norm_2(m)))
//   after (2017):     m = norm_1(x + drop(A(x)))      y = norm_2(m + drop(F(m)))
//   none:             m = x + drop(A(x))              y = m + drop(F(m))
//
// Tensors: attention_norm., attention., feed_forward_norm., feed_forward.
// Saved for backward: what the parts save, and m; before: both normalised inputs (computed again unless
// Recompute::none); after: both sums. x, y, dy and dx do not overlap; the normalisation's backward is given the same
// memory for dy and dx. Without normalisation Norm is NoNorm<width>.
//
// Source: Vaswani et al., 2017, section 3.1; Radford et al., "Language Models are Unsupervised Multitask Learners",
// 2019, section 2.3 (normalisation before); initialisation of what adds to the residual stream: 0.02 / sqrt(2 layers).

#include <inlay/config.hpp>
#include <inlay/modules/activation.hpp>
#include <inlay/modules/initialize.hpp>
#include <inlay/modules/module.hpp>
#include <inlay/parallel/drivers.hpp>

namespace inlay::inline INLAY_ABI {

enum class NormPlacement : std::uint8_t { before, after, none };

// In place of a normalisation where there is none.
template <size_t Width>
struct NoNorm {
  using Input = Reals<Width>;
  using Output = Reals<Width>;
  struct Parameters {};
};

template <class Norm, class AttentionType, class FeedForwardType, NormPlacement Placement = NormPlacement::before,
          Fraction DropoutRate = 0.0f>
struct Block {
  static constexpr size_t width = Norm::Output::width;
  static_assert(AttentionType::Output::width == width && FeedForwardType::Output::width == width,
                "inlay: the normalisation, attention and feed-forward of a block have the same width");
  static_assert(std::is_empty_v<BuffersOf<Norm>> && std::is_empty_v<WorkspaceOf<Norm, Extent{}>>,
                "inlay: the normalisation of a block has neither buffers nor a workspace");
  static constexpr bool norm_before = Placement == NormPlacement::before;
  static constexpr bool normalizes = Placement != NormPlacement::none;
  static constexpr bool drops = DropoutRate.value > 0.0f;
  static constexpr size_t settles_at = detail::settles_at<Norm, AttentionType, FeedForwardType>;

  using Input = Reals<width>;
  using Output = Reals<width>;
  using Drop = Dropout<width, DropoutRate>;
  using In = Rows<const float, width>;
  using Out = Rows<float, width>;

  struct Parameters {
    INLAY_NO_UNIQUE_ADDRESS ParametersOf<Norm> attention_norm;
    ParametersOf<AttentionType> attention;
    INLAY_NO_UNIQUE_ADDRESS ParametersOf<Norm> feed_forward_norm;
    ParametersOf<FeedForwardType> feed_forward;
  };
  struct PartBuffers {
    INLAY_NO_UNIQUE_ADDRESS BuffersOf<AttentionType> attention;
    INLAY_NO_UNIQUE_ADDRESS BuffersOf<FeedForwardType> feed_forward;
  };
  using Buffers =
      std::conditional_t<std::is_empty_v<BuffersOf<AttentionType>> && std::is_empty_v<BuffersOf<FeedForwardType>>,
                         Empty, PartBuffers>;
  template <size_t Sequences>
  struct State {
    StateOf<AttentionType, Sequences> attention;
  };

  template <Extent E>
  struct PartActivations {
    ActivationsOf<Norm, E> attention_norm, feed_forward_norm;
    ActivationsOf<AttentionType, E> attention;
    ActivationsOf<FeedForwardType, E> feed_forward;
    Tensor<float, E.rows, width> middle;
  };
  // Two more tensors: the parts' normalised inputs (before) or the normalisations' inputs (after).
  template <Extent E>
  struct MoreActivations : PartActivations<E> {
    Tensor<float, E.rows, width> first, second;
  };
  template <Extent E>
  static constexpr bool keeps = normalizes&& E.training && (!norm_before || E.recompute == Recompute::none);
  template <Extent E>
  using Activations = std::conditional_t<keeps<E>, MoreActivations<E>, PartActivations<E>>;

  template <Extent E>
  struct Workspace {
    Overlay<WorkspaceOf<AttentionType, E>, WorkspaceOf<FeedForwardType, E>> parts;
    INLAY_NO_UNIQUE_ADDRESS std::conditional_t<E.training, Tensor<float, drops ? 3 : 2, E.rows, width>, Empty>
        gradients;
    INLAY_NO_UNIQUE_ADDRESS std::conditional_t<keeps<E> || !normalizes, Empty, Tensor<float, E.rows, width>> shared;
  };

  template <class Frame>
  static void forward(const Frame& frame, In x, Out y) {
    const size_t rows = x.count();
    const Out middle(frame.activations.middle, rows);
    [[maybe_unused]] const auto norm_1 = frame.child(INLAY_PART(attention_norm));
    [[maybe_unused]] const auto norm_2 = frame.child(INLAY_PART(feed_forward_norm));
    if constexpr (!normalizes) {
      AttentionType::forward(attention(frame), x, middle);
      add_dropped(frame, frame.child(INLAY_PART(attention_dropout)), x, middle);
      FeedForwardType::forward(feed_forward(frame), middle, y);
      add_dropped(frame, frame.child(INLAY_PART(feed_forward_dropout)), middle, y);
    } else if constexpr (norm_before) {
      Norm::forward(norm_1, x, first(frame, rows));
      AttentionType::forward(attention(frame), first(frame, rows), middle);
      add_dropped(frame, frame.child(INLAY_PART(attention_dropout)), x, middle);
      Norm::forward(norm_2, middle, second(frame, rows));
      FeedForwardType::forward(feed_forward(frame), second(frame, rows), y);
      add_dropped(frame, frame.child(INLAY_PART(feed_forward_dropout)), middle, y);
    } else {
      AttentionType::forward(attention(frame), x, first(frame, rows));
      add_dropped(frame, frame.child(INLAY_PART(attention_dropout)), x, first(frame, rows));
      Norm::forward(norm_1, first(frame, rows), middle);
      FeedForwardType::forward(feed_forward(frame), middle, second(frame, rows));
      add_dropped(frame, frame.child(INLAY_PART(feed_forward_dropout)), middle, second(frame, rows));
      Norm::forward(norm_2, second(frame, rows), y);
    }
  }

  template <class Frame, class Gradient>
  static void backward(const Frame& frame, In x, In dy, Gradient dx) {
    const size_t rows = x.count();
    const size_t values = rows * width;
    const In middle(frame.activations.middle, rows);
    const Out d(&frame.workspace.gradients(0, 0, 0), rows);
    [[maybe_unused]] const Out e(&frame.workspace.gradients(1, 0, 0), rows);
    [[maybe_unused]] const auto norm_1 = frame.child(INLAY_PART(attention_norm));
    [[maybe_unused]] const auto norm_2 = frame.child(INLAY_PART(feed_forward_norm));
    const auto drop_1 = frame.child(INLAY_PART(attention_dropout));
    const auto drop_2 = frame.child(INLAY_PART(feed_forward_dropout));
    if constexpr (!normalizes) {
      FeedForwardType::backward(feed_forward(frame), middle, dropped(frame, drop_2, dy), d);
      parallel::add_residual(frame.executor, values, dy.data(), d.data());  // d: the gradient of m
      AttentionType::backward(attention(frame), x, dropped(frame, drop_1, d), dx);
    } else if constexpr (norm_before) {
      normalize_again(norm_2, frame, middle, second(frame, rows));
      FeedForwardType::backward(feed_forward(frame), second(frame, rows), dropped(frame, drop_2, dy), d);
      Norm::backward(norm_2, middle, d, d);
      parallel::add_residual(frame.executor, values, dy.data(), d.data());  // d: the gradient of m
      normalize_again(norm_1, frame, x, first(frame, rows));
      AttentionType::backward(attention(frame), first(frame, rows), dropped(frame, drop_1, d), e);
      Norm::backward(norm_1, x, e, dx);
    } else {
      Norm::backward(norm_2, second(frame, rows), dy, d);  // d: the gradient of the second sum
      FeedForwardType::backward(feed_forward(frame), middle, dropped(frame, drop_2, d), e);
      parallel::add_residual(frame.executor, values, d.data(), e.data());  // e: of m
      Norm::backward(norm_1, first(frame, rows), e, d);                    // d: of the first sum
      AttentionType::backward(attention(frame), x, dropped(frame, drop_1, d), dx);
    }
    if constexpr (wants_gradient<Gradient>) parallel::add_residual(frame.executor, values, d.data(), dx.data());
  }

  template <class F, class... P>
  static void visit(F&& f, const Path& path, P&... parts) {
    visit_at<Norm>(f, path / "attention_norm", parts.attention_norm...);
    visit_at<AttentionType>(f, path / "attention", parts.attention...);
    visit_at<Norm>(f, path / "feed_forward_norm", parts.feed_forward_norm...);
    visit_at<FeedForwardType>(f, path / "feed_forward", parts.feed_forward...);
  }
  template <class S>
  static void copy_sequence(const S& from, size_t i, S& to, size_t j) {
    inlay::copy_sequence<AttentionType>(from.attention, i, to.attention, j);
  }
  static void initialize(Parameters& p, const Initializer& initializer, const Path& path) {
    initialize_layer(p, initializer, path, 1);
  }
  // As one of `layers` in a stack.
  static void initialize_layer(Parameters& p, const Initializer& initializer, const Path& path, size_t layers) {
    const float deviation = 0.02f / simd::sqrt(static_cast<float>(2 * layers));
    initialize_at<Norm>(p.attention_norm, initializer, path / "attention_norm");
    AttentionType::initialize_scaled(p.attention, initializer, path / "attention", deviation);
    initialize_at<Norm>(p.feed_forward_norm, initializer, path / "feed_forward_norm");
    FeedForwardType::initialize_scaled(p.feed_forward, initializer, path / "feed_forward", deviation);
  }
  static void initialize_buffers(Buffers& buffers) {
    if constexpr (!std::is_same_v<Buffers, Empty>) {
      initialize_buffers_at<AttentionType>(buffers.attention);
      initialize_buffers_at<FeedForwardType>(buffers.feed_forward);
    }
  }

 private:
  // The two tensors of MoreActivations, or one that both uses share and backward fills again.
  template <class Frame>
  static Out first(const Frame& frame, size_t rows) {
    if constexpr (requires { frame.activations.first; })
      return {frame.activations.first.data(), rows};
    else
      return {frame.workspace.shared.data(), rows};
  }
  template <class Frame>
  static Out second(const Frame& frame, size_t rows) {
    if constexpr (requires { frame.activations.second; })
      return {frame.activations.second.data(), rows};
    else
      return {frame.workspace.shared.data(), rows};
  }
  template <class Child, class Frame>
  static void normalize_again(const Child& norm, const Frame& frame, In x, Out y) {
    if constexpr (!requires { frame.activations.first; }) {
      if constexpr (requires { Norm::recompute(norm, x, y); })
        Norm::recompute(norm, x, y);
      else
        Norm::forward(norm.forward(), x, y);
    }
  }
  // y = x + drop(y)
  template <class Frame, class Child>
  static void add_dropped(const Frame& frame, const Child& drop, In x, Out y) {
    Drop::forward(drop, y, y);
    parallel::add_residual(frame.executor, x.count() * width, x.data(), y.data());
  }
  // The gradient before dropout, which is dy itself where there is none.
  template <class Frame, class Child>
  static In dropped(const Frame& frame, const Child& drop, In dy) {
    if constexpr (drops) {
      const Out result(&frame.workspace.gradients(2, 0, 0), dy.count());
      Drop::backward(drop, dy, dy, result);
      return result;
    } else {
      return dy;
    }
  }
  template <class Frame>
  static auto attention(const Frame& frame) {
    return frame.child(INLAY_PART(attention)).on(frame.workspace.parts.template get<0>());
  }
  template <class Frame>
  static auto feed_forward(const Frame& frame) {
    return frame.child(INLAY_PART(feed_forward)).on(frame.workspace.parts.template get<1>());
  }
};

}  // namespace inlay::inline INLAY_ABI
