#pragma once
// Additive attention scores of one decoder row over the memory of its sequence.
//
//   e_j = sum_k v_k tanh(q_k + u_jk)                     q: [hidden], u: count rows of [hidden], v: [hidden]
//   backward, with t_jk the tanh:  dv_k = sum_j de_j t_jk,  dq_k = sum_j de_j v_k (1 - t_jk^2),  du_jk += the same term
//
// Sums over k have 16 lanes; sums over j go up. Saved for backward: q and u; each tanh is computed again, since keeping
// them would take hidden numbers for each pair of a row and a memory row.
//
// Source: Bahdanau, Cho, Bengio, "Neural Machine Translation by Jointly Learning to Align and Translate", 2015,
// appendix A.1.2.

#include <inlay/config.hpp>
#include <inlay/kernels/vectors.hpp>
#include <inlay/simd/math.hpp>

namespace inlay::inline INLAY_ABI::kernels {

INLAY_NO_INLINE inline void additive_scores(size_t hidden, size_t count, const float* q, const float* u, const float* v,
                                            float* scores) noexcept {
  for (size_t j = 0; j < count; ++j, u += hidden)
    scores[j] = sum(hidden, [&](auto at) { return at.load(v) * simd::tanh(at.load(q) + at.load(u)); });
}

// dq and dv are assigned, du is added to.
INLAY_NO_INLINE inline void additive_scores_backward(size_t hidden, size_t count, const float* q, const float* u,
                                                     const float* v, const float* dscores, float* dq, float* du,
                                                     float* dv) noexcept {
  const simd::batch one = simd::broadcast(1.0f);
  fill(hidden, 0.0f, dq);
  fill(hidden, 0.0f, dv);
  for (size_t j = 0; j < count; ++j, u += hidden, du += hidden) {
    const simd::batch d = simd::broadcast(dscores[j]);
    for_each_vector(hidden, [&](auto at) {
      const simd::batch t = simd::tanh(at.load(q) + at.load(u));
      const simd::batch inside = d * at.load(v) * (one - t * t);
      at.store(dv, simd::fma(d, t, at.load(dv)));
      at.store(dq, at.load(dq) + inside);
      at.store(du, at.load(du) + inside);
    });
  }
}

}  // namespace inlay::inline INLAY_ABI::kernels
