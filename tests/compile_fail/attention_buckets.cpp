// Buckets that do not fall into two halves.
// expect: inlay: half of the buckets of a direction have one distance each, so their number is even (a multiple of four
// without a causal mask), and furthest_bucket is beyond those
#include <inlay/modules/attention.hpp>

#if defined(INLAY_REPAIRED)
constexpr inlay::size_t buckets = 32;
#else
constexpr inlay::size_t buckets = 31;
#endif
using Layer = inlay::Attention<inlay::AttentionConfig{
    .width = 64, .heads = 4, .context = 64, .positions = inlay::RelativePositions::buckets, .buckets = buckets}>;
inlay::ParametersOf<Layer> parameters;
