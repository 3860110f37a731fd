// expect: inlay: attention has at least one head
#include <inlay/modules/attention.hpp>

#if defined(INLAY_REPAIRED)
constexpr inlay::size_t heads = 1;
#else
constexpr inlay::size_t heads = 0;
#endif
using Layer = inlay::Attention<inlay::AttentionConfig{.width = 128, .heads = heads, .context = 64}>;
inlay::ParametersOf<Layer> parameters;
