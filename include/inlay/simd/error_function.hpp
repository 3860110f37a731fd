#pragma once
// erf(x) = 2 / sqrt(pi) * integral of exp(-t^2) from 0 to x, for a batch of any width and for one float.
//
//   |x| < 0.85   x + x S(x^2)
//   beyond       1 - 2^-q(|x|), q a polynomial for -log2(erfc)
//
// The second form needs neither a division nor an exponential of -x^2: the power of two is a polynomial on [-1/2, 1/2]
// and a shift, and erfc, at most 0.23 there, needs few correct bits. Coefficients as in exponential.hpp.
//
// Error at most 1.50 ULP over all floats (1.8 without a fused multiply-add). Odd to the bit, never beyond 1; NaN gives
// NaN. 29 arithmetic instructions.

#include <inlay/simd/exponential.hpp>

namespace inlay::inline INLAY_ABI::simd {

template <Arithmetic Batch>
INLAY_FORCE_INLINE Batch erf(Batch x) noexcept {
  const auto sign = detail::sign_bit(x);
  const Batch a = minimum(Batch::broadcast(4.0f), abs(x));  // erf(4) rounds to 1
  // erf(x) / x - 1, relative error of erf 2^-27.1
  const Batch s = detail::polynomial(a * a, 0x1.06eba8p-3f, -0x1.812724p-2f, 0x1.ce2502p-4f, -0x1.b72f06p-6f,
                                     0x1.4b472ep-8f, -0x1.4bf94ap-11f);
  const Batch near = fma(a, s, a);
  // error of erf 2^-28.9
  const Batch q = detail::polynomial(a, 0x1.5832d2p-13f, 0x1.a09c82p+0f, 0x1.d63a14p-1f, 0x1.34a016p-3f,
                                     -0x1.09b50cp-5f, 0x1.25dbc8p-8f, -0x1.32836ap-12f);
  const Batch magic = Batch::broadcast(detail::round_magic + 127.0f);
  const Batch biased = magic - q;
  const Batch rest = (magic - biased) - q;
  // 2^rest; its error, weighted by erfc, is 2^-25.5 of erf
  const Batch p =
      detail::polynomial(rest, 1.0f, 0x1.62e424p-1f, 0x1.ebf98cp-3f, 0x1.c6b8eep-5f, 0x1.3cfc78p-7f, 0x1.5bf33ap-10f);
  const Batch power = as_float(shift_left<23>(as_int(biased)));
  const Batch far = fma(-p, power, Batch::broadcast(1.0f));
  return as_float(as_int(select(less(a, Batch::broadcast(0.85f)), near, far)) | sign);
}

INLAY_FORCE_INLINE float erf(float x) noexcept { return erf(ScalarBatch{x}).value; }

}  // namespace inlay::inline INLAY_ABI::simd
