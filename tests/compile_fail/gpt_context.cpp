// A context that is longer than the learned positions.
// expect: inlay: the context of a Gpt is longer than its positions; it could not tell the last tokens apart
#include <inlay/models/gpt.hpp>

#if defined(INLAY_REPAIRED)
constexpr inlay::size_t context = 64;
#else
constexpr inlay::size_t context = 65;
#endif
using Model = inlay::Gpt<inlay::GptConfig{
    .vocabulary = 256, .context = context, .width = 128, .heads = 4, .layers = 4, .position_count = 64}>;
inlay::ParametersOf<Model> parameters;
