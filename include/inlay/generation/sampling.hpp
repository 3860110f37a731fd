#pragma once
// Choosing the next token from logits.
//
//   temperature   p_j = softmax(z / temperature); 0 takes the greatest logit, the first of equals
//   top_k         only the k greatest; of equal ones the first; 0 is all
//   top_p         only the most probable ones that together reach p; at least one; 1 is all
//   repetition_penalty r   z_j of tokens already in the context: z / r if positive, z r otherwise; 1 is none
//   stop          tokens that end the text (they are not delivered)
//
// One uniform number is drawn for each token, from the seed and the token's index, so a text is reproduced by its seed.
//
// Source: Fan et al., "Hierarchical Neural Story Generation", 2018 (top-k); Holtzman et al., "The Curious Case of
// Neural Text Degeneration", 2020 (top-p); Keskar et al., "CTRL", 2019, section 4.1 (repetition penalty).

#include <inlay/config.hpp>
#include <inlay/kernels/random.hpp>
#include <inlay/kernels/softmax.hpp>
#include <inlay/modules/call.hpp>
#include <inlay/tensor/tensor.hpp>

#include <algorithm>

namespace inlay::inline INLAY_ABI {

// What happens when a text grows past the model's context.
enum class PastContext : std::uint8_t { stop, keep_newest_half };

struct Sampling {
  float temperature = 1.0f;
  std::size_t top_k = 0;
  float top_p = 1.0f;
  float repetition_penalty = 1.0f;
  std::uint64_t seed = 0;
  std::span<const Token> stop = {};
  PastContext past_context = PastContext::stop;
};

template <size_t Vocabulary>
class Sampler {
 public:
  // `index` counts the tokens drawn so far.
  Token choose(const float* from, std::span<const Token> context, const Sampling& sampling, std::uint64_t index) {
    float* const logits = probabilities_.data();
    kernels::copy(Vocabulary, from, logits);
    if (sampling.repetition_penalty != 1.0f) penalize(logits, context, sampling.repetition_penalty);
    const Token likeliest = greatest(logits);
    const float inverse_temperature = 1.0f / sampling.temperature;
    if (sampling.temperature <= 0.0f || sampling.top_k == 1 || !kernels::is_finite(inverse_temperature))
      return likeliest;
    if (!kernels::is_finite(logits[likeliest])) return likeliest;
    // The maximum is taken off before the division, which would overflow for a small temperature. A NaN is never drawn.
    const simd::batch shift = simd::broadcast(logits[likeliest]);
    const simd::batch inverse = simd::broadcast(inverse_temperature);
    const simd::batch never = simd::broadcast(-__builtin_inff());
    kernels::for_each_vector(Vocabulary, [&](auto at) {
      const simd::batch scaled = (at.load(logits) - shift) * inverse;
      at.store(logits, simd::select(simd::equal(scaled, scaled), scaled, never));
    });
    kernels::softmax(1, Vocabulary, logits, logits);
    size_t count = Vocabulary;
    for (size_t j = 0; j < Vocabulary; ++j) order_(j) = static_cast<Token>(j);
    // Probable first; of equal ones the lower token.
    const auto before = [&](Token a, Token b) { return logits[a] > logits[b] || (logits[a] == logits[b] && a < b); };
    if (sampling.top_k > 0 && sampling.top_k < Vocabulary) {
      count = sampling.top_k;
      std::nth_element(order_.begin(), order_.begin() + (count - 1), order_.end(), before);
    }
    if (sampling.top_p < 1.0f || count < Vocabulary) std::sort(order_.begin(), order_.begin() + count, before);
    float total = 0.0f;
    for (size_t i = 0; i < count; ++i) total += logits[order_(i)];
    if (sampling.top_p < 1.0f) {
      const float wanted = sampling.top_p * total;
      float reached = logits[order_(0)];
      size_t kept = 1;
      while (kept < count && reached < wanted) reached += logits[order_(kept++)];
      count = kept;
      total = reached;
    }
    const kernels::RandomWords words = kernels::random_words({sampling.seed, index}, 0x73616d70u, 0, 0);
    const float drawn = kernels::uniform(words.word[0]) * total;
    float passed = 0.0f;
    for (size_t i = 0; i + 1 < count; ++i) {
      passed += logits[order_(i)];
      if (drawn < passed) return order_(i);
    }
    return order_(count - 1);
  }

 private:
  static Token greatest(const float* logits) {
    size_t best = 0;
    for (size_t j = 1; j < Vocabulary; ++j)
      if (logits[j] > logits[best]) best = j;
    return static_cast<Token>(best);
  }

  // Each token of the context once, however often it stands there.
  void penalize(float* logits, std::span<const Token> context, float penalty) {
    for (std::uint8_t& mark : seen_) mark = 0;
    for (const Token token : context) {
      if (seen_(token) != 0) continue;
      seen_(token) = 1;
      logits[token] = logits[token] > 0.0f ? logits[token] / penalty : logits[token] * penalty;
    }
  }

  Tensor<float, Vocabulary> probabilities_;
  Tensor<Token, Vocabulary> order_;
  Tensor<std::uint8_t, Vocabulary> seen_;
};

}  // namespace inlay::inline INLAY_ABI
