#pragma once
// LanguageHead: what a language model ends with.
//
//   z = norm(h) W_U, or h W_U without a normalisation; tied: W_U = E^T
//
// Part of a model, not a module of its own: it works on the model's frame, whose parts are called token_embedding, norm
// and logits, and whose activations hold h as `last` and norm(h) as `normalized`. The logits are those of the rows that
// the call wants.

#include <inlay/config.hpp>
#include <inlay/modules/embedding.hpp>
#include <inlay/modules/linear.hpp>
#include <inlay/modules/module.hpp>

namespace inlay::inline INLAY_ABI::detail {

// Norm: Empty where there is none.
template <class TokenEmbedding, class Norm, class Unembedding, bool Tied>
struct LanguageHead {
  static constexpr size_t width = TokenEmbedding::Output::width;
  static constexpr size_t vocabulary = TokenEmbedding::vocabulary;
  static constexpr bool normalizes = !std::is_same_v<Norm, Empty>;
  using In = Rows<const float, width>;
  using Out = Rows<float, width>;

  // last: a row for each token; rows at its front are overwritten where the call wants the last of each sequence.
  template <class Frame>
  static void forward(const Frame& frame, Out last, Rows<float, vocabulary> logits) {
    Out h = rows_wanted(frame.call, last);
    INLAY_ASSERT(logits.count() == h.count());
    if constexpr (normalizes) {
      const Out normalized(frame.activations.normalized, h.count());
      Norm::forward(frame.child(INLAY_PART(norm)), h, normalized);
      h = normalized;
    }
    if constexpr (Tied)
      TokenEmbedding::logits_forward(frame.child(INLAY_PART(token_embedding)), h, logits);
    else
      Unembedding::forward(frame.child(INLAY_PART(logits)), h, logits);
  }

  // After a forward pass with Logits::all; d: the gradient of `last`.
  template <class Frame>
  static void backward(const Frame& frame, Rows<const float, vocabulary> dlogits, Out d) {
    auto& a = frame.activations;
    const In last(a.last, d.count());
    In h = last;
    if constexpr (normalizes) h = In(a.normalized, d.count());
    if constexpr (Tied)
      TokenEmbedding::logits_backward(frame.child(INLAY_PART(token_embedding)), h, dlogits, d);
    else
      Unembedding::backward(frame.child(INLAY_PART(logits)), h, dlogits, d);
    if constexpr (normalizes) Norm::backward(frame.child(INLAY_PART(norm)), last, d, d);
  }
};

}  // namespace inlay::inline INLAY_ABI::detail
