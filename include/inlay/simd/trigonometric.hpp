#pragma once
// sin and cos over the whole float range, for a batch of any width and for one float.
//
// |x| = n pi/2 + r + low with |r| <= pi/4. Up to 8192 by subtracting n times pi/2 in four parts (Cody and Waite), the
// first three short enough to be exact, with the rounding of the third kept in `low`. Beyond, lane by lane in integers:
// the 24 bits of x times the 96 bits of 2/pi that matter (Payne and Hanek 1983), so that no argument is too large. Then
// sin(r) = r + r^3 S(r^2) or cos(r) = 1 - r^2/2 + r^4 C(r^2), by quadrant. Coefficients as in exponential.hpp.
//
// Error at most 1.20 ULP over all floats (1.5 without a fused multiply-add). sin is odd, cos even to the bit; infinity
// and NaN give NaN.

#include <bit>

#include <inlay/simd/exponential.hpp>

namespace inlay::inline INLAY_ABI::simd {

namespace detail {

template <Arithmetic Batch>
struct Angle {
  typename Batch::integers quadrant;
  Batch value, low;
};

struct ScalarAngle {
  std::int32_t quadrant;
  float value, low;
};

// 2/pi after the point, behind one word of zeros for the shifts that begin before the point.
inline constexpr std::uint32_t two_over_pi[8] = {0,           0xa2f9836eu, 0x4e441529u, 0xfc2757d1u,
                                                 0xf534ddc0u, 0xdb629599u, 0x3c439041u, 0xfe5163abu};

INLAY_FORCE_INLINE float power_of_two(int exponent) noexcept {
  return inlay::bit_cast<float>(static_cast<std::uint32_t>(exponent + 127) << 23);
}

// For a finite x >= 2^13; NaN for infinity.
INLAY_NO_INLINE inline ScalarAngle reduce_large_angle(float x) noexcept {
  const std::uint32_t bits = inlay::bit_cast<std::uint32_t>(x);
  if (bits >= 0x7f800000u) return {0, x - x, 0.0f};
  const std::uint64_t mantissa = (bits & 0x007fffffu) | 0x00800000u;
  // x = mantissa 2^e, e >= -10. Bits of 2/pi from weight 2^(1 - e) on: the earlier ones give multiples of four
  // quadrants.
  const unsigned first = (bits >> 23) - 150u + 30u;
  std::uint64_t window[3];
  for (unsigned i = 0; i < 3; ++i) {
    const unsigned word = first / 32 + i, shift = first % 32;
    const std::uint64_t pair = (std::uint64_t{two_over_pi[word]} << 32) | two_over_pi[word + 1];
    window[i] = (pair << shift) >> 32;
  }
  // The product modulo 2^96, most significant word first: two bits of quadrant, then the fraction of a quadrant.
  std::uint64_t sum = mantissa * window[2];
  const std::uint64_t low = sum & 0xffffffffu;
  sum = mantissa * window[1] + (sum >> 32);
  const std::uint64_t middle = sum & 0xffffffffu;
  const std::uint64_t high = (mantissa * window[0] + (sum >> 32)) & 0xffffffffu;
  std::int32_t quadrant = static_cast<std::int32_t>(high >> 30);
  std::uint64_t fraction = (high << 34) | (middle << 2) | (low >> 30);
  const bool negative = (fraction >> 63) != 0;  // more than half: the angle before the next quadrant
  if (negative) {
    ++quadrant;
    fraction = std::uint64_t{0} - fraction;
  }
  // fraction * pi/2, as the upper half of a product of 64 bits with 64
  const std::uint64_t a1 = fraction >> 32, a0 = fraction & 0xffffffffu, b1 = 0xc90fdaa2u, b0 = 0x2168c235u;
  const std::uint64_t cross = a1 * b0 + ((a0 * b0) >> 32);
  const std::uint64_t cross_low = a0 * b1 + (cross & 0xffffffffu);
  std::uint64_t angle = a1 * b1 + (cross >> 32) + (cross_low >> 32);  // of weight 2^-63
  const int zeros = std::countl_zero(angle | 1u);
  angle <<= zeros;
  const float sign = negative ? -1.0f : 1.0f;
  const float value = static_cast<float>(static_cast<std::int32_t>(angle >> 40)) * power_of_two(-23 - zeros);
  const float rest =
      static_cast<float>(static_cast<std::int32_t>((angle >> 16) & 0xffffffu)) * power_of_two(-47 - zeros);
  return {quadrant, sign * value, sign * rest};
}

inline constexpr float largest_short_angle = 8192.0f;

// a is not negative.
template <Arithmetic Batch>
INLAY_FORCE_INLINE Angle<Batch> reduce_angle(Batch a) noexcept {
  const Batch magic = Batch::broadcast(round_magic);
  const Batch biased = fma(a, Batch::broadcast(0x1.45f306p-1f), magic);
  const Batch n = biased - magic;
  Batch exact = fma(n, Batch::broadcast(-0x1.92p+0f), a);
  exact = fma(n, Batch::broadcast(-0x1.fb4p-12f), exact);
  Angle<Batch> angle;
  angle.quadrant = as_int(biased);
  angle.value = fma(n, Batch::broadcast(-0x1.444p-24f), exact);
  angle.low = fma(n, Batch::broadcast(-0x1.444p-24f), exact - angle.value);
  angle.low = fma(n, Batch::broadcast(-0x1.68c234p-39f), angle.low);
  if (any(less(Batch::broadcast(largest_short_angle), a))) {
    constexpr std::size_t width = Batch::width;
    float arguments[width], values[width], lows[width];
    std::int32_t quadrants[width];
    store(arguments, a);
    store(values, angle.value);
    store(lows, angle.low);
    store(quadrants, angle.quadrant);
    for (std::size_t i = 0; i < width; ++i)
      if (arguments[i] > largest_short_angle) {
        const ScalarAngle large = reduce_large_angle(arguments[i]);
        values[i] = large.value;
        lows[i] = large.low;
        quadrants[i] = large.quadrant;
      }
    angle = {Batch::integers::load(quadrants), Batch::load(values), Batch::load(lows)};
  }
  return angle;
}

template <Arithmetic Batch>
INLAY_FORCE_INLINE Batch sine_of_angle(const Angle<Batch>& angle) noexcept {
  const Batch square = angle.value * angle.value;
  const Batch s = polynomial(square, -0x1.555546p-3f, 0x1.110774p-7f, -0x1.9951eap-13f);  // relative error 2^-27.9
  return angle.value + fma(angle.value * square, s, angle.low);
}
template <Arithmetic Batch>
INLAY_FORCE_INLINE Batch cosine_of_angle(const Angle<Batch>& angle) noexcept {
  const Batch square = angle.value * angle.value;
  const Batch c = polynomial(square, -0.5f, 0x1.55554ap-5f, -0x1.6c0c28p-10f, 0x1.99e80cp-16f);  // relative error 2^-33
  return Batch::broadcast(1.0f) + fma(square, c, -(angle.value * angle.low));
}
// sin(angle + quadrant pi/2)
template <Arithmetic Batch>
INLAY_FORCE_INLINE Batch wave(Batch sine, Batch cosine, typename Batch::integers quadrant) noexcept {
  using Integers = typename Batch::integers;
  const auto even = equal(quadrant & Integers::broadcast(1), Integers::broadcast(0));
  return as_float(as_int(select(even, sine, cosine)) ^ shift_left<30>(quadrant & Integers::broadcast(2)));
}

}  // namespace detail

template <Arithmetic Batch>
struct SineCosine {
  Batch sine, cosine;
};

// Both, for little more than one.
template <Arithmetic Batch>
INLAY_FORCE_INLINE SineCosine<Batch> sine_cosine(Batch x) noexcept {
  const auto angle = detail::reduce_angle(abs(x));
  const Batch sine = detail::sine_of_angle(angle), cosine = detail::cosine_of_angle(angle);
  return {as_float(as_int(detail::wave(sine, cosine, angle.quadrant)) ^ detail::sign_bit(x)),
          detail::wave(sine, cosine, angle.quadrant + Batch::integers::broadcast(1))};
}
template <Arithmetic Batch>
INLAY_FORCE_INLINE Batch sin(Batch x) noexcept {
  return sine_cosine(x).sine;
}
template <Arithmetic Batch>
INLAY_FORCE_INLINE Batch cos(Batch x) noexcept {
  return sine_cosine(x).cosine;
}

INLAY_FORCE_INLINE float sin(float x) noexcept { return sin(ScalarBatch{x}).value; }
INLAY_FORCE_INLINE float cos(float x) noexcept { return cos(ScalarBatch{x}).value; }

}  // namespace inlay::inline INLAY_ABI::simd
