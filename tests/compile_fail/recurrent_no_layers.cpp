// A recurrent language model without a layer.
// expect: inlay: a RecurrentLanguageModel needs a vocabulary, a context, a width and at least one layer
#include <inlay/models/recurrent.hpp>

#if defined(INLAY_REPAIRED)
constexpr inlay::size_t layers = 1;
#else
constexpr inlay::size_t layers = 0;
#endif
using Model = inlay::RecurrentLanguageModel<inlay::RecurrentLanguageModelConfig{
    .vocabulary = 256, .context = 64, .width = 32, .layers = layers}>;
inlay::ParametersOf<Model> parameters;
