#pragma once
// The vector of the target: the one file, with wasm_batch.hpp, that names xsimd or an intrinsic.
//
//   batch, ibatch, mask          `width` floats, as many 32-bit integers, the result of a comparison
//   load, store, broadcast       unaligned
//   load_partial, store_partial  the first `count` <= width lanes; others are +0, their memory is not touched
//   + - * / unary-, fma, sqrt, abs, minimum, maximum
//   less, less_equal, equal, & | ! of masks, any, select
//   + - & | ^ of ibatch, shift_left<N>, shift_right<N> (arithmetic), shift_right_logical<N>
//   as_int, as_float (bits), to_float (value)
//   round, round_to_int          to nearest, ties to even, by an addition; for |x| <= 2^22
//   reduce_add, reduce_maximum   lane i with lane i + width/2, then half of that, down to one
//   Lanes (lanes.hpp)            the 16 virtual lanes of a row sum;  transpose_16 (transpose.hpp)
//
// Every operation gives the same bits on every target that has a fused multiply-add (`has_fused_multiply_add`), where
// 32-bit NEON, which takes numbers below the normal range for zero (`keeps_denormals`), does not meet such a number;
// the bits of a NaN are outside that promise. minimum and maximum are a comparison and a selection, so that a NaN or
// two zeros of different sign give the same answer everywhere: the second argument.
//
// xsimd supplies the registers and the plain operations on SSE, AVX, AVX2 and NEON. Intrinsics stand where its releases
// from 8.1 on differ or have a gap, and where a sequence decides the speed of a kernel. AVX-512 is all intrinsics:
// xsimd 8.1 has no multiply-add for it, and does not offer it to GCC at all. So is WebAssembly (wasm_batch.hpp), which
// xsimd 8.1 does not know. Anywhere else `batch` is `ScalarBatch`. Only where xsimd serves is it included.

#include <concepts>

#include <inlay/simd/scalar_batch.hpp>

#if defined(INLAY_SIMD_SCALAR)
#elif defined(__wasm_simd128__)  // first: Emscripten's -msse2 defines __SSE2__ too
#define INLAY_SIMD_WASM 1
#include <inlay/simd/wasm_batch.hpp>
#elif defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512DQ__) && defined(__AVX512VL__)
#define INLAY_SIMD_AVX512 1
#include <immintrin.h>
#elif defined(__SSE2__) || defined(_M_X64) || defined(__ARM_NEON)
#include <xsimd/xsimd.hpp>
#if !defined(XSIMD_NO_SUPPORTED_ARCHITECTURE)
#define INLAY_SIMD_XSIMD 1
#endif
#endif

// Stands before a loop over an array of batches. GCC keeps such an array in registers only where the loop is unrolled
// before its scalar replacement: without this, 6 x 2 accumulators at -O3 go through memory on each multiply-add, and
// Clang 14 spills 12 x 2 on AVX-512. Not under AddressSanitizer, whose checks come once for each copy of an access: GCC
// then takes twice as long for a file.
#if defined(__SANITIZE_ADDRESS__)
#define INLAY_UNROLL
#elif defined(__clang__)
#define INLAY_UNROLL _Pragma("unroll")
#elif defined(__GNUC__)
#define INLAY_UNROLL _Pragma("GCC unroll 32")
#else
#define INLAY_UNROLL
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
  INLAY_ASSERT(count <= batch::width);
  return {_mm512_maskz_loadu_ps(detail::first(count), from)};
}
INLAY_FORCE_INLINE void store_partial(float* to, batch x, std::size_t count) noexcept {
  INLAY_ASSERT(count <= batch::width);
  _mm512_mask_storeu_ps(to, detail::first(count), x.value);
}

// x * 2^n for an integer n, rounded once. Only here, where it is one instruction.
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

#if defined(__AVX__)
// Read from 8 - count on: the first `count` lanes.
inline constexpr std::int32_t some_lanes[16] = {-1, -1, -1, -1, -1, -1, -1, -1};
INLAY_FORCE_INLINE __m256i first(std::size_t count) noexcept {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(some_lanes + 8 - count));
}
#endif
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
#if defined(__FMA__) || defined(__aarch64__) || (defined(__ARM_NEON) && defined(__ARM_FEATURE_FMA))
inline constexpr bool has_fused_multiply_add = true;
#else
inline constexpr bool has_fused_multiply_add = false;
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
  return {inlay::bit_cast<detail::IntegerRegister>(inlay::bit_cast<detail::UnsignedRegister>(a.value) >> N)};
}

INLAY_FORCE_INLINE ibatch as_int(batch a) noexcept { return {inlay::bit_cast<detail::IntegerRegister>(a.value)}; }
INLAY_FORCE_INLINE batch as_float(ibatch a) noexcept { return {inlay::bit_cast<detail::FloatRegister>(a.value)}; }
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
  for (std::size_t i = 0; i < batch::width; ++i) values[i] = detail::square_root(values[i]);
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
  return {inlay::bit_cast<detail::FloatMask>(a.value < b.value)};
}
INLAY_FORCE_INLINE mask less_equal(ibatch a, ibatch b) noexcept {
  return {inlay::bit_cast<detail::FloatMask>(a.value <= b.value)};
}
INLAY_FORCE_INLINE mask equal(ibatch a, ibatch b) noexcept {
  return {inlay::bit_cast<detail::FloatMask>(a.value == b.value)};
}
INLAY_FORCE_INLINE mask operator&(mask a, mask b) noexcept { return {a.value & b.value}; }
INLAY_FORCE_INLINE mask operator|(mask a, mask b) noexcept { return {a.value | b.value}; }
INLAY_FORCE_INLINE mask operator!(mask a) noexcept { return {~a.value}; }
INLAY_FORCE_INLINE bool any(mask a) noexcept { return xsimd::any(a.value); }
INLAY_FORCE_INLINE batch select(mask m, batch a, batch b) noexcept {
  return {xsimd::select(m.value, a.value, b.value)};
}
INLAY_FORCE_INLINE ibatch select(mask m, ibatch a, ibatch b) noexcept {
  return {xsimd::select(inlay::bit_cast<detail::IntegerMask>(m.value), a.value, b.value)};
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
#elif defined(__aarch64__) || (defined(__ARM_NEON) && defined(__ARM_FEATURE_FMA))
  return {vfmaq_f32(c.value, a.value, b.value)};
#else
  return a * b + c;
#endif
}

INLAY_FORCE_INLINE batch load_partial(const float* from, std::size_t count) noexcept {
  INLAY_ASSERT(count <= batch::width);
#if defined(__AVX__)
  return {_mm256_maskload_ps(from, detail::first(count))};
#else
  alignas(16) float lanes[batch::width] = {};
  for (std::size_t i = 0; i < count; ++i) lanes[i] = from[i];
  return batch::load(lanes);
#endif
}
INLAY_FORCE_INLINE void store_partial(float* to, batch x, std::size_t count) noexcept {
  INLAY_ASSERT(count <= batch::width);
#if defined(__AVX__)
  _mm256_maskstore_ps(to, detail::first(count), x.value);
#else
  alignas(16) float lanes[batch::width];
  store(lanes, x);
  for (std::size_t i = 0; i < count; ++i) to[i] = lanes[i];
#endif
}

#if defined(__aarch64__)
INLAY_FORCE_INLINE float reduce_add(batch x) noexcept {
  const float32x4_t all = x.value;
  const float32x2_t half = vadd_f32(vget_low_f32(all), vget_high_f32(all));
  return vget_lane_f32(half, 0) + vget_lane_f32(half, 1);
}
#elif !defined(__SSE2__)
INLAY_FORCE_INLINE float reduce_add(batch x) noexcept {
  alignas(16) float lanes[4];
  store(lanes, x);
  return (lanes[0] + lanes[2]) + (lanes[1] + lanes[3]);
}
#endif
#if !defined(__SSE2__)
INLAY_FORCE_INLINE float reduce_maximum(batch x) noexcept {
  alignas(16) float lanes[4];
  store(lanes, x);
  const float even = lanes[2] < lanes[0] ? lanes[0] : lanes[2], odd = lanes[3] < lanes[1] ? lanes[1] : lanes[3];
  return odd < even ? even : odd;
}
#endif

#elif !defined(INLAY_SIMD_WASM)  // no vector unit, or none that is used

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
#if defined(INLAY_SIMD_XSIMD) && defined(__ARM_NEON) && !defined(__aarch64__)
inline constexpr bool keeps_denormals = false;
#else
inline constexpr bool keeps_denormals = true;
#endif
// Whether load_partial and store_partial cost what load and store do.
inline constexpr bool free_masks = width == 16;

// Begins to load a cache line into the second-level cache. Any address will do.
INLAY_FORCE_INLINE void prefetch([[maybe_unused]] std::uintptr_t address) noexcept {
#if defined(__GNUC__) || defined(__clang__)
  __builtin_prefetch(reinterpret_cast<const void*>(address), 0, 2);
#endif
}

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

#if defined(__SSE2__)
namespace detail {
struct Sum {
  static INLAY_FORCE_INLINE __m128 of(__m128 a, __m128 b) noexcept { return _mm_add_ps(a, b); }
#if defined(__AVX__)
  static INLAY_FORCE_INLINE __m256 of(__m256 a, __m256 b) noexcept { return _mm256_add_ps(a, b); }
#endif
};
struct Larger {
  static INLAY_FORCE_INLINE __m128 of(__m128 a, __m128 b) noexcept { return _mm_max_ps(a, b); }
#if defined(__AVX__)
  static INLAY_FORCE_INLINE __m256 of(__m256 a, __m256 b) noexcept { return _mm256_max_ps(a, b); }
#endif
};
template <class Operation>
INLAY_FORCE_INLINE float tree(batch x) noexcept {
#if defined(INLAY_SIMD_AVX512)
  const __m256 eight =
      Operation::of(_mm512_maskz_extractf32x8_ps(0xff, x.value, 0), _mm512_maskz_extractf32x8_ps(0xff, x.value, 1));
#elif defined(__AVX__)
  const __m256 eight = x.value;
#endif
#if defined(__AVX__)
  const __m128 four = Operation::of(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
#else
  const __m128 four = x.value;
#endif
  const __m128 two = Operation::of(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(Operation::of(two, _mm_shuffle_ps(two, two, 1)));
}
}  // namespace detail
INLAY_FORCE_INLINE float reduce_add(batch x) noexcept { return detail::tree<detail::Sum>(x); }
INLAY_FORCE_INLINE float reduce_maximum(batch x) noexcept { return detail::tree<detail::Larger>(x); }
#endif

#endif

// A square block of `transpose_width` rows to as many columns that lie 16 floats apart: to[16 j + i] = from[i stride +
// j]. transpose_part has fewer rows (the others are zeros) or columns (the others are not written). AVX-512 keeps to
// blocks of eight, whose shuffles run on two ports.
#if (defined(INLAY_SIMD_AVX512) || defined(INLAY_SIMD_XSIMD)) && defined(__AVX__)
inline constexpr std::size_t transpose_width = 8;
namespace detail {
template <class Load, class Store>
INLAY_FORCE_INLINE void transpose_8(const Load& row, const Store& store_column) noexcept {
  __m256 quads[8];  // half k of quads[4 g + c]: column 4 k + c of rows 4 g to 4 g + 3
  INLAY_UNROLL
  for (std::size_t g = 0; g < 8; g += 4) {
    const __m256 row0 = row(g), row1 = row(g + 1), row2 = row(g + 2), row3 = row(g + 3);
    const __m256 low0 = _mm256_unpacklo_ps(row0, row1), low1 = _mm256_unpacklo_ps(row2, row3);
    const __m256 high0 = _mm256_unpackhi_ps(row0, row1), high1 = _mm256_unpackhi_ps(row2, row3);
    quads[g] = _mm256_shuffle_ps(low0, low1, 0x44);
    quads[g + 1] = _mm256_shuffle_ps(low0, low1, 0xee);
    quads[g + 2] = _mm256_shuffle_ps(high0, high1, 0x44);
    quads[g + 3] = _mm256_shuffle_ps(high0, high1, 0xee);
  }
  INLAY_UNROLL
  for (std::size_t c = 0; c < 4; ++c) {
    store_column(c, _mm256_permute2f128_ps(quads[c], quads[c + 4], 0x20));
    store_column(c + 4, _mm256_permute2f128_ps(quads[c], quads[c + 4], 0x31));
  }
}
}  // namespace detail
INLAY_FORCE_INLINE void transpose_block(const float* from, std::size_t stride, float* to) noexcept {
  detail::transpose_8([&](std::size_t i) { return _mm256_loadu_ps(from + i * stride); },
                      [&](std::size_t j, __m256 column) { _mm256_storeu_ps(to + j * 16, column); });
}
inline void transpose_part(const float* from, std::size_t stride, std::size_t rows, std::size_t columns,
                           float* to) noexcept {
  static constexpr std::int32_t ones[16] = {-1, -1, -1, -1, -1, -1, -1, -1};
  if (rows == 0) {
    for (std::size_t j = 0; j < columns; ++j) _mm256_storeu_ps(to + j * 16, _mm256_setzero_ps());
    return;
  }
  const __m256i wanted = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(ones + 8 - columns));
  detail::transpose_8(
      [&](std::size_t i) { return i < rows ? _mm256_maskload_ps(from + i * stride, wanted) : _mm256_setzero_ps(); },
      [&](std::size_t j, __m256 column) {
        if (j < columns) _mm256_storeu_ps(to + j * 16, column);
      });
}
#elif defined(INLAY_SIMD_XSIMD)
inline constexpr std::size_t transpose_width = 4;
INLAY_FORCE_INLINE void transpose_block(const float* from, std::size_t stride, float* to) noexcept {
  const auto row0 = load(from).value, row1 = load(from + stride).value;
  const auto row2 = load(from + 2 * stride).value, row3 = load(from + 3 * stride).value;
  const auto even_low = xsimd::zip_lo(row0, row2), odd_low = xsimd::zip_lo(row1, row3);
  const auto even_high = xsimd::zip_hi(row0, row2), odd_high = xsimd::zip_hi(row1, row3);
  store(to, {xsimd::zip_lo(even_low, odd_low)});
  store(to + 16, {xsimd::zip_hi(even_low, odd_low)});
  store(to + 32, {xsimd::zip_lo(even_high, odd_high)});
  store(to + 48, {xsimd::zip_hi(even_high, odd_high)});
}
#elif !defined(INLAY_SIMD_WASM)
inline constexpr std::size_t transpose_width = 1;
INLAY_FORCE_INLINE void transpose_block(const float* from, std::size_t, float* to) noexcept { *to = *from; }
#endif
#if !((defined(INLAY_SIMD_AVX512) || defined(INLAY_SIMD_XSIMD)) && defined(__AVX__))
inline void transpose_part(const float* from, std::size_t stride, std::size_t rows, std::size_t columns,
                           float* to) noexcept {
  for (std::size_t j = 0; j < columns; ++j)
    for (std::size_t i = 0; i < transpose_width; ++i) to[j * 16 + i] = i < rows ? from[i * stride + j] : 0.0f;
}
#endif

}  // namespace inlay::inline INLAY_ABI::simd

#undef INLAY_SIMD_WASM
#undef INLAY_SIMD_AVX512
#undef INLAY_SIMD_XSIMD

#include <inlay/simd/lanes.hpp>
#include <inlay/simd/transpose.hpp>
