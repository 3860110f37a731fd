#pragma once
// What the configurations of the transformers choose from, and the modules that the choices stand for.

#include <inlay/config.hpp>
#include <inlay/modules/attention.hpp>
#include <inlay/modules/block.hpp>
#include <inlay/modules/embedding.hpp>
#include <inlay/modules/feed_forward.hpp>
#include <inlay/modules/gated_feed_forward.hpp>
#include <inlay/modules/normalization.hpp>

namespace inlay::inline INLAY_ABI {

enum class NormKind : std::uint8_t { layer, root_mean_square };

// learned, sinusoidal: added to the embedding. rotary, alibi, relative (T5's buckets): inside attention. none: order is
// known from the causal mask alone.
enum class Positions : std::uint8_t { learned, sinusoidal, none, rotary, alibi, relative };

namespace detail {

constexpr RelativePositions inside_attention(Positions positions) {
  switch (positions) {
    case Positions::rotary:
      return RelativePositions::rotary;
    case Positions::alibi:
      return RelativePositions::alibi;
    case Positions::relative:
      return RelativePositions::buckets;
    default:
      return RelativePositions::none;
  }
}

// A class and no alias: GCC 12 does not survive an alias whose parameter is a configuration.
template <NormConfig C, NormKind Kind, NormPlacement Placement>
struct NormFor {
  using type = std::conditional_t<Placement == NormPlacement::none, NoNorm<C.width>,
                                  std::conditional_t<Kind == NormKind::layer, LayerNorm<C>, RmsNorm<C>>>;
};

template <bool Gated, size_t Width, size_t Hidden, Activation A, Bias B>
using FeedForwardFor =
    std::conditional_t<Gated, GatedFeedForward<Width, Hidden, A, B>, FeedForward<Width, Hidden, A, B>>;

// In place of positions that are added to the embedding: y is x.
template <size_t Width>
struct NoPositions {
  using Input = Reals<Width>;
  using Output = Reals<Width>;
  struct Parameters {};

  template <class Frame>
  static void forward(const Frame&, Rows<const float, Width>, Rows<float, Width>) {}
  template <class Frame, class Gradient>
  static void backward(const Frame&, Rows<const float, Width>, Rows<const float, Width>, Gradient) {}
};

template <Positions P, size_t Count, size_t Width>
using PositionsFor = std::conditional_t<
    P == Positions::learned, LearnedPositions<Count, Width>,
    std::conditional_t<P == Positions::sinusoidal, SinusoidalPositions<Count, Width>, NoPositions<Width>>>;

}  // namespace detail

}  // namespace inlay::inline INLAY_ABI
