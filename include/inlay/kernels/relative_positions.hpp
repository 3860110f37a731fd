#pragma once
// What attention adds to a score for the distance d = (position of the query) - (position of the key).
//
//   ALiBi    bias_h(d) = -slope_h |d|;  slope_h = 2^(-8 (h + 1) / n) for h < n, n the greatest power of two that is at
//            most the number of heads; the heads after them take every other slope of 2 n heads
//   T5       bias_h(d) = weight[bucket(d)][h], which is trained. Half of the buckets are for distances of their own,
//   the
//            other half grows logarithmically up to `furthest`, and all beyond share the last one. Causal: keys that
//            stand behind the query have none. Not causal: half of all buckets for either direction.
//
// Source: Press et al., "Train Short, Test Long", 2022, section 3; Raffel et al., "Exploring the Limits of Transfer
// Learning with a Unified Text-to-Text Transformer", 2020, section 2.1.

#include <inlay/config.hpp>
#include <inlay/simd/math.hpp>

namespace inlay::inline INLAY_ABI::kernels {

// By square roots and products alone, so that powers of two are exact.
inline float alibi_slope(size_t head, size_t heads) {
  size_t power = 1;
  while (2 * power <= heads) power *= 2;
  const bool beyond = head >= power;
  const size_t exponent = beyond ? 2 * (head - power) + 1 : head + 1;
  float root = 1.0f / 256;  // 2^-8, then its n-th root
  for (size_t n = beyond ? 2 * power : power; n > 1; n /= 2) root = simd::sqrt(root);
  float slope = 1.0f;
  for (size_t i = 0; i < exponent; ++i) slope *= root;
  return slope;
}

// The bucket of a distance d >= 0 among `buckets`: floor(e + (n - e) log(d / e) / log(furthest / e)) from e = n / 2 on,
// found without logarithms as the last k with (furthest / e)^k <= (d / e)^(n - e).
inline size_t distance_bucket(size_t distance, size_t buckets, size_t furthest) {
  const size_t exact = buckets / 2;
  if (distance < exact) return distance;
  if (distance >= furthest) return buckets - 1;
  const size_t logarithmic = buckets - exact;
  const auto power = [](double base, size_t exponent) {
    double result = 1.0;
    for (size_t i = 0; i < exponent; ++i) result *= base;
    return result;
  };
  const double e = static_cast<double>(exact);
  // A distance exactly on a boundary belongs above it, whatever the products were rounded to.
  const double reached = power(static_cast<double>(distance) / e, logarithmic) * (1.0 + 1e-9);
  size_t k = 0;
  while (k + 1 < logarithmic && power(static_cast<double>(furthest) / e, k + 1) <= reached) ++k;
  return exact + k;
}

}  // namespace inlay::inline INLAY_ABI::kernels
