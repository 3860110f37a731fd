// A model that computes the logits of every row, whatever the call asks for, in a generator that has room for one row.
// expect: inlay: a Generator needs a model that computes the logits of the last row alone
#include <inlay/generation/generator.hpp>
#include <inlay/models/gpt.hpp>
#include <inlay/modules/compose.hpp>

#if defined(INLAY_REPAIRED)
using Model = inlay::Gpt<inlay::GptConfig{.vocabulary = 11, .context = 8, .width = 6, .heads = 2, .layers = 1}>;
#else
struct Model : inlay::Sequential<inlay::Embedding<11, 6>, inlay::Linear<6, 11>> {
  static constexpr inlay::size_t context = 8;
};
#endif
inlay::ParametersOf<Model> parameters;
inlay::Generator<Model> generator{parameters};
