// Heads that do not divide the width of a model.
// expect: inlay: the heads of a Gpt must divide its width; choose heads so that width is a multiple of it
#include <inlay/models/gpt.hpp>

#if defined(INLAY_REPAIRED)
constexpr inlay::size_t heads = 4;
#else
constexpr inlay::size_t heads = 5;
#endif
using Model = inlay::Gpt<inlay::GptConfig{.vocabulary = 256, .context = 64, .width = 128, .heads = heads, .layers = 4}>;
inlay::ParametersOf<Model> parameters;
