// Everything that a recurrent layer gives is dropped.
// expect: inlay: a dropout rate is at least 0 and less than 1
#include <inlay/models/recurrent.hpp>

#if defined(INLAY_REPAIRED)
constexpr float rate = 0.99f;
#else
constexpr float rate = 1.0f;
#endif
using Model = inlay::RecurrentLanguageModel<inlay::RecurrentLanguageModelConfig{
    .vocabulary = 256, .context = 64, .width = 32, .layers = 1, .dropout = rate}>;
inlay::ParametersOf<Model> parameters;
