// A recurrent encoder-decoder without a layer.
// expect: inlay: a RecurrentEncoderDecoder needs two vocabularies, two contexts, a width and at least one layer
#include <inlay/models/recurrent_encoder_decoder.hpp>

#if defined(INLAY_REPAIRED)
constexpr inlay::size_t layers = 1;
#else
constexpr inlay::size_t layers = 0;
#endif
using Model = inlay::RecurrentEncoderDecoder<inlay::RecurrentEncoderDecoderConfig{.source_vocabulary = 32,
                                                                                  .vocabulary = 32,
                                                                                  .source_context = 8,
                                                                                  .context = 8,
                                                                                  .width = 16,
                                                                                  .layers = layers,
                                                                                  .shared_embedding = false}>;
inlay::ParametersOf<Model> parameters;
