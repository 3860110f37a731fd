// Heads that cannot be shared out among the keys and values.
// expect: inlay: the heads of an attention are shared out evenly; choose key_value_heads so that heads is a multiple of
// it
#include <inlay/modules/attention.hpp>

#if defined(INLAY_REPAIRED)
constexpr inlay::size_t shared = 4;
#else
constexpr inlay::size_t shared = 3;
#endif
using Layer =
    inlay::Attention<inlay::AttentionConfig{.width = 64, .heads = 8, .context = 64, .key_value_heads = shared}>;
inlay::ParametersOf<Layer> parameters;
