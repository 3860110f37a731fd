#pragma once
// Softmax of rows, its logarithm, and cross-entropy of logits.
//
//   softmax      p_j = exp(z_j - max z) / sum_k exp(z_k - max z)
//   log-softmax  z_j - max z - log sum_k exp(z_k - max z)
//   cross-entropy with label t, smoothing s over n classes, target distribution q_j = (1 - s) [j = t] + s / n:
//                loss = log sum_k exp(z_k) - sum_j q_j z_j          dz_j = weight (p_j - q_j)
//
// Stable: the maximum is taken off first. Two passes; sums have 16 lanes. Outputs may be the inputs.
// A row whose label is `ignored_label` has loss 0 and dz = 0.
//
// Source: Szegedy et al., "Rethinking the Inception Architecture", 2016, section 7 (label smoothing).

#include <inlay/config.hpp>
#include <inlay/kernels/vectors.hpp>
#include <inlay/simd/math.hpp>

namespace inlay::inline INLAY_ABI {

inline constexpr std::uint32_t ignored_label = 0xffffffffu;

namespace kernels {

namespace detail {

// y = exp(x - max x); the maximum and the sum.
struct RowSum {
  float maximum;
  float sum;
};
INLAY_FORCE_INLINE RowSum exponentials_of_row(size_t width, const float* x, float* y) {
  const float greatest = maximum(width, [&](auto at) { return at.load(x); });
  const simd::batch shift = simd::broadcast(greatest);
  const float total = sum(width, [&](auto at) {
    const simd::batch value = simd::exp_nonpositive(at.load(x) - shift);
    at.store(y, value);
    return value;
  });
  return {greatest, total};
}

}  // namespace detail

INLAY_NO_INLINE inline void softmax(size_t rows, size_t width, const float* x, float* y) noexcept {
  for (size_t i = 0; i < rows; ++i, x += width, y += width) {
    const simd::batch inverse = simd::broadcast(1.0f / detail::exponentials_of_row(width, x, y).sum);
    for_each_vector(width, [&](auto at) { at.store(y, at.load(y) * inverse); });
  }
}

// dx = y (dy - sum(y dy)), from y = softmax(x). dx may be dy.
INLAY_NO_INLINE inline void softmax_backward(size_t rows, size_t width, const float* y, const float* dy,
                                             float* dx) noexcept {
  for (size_t i = 0; i < rows; ++i, y += width, dy += width, dx += width) {
    const simd::batch dot = simd::broadcast(sum(width, [&](auto at) { return at.load(y) * at.load(dy); }));
    for_each_vector(width, [&](auto at) { at.store(dx, at.load(y) * (at.load(dy) - dot)); });
  }
}

INLAY_NO_INLINE inline void log_softmax(size_t rows, size_t width, const float* x, float* y) noexcept {
  for (size_t i = 0; i < rows; ++i, x += width, y += width) {
    const float greatest = maximum(width, [&](auto at) { return at.load(x); });
    const simd::batch shift = simd::broadcast(greatest);
    const float total = sum(width, [&](auto at) { return simd::exp_nonpositive(at.load(x) - shift); });
    const simd::batch logarithm = simd::broadcast(simd::log(total));
    for_each_vector(width, [&](auto at) { at.store(y, at.load(x) - shift - logarithm); });
  }
}

// dx = dy - exp(y) sum(dy), from y = log_softmax(x). dx may be dy.
INLAY_NO_INLINE inline void log_softmax_backward(size_t rows, size_t width, const float* y, const float* dy,
                                                 float* dx) noexcept {
  for (size_t i = 0; i < rows; ++i, y += width, dy += width, dx += width) {
    const simd::batch total = simd::broadcast(sum(width, [&](auto at) { return at.load(dy); }));
    for_each_vector(width, [&](auto at) { at.store(dx, at.load(dy) - simd::exp(at.load(y)) * total); });
  }
}

// The loss of one row; replaces the logits by their gradient times `weight`.
INLAY_NO_INLINE inline float cross_entropy_row(size_t width, float* logits, std::uint32_t label, float smoothing,
                                               float weight) noexcept {
  if (label == ignored_label || weight == 0.0f) {
    fill(width, 0.0f, logits);
    return 0.0f;
  }
  INLAY_ASSERT(label < width);
  const float target = logits[label];  // read before the row is overwritten
  const float uniform_share = smoothing / static_cast<float>(width);
  const float logit_sum = smoothing > 0.0f ? sum(width, [&](auto at) { return at.load(logits); }) : 0.0f;
  const detail::RowSum row = detail::exponentials_of_row(width, logits, logits);
  const float scale = weight / row.sum;
  const simd::batch factor = simd::broadcast(scale);
  const simd::batch share = simd::broadcast(weight * uniform_share);
  for_each_vector(width, [&](auto at) { at.store(logits, at.load(logits) * factor - share); });
  logits[label] -= weight * (1.0f - smoothing);
  const float log_sum = row.maximum + simd::log(row.sum);
  return weight * (log_sum - (1.0f - smoothing) * target - uniform_share * logit_sum);
}

// The loss of one row alone.
INLAY_NO_INLINE inline float cross_entropy_of_row(size_t width, const float* logits, std::uint32_t label,
                                                  float smoothing, float weight) noexcept {
  if (label == ignored_label || weight == 0.0f) return 0.0f;
  INLAY_ASSERT(label < width);
  const float greatest = maximum(width, [&](auto at) { return at.load(logits); });
  const simd::batch shift = simd::broadcast(greatest);
  const float total = sum(width, [&](auto at) { return simd::exp_nonpositive(at.load(logits) - shift); });
  const float logit_sum = smoothing > 0.0f ? sum(width, [&](auto at) { return at.load(logits); }) : 0.0f;
  const float uniform_share = smoothing / static_cast<float>(width);
  return weight * (greatest + simd::log(total) - (1.0f - smoothing) * logits[label] - uniform_share * logit_sum);
}

}  // namespace kernels
}  // namespace inlay::inline INLAY_ABI
