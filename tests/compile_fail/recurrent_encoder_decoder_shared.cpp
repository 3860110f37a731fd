// One embedding for two vocabularies.
// expect: inlay: an embedding that source and target share has one vocabulary; source_vocabulary and vocabulary must be
// the same
#include <inlay/models/recurrent_encoder_decoder.hpp>

#if defined(INLAY_REPAIRED)
constexpr inlay::size_t sources = 32;
#else
constexpr inlay::size_t sources = 30;
#endif
using Model = inlay::RecurrentEncoderDecoder<inlay::RecurrentEncoderDecoderConfig{.source_vocabulary = sources,
                                                                                  .vocabulary = 32,
                                                                                  .source_context = 8,
                                                                                  .context = 8,
                                                                                  .width = 16,
                                                                                  .layers = 1,
                                                                                  .shared_embedding = true}>;
inlay::ParametersOf<Model> parameters;
