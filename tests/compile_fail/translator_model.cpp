// A translator around a model that goes on with a text.
// expect: inlay: a Translator needs a model from one sequence to another, as EncoderDecoder is; what goes on with a
// text is a Generator
#include <inlay/generation/translator.hpp>
#include <inlay/models/encoder_decoder.hpp>
#include <inlay/models/gpt.hpp>

#if defined(INLAY_REPAIRED)
using Model = inlay::EncoderDecoder<inlay::EncoderDecoderConfig{
    .source_vocabulary = 8, .vocabulary = 8, .source_context = 8, .context = 8, .width = 16, .heads = 2, .layers = 1}>;
#else
using Model = inlay::Gpt<inlay::GptConfig{.vocabulary = 8, .context = 8, .width = 16, .heads = 2, .layers = 1}>;
#endif
using Writer = inlay::Translator<Model>;
constexpr inlay::size_t beams = Writer::beams;
