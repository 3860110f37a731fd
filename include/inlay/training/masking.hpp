#pragma once
// mask_tokens: what a masked language model is trained on.
//
// Each token of a text is chosen with probability `rate`. Of the chosen ones 80 % become the mask token, 10 % a token
// drawn from the ordinary ones, 10 % stay as they are; the model is asked for all of them. Special tokens are never
// chosen.
//
//   inputs   the text with chosen tokens replaced
//   labels   the true token where it was chosen, ignored_label elsewhere
//
// A choice is a function of the key and the token's place, so a run is reproduced by its seed; another step, as
// RandomKey{seed, step}, masks the same text anew.
//
// Source: Devlin et al., "BERT", 2019, section 3.1 (masked LM).

#include <inlay/config.hpp>
#include <inlay/kernels/random.hpp>
#include <inlay/kernels/softmax.hpp>
#include <inlay/modules/call.hpp>
#include <inlay/parallel/float_environment.hpp>

namespace inlay::inline INLAY_ABI {

struct Masking {
  Token mask;            // the token that stands for a gap
  Token first_ordinary;  // tokens below are special
  Token vocabulary;      // all tokens are below
  float rate = 0.15f;
  float share_masked = 0.8f;  // of the chosen ones
  float share_random = 0.1f;
};

// All three have the same size; inputs may be text. `first` is the place of text[0] in the whole. Returns how many were
// chosen.
inline size_t mask_tokens(const Masking& masking, RandomKey key, std::span<const Token> text, std::span<Token> inputs,
                          std::span<Token> labels, std::uint64_t first = 0) {
  INLAY_ASSERT(text.size() == inputs.size() && text.size() == labels.size());
  INLAY_ASSERT(masking.first_ordinary < masking.vocabulary);
  const FloatEnvironment environment;
  const float masked = masking.share_masked;
  const float random = masking.share_random;
  size_t chosen = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const Token token = text[i];
    const kernels::RandomWords words = kernels::random_words(key, 0x6d61736bu, first + i, 0);
    INLAY_ASSERT(token < masking.vocabulary);
    inputs[i] = token;
    labels[i] = ignored_label;
    if (token < masking.first_ordinary || !(kernels::uniform(words.word[0]) < masking.rate)) continue;
    ++chosen;
    labels[i] = token;
    const float what = kernels::uniform(words.word[1]);
    if (what < masked)
      inputs[i] = masking.mask;
    else if (what < masked + random)
      inputs[i] =
          masking.first_ordinary +
          static_cast<Token>((std::uint64_t{words.word[2]} * (masking.vocabulary - masking.first_ordinary)) >> 32);
  }
  return chosen;
}

}  // namespace inlay::inline INLAY_ABI
