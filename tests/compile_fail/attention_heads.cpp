// Heads that do not divide the width of an attention.
// expect: inlay: the heads of an attention must divide its width; choose heads so that width is a multiple of it
#include <inlay/modules/attention.hpp>

#if defined(INLAY_REPAIRED)
constexpr inlay::size_t heads = 4;
#else
constexpr inlay::size_t heads = 3;
#endif
using Layer = inlay::Attention<inlay::AttentionConfig{.width = 128, .heads = heads, .context = 64}>;
inlay::ParametersOf<Layer> parameters;
