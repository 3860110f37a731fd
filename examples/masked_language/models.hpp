#pragma once
// The encoder, what is trained on it, and what is asked of it. All of them hold the same encoder: pre-trained, its
// weights are copied into a classifier, and lie where they are for the vectors of passages.
//
//   gaps        z = norm(gelu(y W + b)) E^T + c           y of the encoder; a word for each place
//   classifier  tanh(y_1 W + b) U + c                     y_1: what it made of the first token, which stands for the
//   text vector      (1 / n) sum_i y_i

#include <inlay/generation/predictor.hpp>
#include <inlay/models/encoder.hpp>
#include <inlay/modules/activation.hpp>
#include <inlay/modules/compose.hpp>
#include <inlay/modules/frozen.hpp>
#include <inlay/modules/pool.hpp>
#include <inlay/training/trainer.hpp>

namespace masked_language {

using inlay::Token;

inline constexpr std::size_t capacity = 1024;  // words and special tokens
inline constexpr std::size_t context = 64, width = 64, parts = 8;
inline constexpr std::size_t batch = 16;             // passages of a training step
inline constexpr std::size_t passages_per_pass = 8;  // of what only looks

inline constexpr inlay::EncoderConfig config{.vocabulary = capacity,
                                             .context = context,
                                             .width = width,
                                             .heads = 4,
                                             .layers = 2,
                                             .segments = 2,
                                             .placement = inlay::NormPlacement::before,
                                             .embedding_norm = false,
                                             .positions = inlay::Positions::rotary};
using Encoder = inlay::Encoder<config>;
using Gaps = inlay::MaskedLanguageModel<config>;

// Yes or no.
struct Classifier : inlay::Sequential<Encoder, inlay::Pool<width, inlay::Pooling::first>, inlay::Linear<width, width>,
                                      inlay::Activate<inlay::Activation::tanh, width>, inlay::Linear<width, 2>> {
  static constexpr std::size_t context = masked_language::context;
};

using Vector = inlay::Sequential<inlay::Frozen<Encoder>, inlay::Pool<width, inlay::Pooling::mean>>;

template <class Model>
using PredictorOf = inlay::Predictor<Model, inlay::PredictorConfig{.rows = passages_per_pass * context}>;

}  // namespace masked_language
