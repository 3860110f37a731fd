#pragma once
// Elementwise nonlinearities and their derivatives.
//
//   relu       y = max(x, 0)                             dx = dy [x > 0]
//   gelu_erf   y = x Phi(x), Phi(x) = (1 + erf(x / sqrt 2)) / 2      dx = dy (Phi(x) + x phi(x))
//   gelu_tanh  y = x (1 + tanh u) / 2, u = sqrt(2 / pi) (x + 0.044715 x^3)
//              dx = dy ((1 + tanh u) / 2 + x (1 - tanh^2 u) u' / 2)
//              (the derivative for |x| < 1e18: beyond, x^2 overflows)
//   silu       y = x / (1 + exp(-x))                     dx = dy s (1 + x (1 - s)), s = y / x
//   sigmoid    y = 1 / (1 + exp(-x))                     dx = dy e / (1 + e)^2, e = exp(-|x|)
//   tanh       y = tanh x                                dx = dy 4 e / (1 + e)^2, e = exp(-2 |x|)
//              (y (1 - y) and 1 - y^2, in a form that keeps its digits where y is next to 1)
//   identity   y = x                                     dx = dy: for a configuration that asks for none
//
// Saved for backward: x. y may be x in forward; dx may be dy.
// Accuracy: within a few ULP of max(|y|, epsilon): the functions under them state theirs in simd/math.hpp.
//
// relu is (x + |x|) / 2 to the bit, but where x + |x| overflows, and 0 of a NaN; its slope at 0 is taken as 0.
//
// Source: Hendrycks, Gimpel, "Gaussian Error Linear Units", 2016, section 2 (both forms).

#include <inlay/config.hpp>
#include <inlay/kernels/vectors.hpp>
#include <inlay/simd/math.hpp>

namespace inlay::inline INLAY_ABI {

enum class Activation : std::uint8_t { relu, gelu_erf, gelu_tanh, silu, sigmoid, tanh, identity };

namespace kernels {

namespace detail {

struct ValueAndSlope {
  simd::batch value;
  simd::batch slope;
};

// e / (1 + e)^2 with e = exp(-|x|)
INLAY_FORCE_INLINE simd::batch logistic_density(simd::batch x) {
  const simd::batch e = simd::exp_nonpositive(-simd::abs(x));
  const simd::batch sum = simd::broadcast(1.0f) + e;
  return e / (sum * sum);
}

template <Activation A>
INLAY_FORCE_INLINE ValueAndSlope activation(simd::batch x) {
  using simd::broadcast;
  const simd::batch zero = broadcast(0.0f);
  const simd::batch one = broadcast(1.0f);
  const simd::batch half = broadcast(0.5f);
  if constexpr (A == Activation::relu) {
    const auto positive = simd::less(zero, x);
    return {simd::select(positive, x, zero), simd::select(positive, one, zero)};
  } else if constexpr (A == Activation::gelu_erf) {
    const simd::batch cumulative = half * (one + simd::erf(x * broadcast(0.70710678f)));
    const simd::batch density = broadcast(0.39894228f) * simd::exp(broadcast(-0.5f) * (x * x));
    return {x * cumulative, cumulative + x * density};
  } else if constexpr (A == Activation::gelu_tanh) {
    const simd::batch square = x * x;
    const simd::batch inner = broadcast(0.79788456f) * simd::fma(broadcast(0.044715f) * square, x, x);
    const simd::batch inner_slope = broadcast(0.79788456f) * simd::fma(broadcast(3 * 0.044715f), square, one);
    const simd::batch t = simd::tanh(inner);
    const simd::batch half_sum = half * (one + t);
    return {x * half_sum, half_sum + half * x * (one - t * t) * inner_slope};
  } else if constexpr (A == Activation::silu) {
    const simd::batch sigmoid = one / (one + simd::exp(-x));
    return {x * sigmoid, sigmoid * (one + x * (one - sigmoid))};
  } else if constexpr (A == Activation::sigmoid) {
    return {simd::sigmoid(x), logistic_density(x)};
  } else if constexpr (A == Activation::tanh) {
    return {simd::tanh(x), broadcast(4.0f) * logistic_density(x + x)};
  } else {
    static_assert(A == Activation::identity);
    return {x, one};
  }
}

}  // namespace detail

template <Activation A>
INLAY_NO_INLINE void activate(size_t n, const float* x, float* y) noexcept {
  for_each_vector(n, [&](auto at) { at.store(y, detail::activation<A>(at.load(x)).value); });
}

template <Activation A>
INLAY_NO_INLINE void activate_backward(size_t n, const float* x, const float* dy, float* dx) noexcept {
  for_each_vector(n, [&](auto at) { at.store(dx, at.load(dy) * detail::activation<A>(at.load(x)).slope); });
}

}  // namespace kernels
}  // namespace inlay::inline INLAY_ABI
