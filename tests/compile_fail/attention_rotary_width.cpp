// An odd head, whose last number has nothing to turn with.
// expect: inlay: rotary positions turn pairs of numbers; head_width, or rotary_width where it is given, must be even,
// and rotary_width at most head_width
#include <inlay/modules/attention.hpp>

#if defined(INLAY_REPAIRED)
constexpr inlay::size_t width = 16;
#else
constexpr inlay::size_t width = 15;
#endif
using Layer = inlay::Attention<inlay::AttentionConfig{
    .width = 4 * width, .heads = 4, .context = 64, .positions = inlay::RelativePositions::rotary}>;
inlay::ParametersOf<Layer> parameters;
