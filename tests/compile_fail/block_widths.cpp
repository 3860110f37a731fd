// A block of parts that have different widths.
// expect: inlay: the normalisation, attention and feed-forward of a block have the same width
#include <inlay/modules/attention.hpp>
#include <inlay/modules/block.hpp>
#include <inlay/modules/feed_forward.hpp>
#include <inlay/modules/normalization.hpp>

#if defined(INLAY_REPAIRED)
constexpr inlay::size_t width = 16;
#else
constexpr inlay::size_t width = 24;
#endif
using Block = inlay::Block<inlay::LayerNorm<inlay::NormConfig{.width = 16}>,
                           inlay::Attention<inlay::AttentionConfig{.width = 16, .heads = 2, .context = 8}>,
                           inlay::FeedForward<width, 64, inlay::Activation::relu>>;
inlay::ParametersOf<Block> parameters;
