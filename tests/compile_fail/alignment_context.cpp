// Attention over a memory that has no room for a row.
// expect: inlay: attention over a memory needs memory rows of width at least 1, and room for at least one
#include <inlay/modules/alignment.hpp>

#if defined(INLAY_REPAIRED)
constexpr inlay::size_t context = 1;
#else
constexpr inlay::size_t context = 0;
#endif
using Layer =
    inlay::MultiplicativeAttention<inlay::MultiplicativeAttentionConfig{.query = 8, .memory = 8, .context = context}>;
inlay::ParametersOf<Layer> parameters;
