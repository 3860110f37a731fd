#pragma once
// Likeness of vectors.
//
//   cosine similarity   s = a . b / (|a| |b|), from -1 (opposite) over 0 (nothing in common) to 1 (the same direction)
//
// A vector of length zero has no direction: its similarity to anything is 0. Both vectors are divided by their greatest
// magnitude first, so that neither tiny nor huge ones leave the range of a float; of a vector and itself s is 1
// exactly. Sums have 16 lanes. NaN, and an infinite number, give NaN.
//
// Source: Salton, Wong, Yang, "A Vector Space Model for Automatic Indexing", 1975.

#include <inlay/config.hpp>
#include <inlay/kernels/vectors.hpp>

namespace inlay::inline INLAY_ABI::kernels {

INLAY_NO_INLINE inline float cosine_similarity(size_t n, const float* a, const float* b) noexcept {
  // A vector of zeros is divided by 1.
  const auto divisor = [&](const float* x) {
    const float largest = maximum(n, [&](auto at) { return simd::abs(at.load(x)); });
    return simd::broadcast(largest > 0.0f ? largest : 1.0f);
  };
  const simd::batch a_divisor = divisor(a);
  const simd::batch b_divisor = divisor(b);
  const auto dot = [&](const float* x, simd::batch x_divisor, const float* y, simd::batch y_divisor) {
    return sum(n, [&](auto at) { return (at.load(x) / x_divisor) * (at.load(y) / y_divisor); });
  };
  // Each sum of squares is zero, or from 1 to n.
  const float squares = dot(a, a_divisor, a, a_divisor) * dot(b, b_divisor, b, b_divisor);
  if (squares == 0.0f) return 0.0f;
  const float cosine = dot(a, a_divisor, b, b_divisor) / simd::sqrt(squares);
  return cosine > 1.0f ? 1.0f : cosine < -1.0f ? -1.0f : cosine;  // what rounding adds; a NaN passes
}

// y = a - b; y may be either.
INLAY_NO_INLINE inline void subtract(size_t n, const float* a, const float* b, float* y) {
  for_each_vector(n, [&](auto at) { at.store(y, at.load(a) - at.load(b)); });
}

}  // namespace inlay::inline INLAY_ABI::kernels
