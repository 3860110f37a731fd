#pragma once
// The noisy channel: choosing among candidates y for what was meant, when x was received.
//
//   p(y | x) = p(x | y) p(y) / p(x)      in proportion: log p(x | y) + weight log p(y), then softmax over candidates
//
// The channel model says how well a candidate explains what was received (a translation model, the probabilities of a
// typing mistake), the source model how likely one says such a thing at all (an n-gram model: NGram::log_probability).
// The weight balances the two where they are not equally good; 1 is the rule of Bayes. Also for rescoring the
// candidates of a beam, with log p(y | x) of the direct model in place of the channel's.
//
//   channel, source   one log-probability in nats for each candidate; minus infinity for what cannot be
//   posterior         assigned: p(y | x) among these candidates. Returned: the best, the first of equals.
//                     Where no candidate is possible all are equally so.
//
// Source: Brown et al., "A statistical approach to machine translation", 1990; Shannon, "A mathematical theory of
// communication", 1948.

#include <inlay/config.hpp>
#include <inlay/kernels/softmax.hpp>
#include <inlay/parallel/float_environment.hpp>

#include <span>

namespace inlay::inline INLAY_ABI {

inline size_t noisy_channel(std::span<const float> channel, std::span<const float> source, std::span<float> posterior,
                            float weight = 1.0f) {
  INLAY_ASSERT(!channel.empty() && channel.size() == source.size() && channel.size() == posterior.size());
  const FloatEnvironment environment;
  size_t best = 0;
  for (size_t i = 0; i < channel.size(); ++i) {
    posterior[i] = weight == 0.0f ? channel[i] : channel[i] + weight * source[i];  // 0 times infinity is no number
    if (posterior[i] > posterior[best]) best = i;
  }
  if (posterior[best] == -__builtin_inff())
    for (float& one : posterior) one = 0.0f;
  kernels::softmax(1, posterior.size(), posterior.data(), posterior.data());
  return best;
}

}  // namespace inlay::inline INLAY_ABI
