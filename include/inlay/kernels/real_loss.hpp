#pragma once
// Losses of real outputs y against targets t, number by number; a row's loss is the mean over its numbers.
//
//   squared      (y - t)^2                                            2 (y - t)
//   huber        c (d - c / 2) with d = y - t, c = d cut to +-delta   c
//                (d^2 / 2 up to delta, delta (|d| - delta / 2) beyond)
//   logistic     log(1 + exp(y)) - t y, the cross-entropy of          1 / (1 + exp(-y)) - t
//                p = 1 / (1 + exp(-y)) against t in [0, 1]
//   perceptron   max(y, 0) - t y: nothing where the sign of y is      [y > 0] - t
//                right, |y| where it is wrong (t is 0 or 1)
//                loss                                                 its derivative by y
//
// Stable: log(1 + exp(y)) = max(y, 0) + log(1 + e) with e = exp(-|y|), and log(1 + e) and the derivative keep their
// digits where e is tiny. A row of weight 0 has loss 0 and gradient 0, whatever it holds; NaN is passed on otherwise.
//
// Source: Huber, "Robust Estimation of a Location Parameter", 1964; Cox, "The Regression Analysis of Binary Sequences",
// 1958; Rosenblatt, "The Perceptron", 1958, in the form of Bishop, "Pattern Recognition and Machine Learning", 2006,
// section 4.1.7.

#include <inlay/config.hpp>
#include <inlay/kernels/vectors.hpp>
#include <inlay/simd/math.hpp>

namespace inlay::inline INLAY_ABI::kernels {

enum class RealLoss : std::uint8_t { squared, huber, logistic, perceptron };

namespace detail {

struct LossAndSlope {
  simd::batch loss;
  simd::batch slope;
};

// log(1 + e) for e in [0, 1]: what 1 + e rounded away is added again.
INLAY_FORCE_INLINE simd::batch log_of_one_plus(simd::batch e) {
  const simd::batch one = simd::broadcast(1.0f);
  const simd::batch sum = one + e;
  return simd::log(sum) + (e - (sum - one)) / sum;
}

template <RealLoss L>
INLAY_FORCE_INLINE LossAndSlope real_loss(simd::batch y, simd::batch t, [[maybe_unused]] float delta) {
  using simd::broadcast;
  const simd::batch zero = broadcast(0.0f);
  const simd::batch one = broadcast(1.0f);
  const simd::batch d = y - t;
  if constexpr (L == RealLoss::squared) {
    return {d * d, d + d};
  } else if constexpr (L == RealLoss::huber) {
    const simd::batch cut = simd::minimum(broadcast(delta), simd::maximum(broadcast(-delta), d));  // a NaN passes
    return {cut * (d - broadcast(0.5f) * cut), cut};
  } else if constexpr (L == RealLoss::logistic) {
    const simd::batch e = simd::exp_nonpositive(-simd::abs(y));
    const simd::batch rest = e / (one + e);  // the probability of the less likely answer
    return {simd::fma(-t, y, simd::maximum(zero, y)) + log_of_one_plus(e),
            simd::select(simd::less(y, zero), rest - t, (one - t) - rest)};
  } else {
    static_assert(L == RealLoss::perceptron);
    const simd::batch answer = simd::select(simd::less(zero, y), one, simd::select(simd::less_equal(y, zero), zero, y));
    return {simd::fma(-t, y, simd::maximum(zero, y)), answer - t};
  }
}

enum class Outputs : bool { kept, replaced };

template <RealLoss L, Outputs O, class T>
INLAY_FORCE_INLINE float real_loss_row(size_t width, T* y, const float* t, float delta, float weight) noexcept {
  if (weight == 0.0f) {
    if constexpr (O == Outputs::replaced) fill(width, 0.0f, y);
    return 0.0f;
  }
  if constexpr (L == RealLoss::logistic || L == RealLoss::perceptron)
    for (size_t j = 0; j < width; ++j) INLAY_ASSERT(!(t[j] < 0.0f || t[j] > 1.0f));  // a NaN passes
  const float share = weight / static_cast<float>(width);
  const simd::batch factor = simd::broadcast(share);
  const float total = sum(width, [&](auto at) {
    const LossAndSlope number = real_loss<L>(at.load(y), at.load(t), delta);
    if constexpr (O == Outputs::replaced) at.store(y, factor * number.slope);
    return number.loss;
  });
  return share * total;
}

}  // namespace detail

// The loss of one row; replaces the outputs by their gradient times `weight`.
template <RealLoss L>
INLAY_NO_INLINE float real_loss_row(size_t width, float* y, const float* t, float delta, float weight) noexcept {
  return detail::real_loss_row<L, detail::Outputs::replaced>(width, y, t, delta, weight);
}

// The loss of one row alone.
template <RealLoss L>
INLAY_NO_INLINE float real_loss_of_row(size_t width, const float* y, const float* t, float delta,
                                       float weight) noexcept {
  return detail::real_loss_row<L, detail::Outputs::kept>(width, y, t, delta, weight);
}

}  // namespace inlay::inline INLAY_ABI::kernels
