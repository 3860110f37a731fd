// A window between two sequences that share no positions.
// expect: inlay: cross-attention has neither relative positions nor a window, as its two sequences share no positions
#include <inlay/modules/attention.hpp>

#if defined(INLAY_REPAIRED)
constexpr inlay::size_t window = 0;
#else
constexpr inlay::size_t window = 8;
#endif
using Layer = inlay::CrossAttention<inlay::AttentionConfig{.width = 64, .heads = 4, .context = 64, .window = window}>;
inlay::ParametersOf<Layer> parameters;
