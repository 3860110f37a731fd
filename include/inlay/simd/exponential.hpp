#pragma once
// exp, log, tanh and the logistic sigmoid, for a batch of any width and for one float: the same bits in each lane.
//
// Only fused multiply-adds, + - * /, comparisons with a selection, and integer operations on the bits; no libm, no
// rounding mode but the default one, no table. Every coefficient is a float that was found here: a minimax fit (Remez
// exchange on the relative error of the result) of the remainder that is named at each function; the coefficients were
// rounded to float one after the other, the largest first, and the rest fitted again each time.
//
//   function          error      range
//   exp               0.90 ULP   infinity above 88.7228; gradual underflow, down to zero below -103.97
//   exp_nonpositive   as exp     exp(x) to the bit for x <= 0 and NaN, in fewer instructions; no promise beyond
//   log               0.83 ULP   subnormals as any other; log(0) = -infinity, of a negative number NaN
//   tanh              1.60 ULP   odd to the bit, never beyond 1, tanh(x) = x for subnormals
//   sigmoid           2.41 ULP   no overflow inside; gradual underflow
//
// The errors are the largest over all floats, against the double-precision function, in units in the last place of the
// exact result (2^-149 where that is subnormal), with a fused multiply-add. Without one: 1.2, 0.9, 1.8 and 2.6 at most
// in the tests' sample. NaN gives NaN. `exp` takes 18 arithmetic instructions (13 on AVX-512, which scales by 2^n in
// one), `exp_nonpositive` 14 (12), `tanh` 25.

#include <inlay/simd/simd.hpp>

namespace inlay::inline INLAY_ABI::simd {

// What an algorithm may run on: `batch` or `ScalarBatch`.
template <class Batch>
concept Arithmetic = requires {
  typename Batch::integers;
  typename Batch::mask;
  Batch::width;
};

namespace detail {

inline constexpr float infinity = __builtin_inff();
inline constexpr float not_a_number = __builtin_nanf("");
inline constexpr float round_magic = 12582912.0f;  // 1.5 * 2^23: a sum with it has no bits for a fraction

// c0 + x (c1 + x (c2 + ...))
template <Arithmetic Batch>
INLAY_FORCE_INLINE Batch polynomial(Batch, float last) noexcept {
  return Batch::broadcast(last);
}
template <Arithmetic Batch, class... Coefficients>
INLAY_FORCE_INLINE Batch polynomial(Batch x, float first, Coefficients... rest) noexcept {
  return fma(polynomial(x, rest...), x, Batch::broadcast(first));
}

template <Arithmetic Batch>
INLAY_FORCE_INLINE typename Batch::integers sign_bit(Batch x) noexcept {
  return as_int(x) & Batch::integers::broadcast(static_cast<std::int32_t>(0x80000000u));
}

// x = n ln 2 + r with an integer n and |r| <= ln(2) / 2;  exp(x) = mantissa 2^n. `biased` is n + round_magic + bias.
// The high part of ln 2 has 15 bits, so that its product with n is exact even without a fused multiply-add.
template <Arithmetic Batch>
struct Exponential {
  Batch mantissa, biased, n;
};
template <Arithmetic Batch>
INLAY_FORCE_INLINE Exponential<Batch> exponential(Batch x, float bias) noexcept {
  const Batch magic = Batch::broadcast(round_magic + bias);
  const Batch biased = fma(x, Batch::broadcast(0x1.715476p+0f), magic);
  const Batch n = biased - magic;
  Batch r = fma(n, Batch::broadcast(-0x1.62e4p-1f), x);
  r = fma(n, Batch::broadcast(-0x1.7f7d1cp-20f), r);
  // (e^r - 1 - r) / r^2, relative error of e^r 2^-28.2
  return {polynomial(r, 1.0f, 1.0f, 0x1.fffffcp-2f, 0x1.55548cp-3f, 0x1.555858p-5f, 0x1.123df2p-7f, 0x1.6ac862p-10f),
          biased, n};
}

inline constexpr float exp_lowest = -104.0f;  // below, the result rounds to zero
inline constexpr float exp_highest = 89.0f;   // above, to infinity

}  // namespace detail

template <Arithmetic Batch>
INLAY_FORCE_INLINE Batch exp(Batch x) noexcept {
  x = maximum(Batch::broadcast(detail::exp_lowest), x);  // in this order a NaN passes
  x = minimum(Batch::broadcast(detail::exp_highest), x);
  const auto e = detail::exponential(x, 254.0f);
  if constexpr (requires { scale_exponent(e.mantissa, e.n); }) {
    return scale_exponent(e.mantissa, e.n);
  } else {
    // 2^n as two factors, of which only the second product can round: n + 254 is halved into two biased exponents.
    const auto both = as_int(e.biased);
    const auto half = shift_right_logical<1>(both);
    return e.mantissa * as_float(shift_left<23>(half)) * as_float(shift_left<23>(both - half));
  }
}

// For softmax, whose arguments have the maximum subtracted.
template <Arithmetic Batch>
INLAY_FORCE_INLINE Batch exp_nonpositive(Batch x) noexcept {
  x = maximum(Batch::broadcast(detail::exp_lowest), x);
  const auto e = detail::exponential(x, 159.0f);
  if constexpr (requires { scale_exponent(e.mantissa, e.n); }) {
    return scale_exponent(e.mantissa, e.n);
  } else {
    // 2^(n + 32) is normal for each n, and the last product alone can round.
    return e.mantissa * as_float(shift_left<23>(as_int(e.biased))) * Batch::broadcast(0x1p-32f);
  }
}

// x = 2^k m with m in [sqrt(1/2), sqrt(2)), f = m - 1:  log(x) = k ln 2 + f - f^2 / 2 + f^3 P(f)
template <Arithmetic Batch>
INLAY_FORCE_INLINE Batch log(Batch x) noexcept {
  using Integers = typename Batch::integers;
  const auto subnormal = less(x, Batch::broadcast(0x1p-126f));
  const Batch scaled = select(subnormal, x * Batch::broadcast(0x1p23f), x);
  const Integers root_half = Integers::broadcast(0x3f3504f3);
  const Integers above = as_int(scaled) - root_half;
  const Batch k = to_float(shift_right<23>(above)) - select(subnormal, Batch::broadcast(23.0f), Batch::broadcast(0.0f));
  const Batch f = as_float((above & Integers::broadcast(0x007fffff)) + root_half) - Batch::broadcast(1.0f);
  // relative error of the logarithm 2^-30
  const Batch p = detail::polynomial(f, 0x1.555548p-2f, -0x1.000012p-2f, 0x1.99a450p-3f, -0x1.555958p-3f,
                                     0x1.233d4cp-3f, -0x1.fc5fe0p-4f, 0x1.e6c862p-4f, -0x1.dd81fep-4f, 0x1.145970p-4f);
  const Batch tail = fma(f * f, fma(f, p, Batch::broadcast(-0.5f)), k * Batch::broadcast(0x1.7f7d1cp-20f));
  Batch y = fma(k, Batch::broadcast(0x1.62e4p-1f), f + tail);
  y = select(less(x, Batch::broadcast(detail::infinity)), y, x);  // infinity
  const Batch special = select(equal(x, Batch::broadcast(0.0f)), Batch::broadcast(-detail::infinity),
                               Batch::broadcast(detail::not_a_number));
  return select(less(Batch::broadcast(0.0f), x), y, special);
}

// |x| < 0.65: x + x^3 R(x^2);  beyond: 1 - 2 / (exp(2|x|) + 1), where the error of exp hardly counts.
template <Arithmetic Batch>
INLAY_FORCE_INLINE Batch tanh(Batch x) noexcept {
  const auto sign = detail::sign_bit(x);
  const Batch a = minimum(Batch::broadcast(10.0f), abs(x));  // tanh(10) rounds to 1
  const Batch square = a * a;
  // relative error of tanh 2^-27.1
  const Batch r =
      detail::polynomial(square, -0x1.555524p-2f, 0x1.1103eap-3f, -0x1.b7ce82p-5f, 0x1.4f5402p-6f, -0x1.693c54p-8f);
  const Batch near = fma(a * square, r, a);
  const Batch magic = Batch::broadcast(detail::round_magic + 127.0f);
  const Batch biased = fma(a, Batch::broadcast(0x1.715476p+1f), magic);
  const Batch rest = fma(biased - magic, Batch::broadcast(-0x1.62e43p-2f), a);
  // exp(2 rest); its error, weighted by what is left of it in tanh, is 2^-24.8
  const Batch e =
      detail::polynomial(rest, 1.0f, 0x1.fffffep+0f, 0x1.fffdc2p+0f, 0x1.55579cp+0f, 0x1.573b8ep-1f, 0x1.10999ep-2f);
  const Batch power = as_float(shift_left<23>(as_int(biased)));
  const Batch one = Batch::broadcast(1.0f);
  const Batch far = one - Batch::broadcast(2.0f) / fma(e, power, one);
  return as_float(as_int(select(less(a, Batch::broadcast(0.65f)), near, far)) | sign);
}

// With e = exp(-|x|): 1 / (1 + e) for positive x, e / (1 + e) for negative.
template <Arithmetic Batch>
INLAY_FORCE_INLINE Batch sigmoid(Batch x) noexcept {
  const Batch one = Batch::broadcast(1.0f);
  const Batch e = exp_nonpositive(-abs(x));
  return select(less(x, Batch::broadcast(0.0f)), e, one) / (one + e);
}

INLAY_FORCE_INLINE float exp(float x) noexcept { return exp(ScalarBatch{x}).value; }
INLAY_FORCE_INLINE float exp_nonpositive(float x) noexcept { return exp_nonpositive(ScalarBatch{x}).value; }
INLAY_FORCE_INLINE float log(float x) noexcept { return log(ScalarBatch{x}).value; }
INLAY_FORCE_INLINE float tanh(float x) noexcept { return tanh(ScalarBatch{x}).value; }
INLAY_FORCE_INLINE float sigmoid(float x) noexcept { return sigmoid(ScalarBatch{x}).value; }

}  // namespace inlay::inline INLAY_ABI::simd
