// A field of the configuration that was forgotten is zero.
// expect: inlay: a Gpt needs a vocabulary, a context, a width and at least one layer
#include <inlay/models/gpt.hpp>

#if defined(INLAY_REPAIRED)
using Model = inlay::Gpt<inlay::GptConfig{.vocabulary = 256, .context = 64, .width = 128, .heads = 4, .layers = 4}>;
#else
using Model = inlay::Gpt<inlay::GptConfig{.vocabulary = 256, .context = 64, .width = 128, .heads = 4, .layers = 0}>;
#endif
inlay::ParametersOf<Model> parameters;
