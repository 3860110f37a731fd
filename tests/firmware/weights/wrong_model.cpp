// Weights that were trained with another number of heads: the same tensors, but another model.
// expect: inlay: shakespeare.safetensors holds the weights of another model: expected the fingerprint d534fe3666d3d698
// of the file
#include <inlay/models/gpt.hpp>

#include "shakespeare_weights.hpp"

#if defined(INLAY_REPAIRED)
constexpr inlay::size_t heads = 4;
#else
constexpr inlay::size_t heads = 8;
#endif
using Model = inlay::Gpt<inlay::GptConfig{.vocabulary = 256,
                                          .context = 64,
                                          .width = 32,
                                          .heads = heads,
                                          .layers = 2,
                                          .biases = false,
                                          .activation = inlay::Activation::gelu_erf}>;
const inlay::ParametersOf<Model>& weights = inlay::embedded::shakespeare<Model>();
