#pragma once
// The vector of the target: the one file that names xsimd or an intrinsic.
//
//   batch, ibatch, mask     `width` floats, as many 32-bit integers, and the result of a comparison
//   load, store, load_partial, store_partial, broadcast
//   + - * / unary-, fma, sqrt, abs, minimum, maximum, select, less, less_equal, equal, any
//   ibatch: + - & | ^, shift_left<N>, shift_right<N> (arithmetic), shift_right_logical<N>; as_int, as_float (bits),
//   to_float (value) round(x), round_to_int(x)    to the nearest integer, ties to even, by an addition reduce_add,
//   reduce_maximum   over the lanes of one batch, as a halving tree Lanes (lanes.hpp)            the 16 virtual lanes
//   of a row sum;  transpose_16 (transpose.hpp)
//
// Every operation gives the same bits on every target that has a fused multiply-add (`has_fused_multiply_add`); the
// bits of a NaN are outside that promise. minimum and maximum are a comparison and a selection, so that a NaN or two
// zeros of different sign give the same answer everywhere: the second argument.
//
// xsimd supplies the registers and the plain operations on SSE, AVX, AVX2, NEON and WebAssembly. Intrinsics stand where
// its releases from 8.1 on differ or have a gap, and where a sequence decides the speed of a kernel (partial loads,
// transposes, trees). AVX-512 is all intrinsics: xsimd 8.1 has no multiply-add for it, and does not offer it to GCC at
// all. Anywhere else `batch` is `ScalarBatch`; neither there nor on AVX-512 is xsimd included.

#include <concepts>

#include <inlay/simd/scalar_batch.hpp>

#if defined(INLAY_SIMD_SCALAR)
#elif defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512DQ__) && defined(__AVX512VL__)
#define INLAY_SIMD_AVX512 1
#include <immintrin.h>
#elif defined(__SSE2__) || defined(_M_X64) || defined(__ARM_NEON) || defined(__wasm_simd128__)
#include <xsimd/xsimd.hpp>
#if !defined(XSIMD_NO_SUPPORTED_ARCHITECTURE)
#define INLAY_SIMD_XSIMD 1
#endif
#endif

namespace inlay::inline INLAY_ABI::simd {

#if defined(INLAY_SIMD_AVX512)

struct NativeMask {
  __mmask16 value;
};
struct NativeIntegers {
  __m512i value;
  static INLAY_FORCE_INLINE NativeIntegers broadcast(std::int32_t x) noexcept { return {_mm512_set1_epi32(x)}; }
  static INLAY_FORCE_INLINE NativeIntegers load(const std::int32_t* from) noexcept {
    return {_mm512_loadu_si512(from)};
  }
};
struct NativeBatch {
  using integers = NativeIntegers;
  using mask = NativeMask;
  static constexpr std::size_t width = 16;
  __m512 value;
  static INLAY_FORCE_INLINE NativeBatch broadcast(float x) noexcept { return {_mm512_set1_ps(x)}; }
  static INLAY_FORCE_INLINE NativeBatch load(const float* from) noexcept { return {_mm512_loadu_ps(from)}; }
};

using batch = NativeBatch;
using ibatch = NativeIntegers;
using mask = NativeMask;
inline constexpr std::size_t registers = 32;
inline constexpr bool has_fused_multiply_add = true;

INLAY_FORCE_INLINE void store(float* to, batch x) noexcept { _mm512_storeu_ps(to, x.value); }
INLAY_FORCE_INLINE void store(std::int32_t* to, ibatch x) noexcept { _mm512_storeu_si512(to, x.value); }
namespace detail {
INLAY_FORCE_INLINE __mmask16 first(std::size_t count) noexcept { return static_cast<__mmask16>((1u << count) - 1u); }
}  // namespace detail
INLAY_FORCE_INLINE batch load_partial(const float* from, std::size_t count) noexcept {
  return {_mm512_maskz_loadu_ps(detail::first(count), from)};
}
INLAY_FORCE_INLINE void store_partial(float* to, batch x, std::size_t count) noexcept {
  _mm512_mask_storeu_ps(to, detail::first(count), x.value);
}

// x * 2^n for an integer n, rounded once.
INLAY_FORCE_INLINE batch scale_exponent(batch x, batch n) noexcept {
  return {_mm512_maskz_scalef_ps(0xffff, x.value, n.value)};
}

// The zero-masked forms with every lane wanted are the plain instructions. GCC 12 warns of an uninitialised register in
// the plain spellings once they are inlined.
inline constexpr __mmask16 every_lane = 0xffff;
INLAY_FORCE_INLINE batch operator+(batch a, batch b) noexcept { return {_mm512_add_ps(a.value, b.value)}; }
INLAY_FORCE_INLINE batch operator-(batch a, batch b) noexcept { return {_mm512_sub_ps(a.value, b.value)}; }
INLAY_FORCE_INLINE batch operator*(batch a, batch b) noexcept { return {_mm512_mul_ps(a.value, b.value)}; }
INLAY_FORCE_INLINE batch operator/(batch a, batch b) noexcept { return {_mm512_div_ps(a.value, b.value)}; }
INLAY_FORCE_INLINE batch fma(batch a, batch b, batch c) noexcept {
  return {_mm512_fmadd_ps(a.value, b.value, c.value)};
}
INLAY_FORCE_INLINE batch sqrt(batch a) noexcept { return {_mm512_maskz_sqrt_ps(every_lane, a.value)}; }
INLAY_FORCE_INLINE batch minimum(batch a, batch b) noexcept {
  return {_mm512_maskz_min_ps(every_lane, a.value, b.value)};
}
INLAY_FORCE_INLINE batch maximum(batch a, batch b) noexcept {
  return {_mm512_maskz_max_ps(every_lane, a.value, b.value)};
}

INLAY_FORCE_INLINE ibatch operator+(ibatch a, ibatch b) noexcept { return {_mm512_add_epi32(a.value, b.value)}; }
INLAY_FORCE_INLINE ibatch operator-(ibatch a, ibatch b) noexcept { return {_mm512_sub_epi32(a.value, b.value)}; }
INLAY_FORCE_INLINE ibatch operator&(ibatch a, ibatch b) noexcept { return {_mm512_and_si512(a.value, b.value)}; }
INLAY_FORCE_INLINE ibatch operator|(ibatch a, ibatch b) noexcept { return {_mm512_or_si512(a.value, b.value)}; }
INLAY_FORCE_INLINE ibatch operator^(ibatch a, ibatch b) noexcept { return {_mm512_xor_si512(a.value, b.value)}; }
template <int N>
INLAY_FORCE_INLINE ibatch shift_left(ibatch a) noexcept {
  return {_mm512_maskz_slli_epi32(every_lane, a.value, N)};
}
template <int N>
INLAY_FORCE_INLINE ibatch shift_right(ibatch a) noexcept {
  return {_mm512_maskz_srai_epi32(every_lane, a.value, N)};
}
template <int N>
INLAY_FORCE_INLINE ibatch shift_right_logical(ibatch a) noexcept {
  return {_mm512_maskz_srli_epi32(every_lane, a.value, N)};
}
INLAY_FORCE_INLINE ibatch as_int(batch a) noexcept { return {_mm512_castps_si512(a.value)}; }
INLAY_FORCE_INLINE batch as_float(ibatch a) noexcept { return {_mm512_castsi512_ps(a.value)}; }
INLAY_FORCE_INLINE batch to_float(ibatch a) noexcept { return {_mm512_maskz_cvtepi32_ps(every_lane, a.value)}; }

INLAY_FORCE_INLINE mask less(batch a, batch b) noexcept { return {_mm512_cmp_ps_mask(a.value, b.value, _CMP_LT_OQ)}; }
INLAY_FORCE_INLINE mask less_equal(batch a, batch b) noexcept {
  return {_mm512_cmp_ps_mask(a.value, b.value, _CMP_LE_OQ)};
}
INLAY_FORCE_INLINE mask equal(batch a, batch b) noexcept { return {_mm512_cmp_ps_mask(a.value, b.value, _CMP_EQ_OQ)}; }
INLAY_FORCE_INLINE mask less(ibatch a, ibatch b) noexcept { return {_mm512_cmplt_epi32_mask(a.value, b.value)}; }
INLAY_FORCE_INLINE mask less_equal(ibatch a, ibatch b) noexcept { return {_mm512_cmple_epi32_mask(a.value, b.value)}; }
INLAY_FORCE_INLINE mask equal(ibatch a, ibatch b) noexcept { return {_mm512_cmpeq_epi32_mask(a.value, b.value)}; }
INLAY_FORCE_INLINE mask operator&(mask a, mask b) noexcept { return {static_cast<__mmask16>(a.value & b.value)}; }
INLAY_FORCE_INLINE mask operator|(mask a, mask b) noexcept { return {static_cast<__mmask16>(a.value | b.value)}; }
INLAY_FORCE_INLINE mask operator!(mask a) noexcept { return {static_cast<__mmask16>(~a.value)}; }
INLAY_FORCE_INLINE bool any(mask a) noexcept { return a.value != 0; }
INLAY_FORCE_INLINE batch select(mask m, batch a, batch b) noexcept {
  return {_mm512_mask_blend_ps(m.value, b.value, a.value)};
}
INLAY_FORCE_INLINE ibatch select(mask m, ibatch a, ibatch b) noexcept {
  return {_mm512_mask_blend_epi32(m.value, b.value, a.value)};
}

#elif defined(INLAY_SIMD_XSIMD)

namespace detail {
// Named one by one: what xsimd would choose by itself differs between its releases.
#if defined(__AVX2__)
using Architecture = xsimd::avx2;
#elif defined(__AVX__)
using Architecture = xsimd::avx;
#elif defined(__SSE4_1__)
using Architecture = xsimd::sse4_1;
#elif defined(__SSE2__) || defined(_M_X64)
using Architecture = xsimd::sse2;
#elif defined(__aarch64__)
using Architecture = xsimd::neon64;  // also with SVE, whose width is not a constant
#else
using Architecture = xsimd::default_arch;
#endif
using FloatRegister = xsimd::batch<float, Architecture>;
using IntegerRegister = xsimd::batch<std::int32_t, Architecture>;
using UnsignedRegister = xsimd::batch<std::uint32_t, Architecture>;
using FloatMask = xsimd::batch_bool<float, Architecture>;
using IntegerMask = xsimd::batch_bool<std::int32_t, Architecture>;
}  // namespace detail

struct NativeMask {
  detail::FloatMask value;
};

struct NativeIntegers {
  detail::IntegerRegister value;
  static INLAY_FORCE_INLINE NativeIntegers broadcast(std::int32_t x) noexcept { return {detail::IntegerRegister(x)}; }
  static INLAY_FORCE_INLINE NativeIntegers load(const std::int32_t* from) noexcept {
    return {detail::IntegerRegister::load_unaligned(from)};
  }
};

struct NativeBatch {
  using integers = NativeIntegers;
  using mask = NativeMask;
  static constexpr std::size_t width = detail::FloatRegister::size;
  detail::FloatRegister value;
  static INLAY_FORCE_INLINE NativeBatch broadcast(float x) noexcept { return {detail::FloatRegister(x)}; }
  static INLAY_FORCE_INLINE NativeBatch load(const float* from) noexcept {
    return {detail::FloatRegister::load_unaligned(from)};
  }
};

using batch = NativeBatch;
using ibatch = NativeIntegers;
using mask = NativeMask;
#if defined(__aarch64__)
inline constexpr std::size_t registers = 32;
#else
inline constexpr std::size_t registers = 16;
#endif
#if defined(__FMA__) || defined(__aarch64__)
inline constexpr bool has_fused_multiply_add = true;
#else
inline constexpr bool has_fused_multiply_add =
    false;  // 32-bit NEON has one but flushes denormals, so it makes no promise
#endif

INLAY_FORCE_INLINE void store(float* to, batch x) noexcept { x.value.store_unaligned(to); }
INLAY_FORCE_INLINE void store(std::int32_t* to, ibatch x) noexcept { x.value.store_unaligned(to); }

INLAY_FORCE_INLINE batch operator+(batch a, batch b) noexcept { return {a.value + b.value}; }
INLAY_FORCE_INLINE batch operator-(batch a, batch b) noexcept { return {a.value - b.value}; }
INLAY_FORCE_INLINE batch operator*(batch a, batch b) noexcept { return {a.value * b.value}; }
INLAY_FORCE_INLINE ibatch operator+(ibatch a, ibatch b) noexcept { return {a.value + b.value}; }
INLAY_FORCE_INLINE ibatch operator-(ibatch a, ibatch b) noexcept { return {a.value - b.value}; }
INLAY_FORCE_INLINE ibatch operator&(ibatch a, ibatch b) noexcept { return {a.value & b.value}; }
INLAY_FORCE_INLINE ibatch operator|(ibatch a, ibatch b) noexcept { return {a.value | b.value}; }
INLAY_FORCE_INLINE ibatch operator^(ibatch a, ibatch b) noexcept { return {a.value ^ b.value}; }
template <int N>
INLAY_FORCE_INLINE ibatch shift_left(ibatch a) noexcept {
  return {a.value << N};
}
template <int N>
INLAY_FORCE_INLINE ibatch shift_right(ibatch a) noexcept {
  return {a.value >> N};
}
template <int N>
INLAY_FORCE_INLINE ibatch shift_right_logical(ibatch a) noexcept {
  return {std::bit_cast<detail::IntegerRegister>(std::bit_cast<detail::UnsignedRegister>(a.value) >> N)};
}

INLAY_FORCE_INLINE ibatch as_int(batch a) noexcept { return {std::bit_cast<detail::IntegerRegister>(a.value)}; }
INLAY_FORCE_INLINE batch as_float(ibatch a) noexcept { return {std::bit_cast<detail::FloatRegister>(a.value)}; }
INLAY_FORCE_INLINE batch to_float(ibatch a) noexcept { return {xsimd::to_float(a.value)}; }

// xsimd 8.1 divides and takes roots on NEON by approximation and refinement: not IEEE. 32-bit NEON has nothing better.
#if defined(__ARM_NEON) && !defined(__aarch64__)
INLAY_FORCE_INLINE batch operator/(batch a, batch b) noexcept {
  alignas(16) float dividend[batch::width], divisor[batch::width];
  store(dividend, a);
  store(divisor, b);
  for (std::size_t i = 0; i < batch::width; ++i) dividend[i] = dividend[i] / divisor[i];
  return batch::load(dividend);
}
INLAY_FORCE_INLINE batch sqrt(batch a) noexcept {
  alignas(16) float values[batch::width];
  store(values, a);
  for (std::size_t i = 0; i < batch::width; ++i) values[i] = __builtin_sqrtf(values[i]);
  return batch::load(values);
}
#elif defined(__aarch64__)
INLAY_FORCE_INLINE batch operator/(batch a, batch b) noexcept { return {vdivq_f32(a.value, b.value)}; }
INLAY_FORCE_INLINE batch sqrt(batch a) noexcept { return {vsqrtq_f32(a.value)}; }
#else
INLAY_FORCE_INLINE batch operator/(batch a, batch b) noexcept { return {a.value / b.value}; }
INLAY_FORCE_INLINE batch sqrt(batch a) noexcept { return {xsimd::sqrt(a.value)}; }
#endif

INLAY_FORCE_INLINE mask less(batch a, batch b) noexcept { return {a.value < b.value}; }
INLAY_FORCE_INLINE mask less_equal(batch a, batch b) noexcept { return {a.value <= b.value}; }
INLAY_FORCE_INLINE mask equal(batch a, batch b) noexcept { return {a.value == b.value}; }
INLAY_FORCE_INLINE mask less(ibatch a, ibatch b) noexcept {
  return {std::bit_cast<detail::FloatMask>(a.value < b.value)};
}
INLAY_FORCE_INLINE mask less_equal(ibatch a, ibatch b) noexcept {
  return {std::bit_cast<detail::FloatMask>(a.value <= b.value)};
}
INLAY_FORCE_INLINE mask equal(ibatch a, ibatch b) noexcept {
  return {std::bit_cast<detail::FloatMask>(a.value == b.value)};
}
INLAY_FORCE_INLINE mask operator&(mask a, mask b) noexcept { return {a.value & b.value}; }
INLAY_FORCE_INLINE mask operator|(mask a, mask b) noexcept { return {a.value | b.value}; }
INLAY_FORCE_INLINE mask operator!(mask a) noexcept { return {~a.value}; }
INLAY_FORCE_INLINE bool any(mask a) noexcept { return xsimd::any(a.value); }
INLAY_FORCE_INLINE batch select(mask m, batch a, batch b) noexcept {
  return {xsimd::select(m.value, a.value, b.value)};
}
INLAY_FORCE_INLINE ibatch select(mask m, ibatch a, ibatch b) noexcept {
  return {xsimd::select(std::bit_cast<detail::IntegerMask>(m.value), a.value, b.value)};
}

// x86 returns the second operand of MINPS and MAXPS when one is a NaN or both are zeros, which is the selection itself.
INLAY_FORCE_INLINE batch minimum(batch a, batch b) noexcept {
#if defined(__AVX__)
  return {_mm256_min_ps(a.value, b.value)};
#elif defined(__SSE2__)
  return {_mm_min_ps(a.value, b.value)};
#else
  return select(less(a, b), a, b);
#endif
}
INLAY_FORCE_INLINE batch maximum(batch a, batch b) noexcept {
#if defined(__AVX__)
  return {_mm256_max_ps(a.value, b.value)};
#elif defined(__SSE2__)
  return {_mm_max_ps(a.value, b.value)};
#else
  return select(less(b, a), a, b);
#endif
}

INLAY_FORCE_INLINE batch fma(batch a, batch b, batch c) noexcept {
#if defined(__FMA__)
  return {_mm256_fmadd_ps(a.value, b.value, c.value)};
#elif defined(__aarch64__)
  return {vfmaq_f32(c.value, a.value, b.value)};
#else
  return a * b + c;
#endif
}

// The first `count` (at most `width`) floats; the other lanes are +0 and their memory is not touched.
INLAY_FORCE_INLINE batch load_partial(const float* from, std::size_t count) noexcept {
#if defined(__AVX2__)
  const __m256i lanes = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
  return {_mm256_maskload_ps(from, _mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int>(count)), lanes))};
#else
  alignas(64) float lanes[batch::width] = {};
  for (std::size_t i = 0; i < count; ++i) lanes[i] = from[i];
  return batch::load(lanes);
#endif
}
INLAY_FORCE_INLINE void store_partial(float* to, batch x, std::size_t count) noexcept {
#if defined(__AVX2__)
  const __m256i lanes = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
  _mm256_maskstore_ps(to, _mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int>(count)), lanes), x.value);
#else
  alignas(64) float lanes[batch::width];
  store(lanes, x);
  for (std::size_t i = 0; i < count; ++i) to[i] = lanes[i];
#endif
}

#else  // no vector unit, or none that is used

using batch = ScalarBatch;
using ibatch = ScalarIntegers;
using mask = ScalarMask;
inline constexpr std::size_t registers = 16;
inline constexpr bool has_fused_multiply_add = scalar_fused_multiply_add;

INLAY_FORCE_INLINE batch load_partial(const float* from, std::size_t count) noexcept {
  return {count != 0 ? *from : 0.0f};
}
#endif

inline constexpr std::size_t width = batch::width;

INLAY_FORCE_INLINE batch load(const float* from) noexcept { return batch::load(from); }
INLAY_FORCE_INLINE ibatch load(const std::int32_t* from) noexcept { return ibatch::load(from); }
INLAY_FORCE_INLINE batch broadcast(float x) noexcept { return batch::broadcast(x); }
template <std::integral Integer>
INLAY_FORCE_INLINE ibatch broadcast(Integer x) noexcept {
  return ibatch::broadcast(static_cast<std::int32_t>(x));
}

#if defined(INLAY_SIMD_AVX512) || defined(INLAY_SIMD_XSIMD)

INLAY_FORCE_INLINE batch operator-(batch a) noexcept { return as_float(as_int(a) ^ broadcast(0x80000000u)); }
INLAY_FORCE_INLINE batch abs(batch a) noexcept { return as_float(as_int(a) & broadcast(0x7fffffff)); }

// The tree over one batch: lane i with lane i + width/2, then half of that, down to one.
INLAY_FORCE_INLINE float reduce_add(batch x) noexcept {
  alignas(64) float lanes[width];
  store(lanes, x);
  for (std::size_t half = width / 2; half != 0; half /= 2)
    for (std::size_t i = 0; i < half; ++i) lanes[i] = lanes[i] + lanes[i + half];
  return lanes[0];
}
INLAY_FORCE_INLINE float reduce_maximum(batch x) noexcept {
  alignas(64) float lanes[width];
  store(lanes, x);
  for (std::size_t half = width / 2; half != 0; half /= 2)
    for (std::size_t i = 0; i < half; ++i) lanes[i] = lanes[i + half] < lanes[i] ? lanes[i] : lanes[i + half];
  return lanes[0];
}

// rows[i] lane j  <->  rows[j] lane i
INLAY_FORCE_INLINE void transpose_square(batch (&rows)[width]) noexcept {
  alignas(64) float values[width * width];
  for (std::size_t i = 0; i < width; ++i) store(values + i * width, rows[i]);
  for (std::size_t i = 0; i < width; ++i)
    for (std::size_t j = 0; j < i; ++j) {
      const float swapped = values[i * width + j];
      values[i * width + j] = values[j * width + i];
      values[j * width + i] = swapped;
    }
  for (std::size_t i = 0; i < width; ++i) rows[i] = load(values + i * width);
}

#endif

// Adding 1.5 * 2^23 leaves no bit for a fraction, and the sum is rounded to nearest, ties to even. For |x| <= 2^22.
template <class Batch>
INLAY_FORCE_INLINE Batch round(Batch x) noexcept {
  const Batch magic = Batch::broadcast(12582912.0f);
  return (x + magic) - magic;
}
template <class Batch>
INLAY_FORCE_INLINE typename Batch::integers round_to_int(Batch x) noexcept {
  const Batch magic = Batch::broadcast(12582912.0f);
  return as_int(x + magic) - as_int(magic);
}

}  // namespace inlay::inline INLAY_ABI::simd

#undef INLAY_SIMD_AVX512
#undef INLAY_SIMD_XSIMD

#include <inlay/simd/lanes.hpp>
#include <inlay/simd/transpose.hpp>
