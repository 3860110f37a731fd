#pragma once
// A batch of one lane, in plain C++.
//
// Every algorithm in <inlay/simd/math.hpp> is a template over the batch type. `ScalarBatch` runs it for a single float
// with the same operations in the same order as the vector batch, so a scalar result and a lane of a vector result are
// the same bits. It is also the native batch where no vector unit is used: Cortex-M, RISC-V, s390x, or
// INLAY_SIMD_SCALAR.
//
// Integer arithmetic wraps. The multiply-add is fused (one rounding) where the target has the instruction; elsewhere it
// is a product and a sum, and `scalar_fused_multiply_add` is false.

#include <cstddef>
#include <cstdint>

#include <inlay/config.hpp>

#if defined(__FLT_EVAL_METHOD__) && (__FLT_EVAL_METHOD__ == 1 || __FLT_EVAL_METHOD__ == 2)
#error "inlay: float expressions are evaluated in a wider type here (x87?); build for SSE2 with -mfpmath=sse."
#endif

namespace inlay::inline INLAY_ABI::simd {

inline constexpr bool scalar_fused_multiply_add = INLAY_HAS_FUSED_MULTIPLY_ADD != 0;

struct ScalarMask {
  bool value;
};

struct ScalarIntegers {
  std::int32_t value;
  static constexpr ScalarIntegers broadcast(std::int32_t x) noexcept { return {x}; }
  static constexpr ScalarIntegers load(const std::int32_t* from) noexcept { return {*from}; }
};

struct ScalarBatch {
  using integers = ScalarIntegers;
  using mask = ScalarMask;
  static constexpr std::size_t width = 1;
  float value;
  static constexpr ScalarBatch broadcast(float x) noexcept { return {x}; }
  static constexpr ScalarBatch load(const float* from) noexcept { return {*from}; }
};

INLAY_FORCE_INLINE void store(float* to, ScalarBatch x) noexcept { *to = x.value; }
INLAY_FORCE_INLINE void store(std::int32_t* to, ScalarIntegers x) noexcept { *to = x.value; }
INLAY_FORCE_INLINE void store_partial(float* to, ScalarBatch x, std::size_t count) noexcept {
  if (count != 0) *to = x.value;
}

INLAY_FORCE_INLINE ScalarBatch operator+(ScalarBatch a, ScalarBatch b) noexcept { return {a.value + b.value}; }
INLAY_FORCE_INLINE ScalarBatch operator-(ScalarBatch a, ScalarBatch b) noexcept { return {a.value - b.value}; }
INLAY_FORCE_INLINE ScalarBatch operator*(ScalarBatch a, ScalarBatch b) noexcept { return {a.value * b.value}; }
INLAY_FORCE_INLINE ScalarBatch operator/(ScalarBatch a, ScalarBatch b) noexcept { return {a.value / b.value}; }
INLAY_FORCE_INLINE ScalarBatch operator-(ScalarBatch a) noexcept { return {-a.value}; }

INLAY_FORCE_INLINE ScalarBatch fma(ScalarBatch a, ScalarBatch b, ScalarBatch c) noexcept {
  if constexpr (scalar_fused_multiply_add)
    return {__builtin_fmaf(a.value, b.value, c.value)};
  else
    return {a.value * b.value + c.value};
}

namespace detail {
// The instruction itself: for __builtin_sqrtf GCC and Clang link sqrtf of libm too, which sets errno for a negative x.
INLAY_FORCE_INLINE float square_root(float x) noexcept {
#if defined(__wasm__)  // first: Emscripten's -msse defines __SSE__ too
  return __builtin_sqrtf(x);
#elif (defined(__GNUC__) || defined(__clang__)) && defined(__AVX__)
  __asm__("vsqrtss %0, %0, %0" : "+x"(x));
  return x;
#elif (defined(__GNUC__) || defined(__clang__)) && defined(__SSE__)
  __asm__("sqrtss %0, %0" : "+x"(x));
  return x;
#elif defined(__aarch64__)
  __asm__("fsqrt %s0, %s0" : "+w"(x));
  return x;
#elif defined(__arm__) && defined(__ARM_FP) && (__ARM_FP & 4)
  __asm__("vsqrt.f32 %0, %0" : "+t"(x));
  return x;
#elif defined(__riscv_flen) && __riscv_flen >= 32
  __asm__("fsqrt.s %0, %0" : "+f"(x));
  return x;
#elif defined(__s390x__)
  __asm__("sqebr %0, %0" : "+f"(x));
  return x;
#else
  return __builtin_sqrtf(x);
#endif
}
}  // namespace detail
INLAY_FORCE_INLINE ScalarBatch sqrt(ScalarBatch a) noexcept { return {detail::square_root(a.value)}; }
INLAY_FORCE_INLINE ScalarBatch abs(ScalarBatch a) noexcept { return {__builtin_fabsf(a.value)}; }
INLAY_FORCE_INLINE float fma(float a, float b, float c) noexcept {
  return fma(ScalarBatch{a}, ScalarBatch{b}, ScalarBatch{c}).value;
}
INLAY_FORCE_INLINE float sqrt(float a) noexcept { return sqrt(ScalarBatch{a}).value; }

INLAY_FORCE_INLINE ScalarMask less(ScalarBatch a, ScalarBatch b) noexcept { return {a.value < b.value}; }
INLAY_FORCE_INLINE ScalarMask less_equal(ScalarBatch a, ScalarBatch b) noexcept { return {a.value <= b.value}; }
INLAY_FORCE_INLINE ScalarMask equal(ScalarBatch a, ScalarBatch b) noexcept { return {a.value == b.value}; }
INLAY_FORCE_INLINE ScalarMask less(ScalarIntegers a, ScalarIntegers b) noexcept { return {a.value < b.value}; }
INLAY_FORCE_INLINE ScalarMask less_equal(ScalarIntegers a, ScalarIntegers b) noexcept { return {a.value <= b.value}; }
INLAY_FORCE_INLINE ScalarMask equal(ScalarIntegers a, ScalarIntegers b) noexcept { return {a.value == b.value}; }
INLAY_FORCE_INLINE ScalarMask operator&(ScalarMask a, ScalarMask b) noexcept { return {a.value && b.value}; }
INLAY_FORCE_INLINE ScalarMask operator|(ScalarMask a, ScalarMask b) noexcept { return {a.value || b.value}; }
INLAY_FORCE_INLINE ScalarMask operator!(ScalarMask a) noexcept { return {!a.value}; }
INLAY_FORCE_INLINE bool any(ScalarMask a) noexcept { return a.value; }

INLAY_FORCE_INLINE ScalarBatch select(ScalarMask m, ScalarBatch a, ScalarBatch b) noexcept { return m.value ? a : b; }
INLAY_FORCE_INLINE ScalarIntegers select(ScalarMask m, ScalarIntegers a, ScalarIntegers b) noexcept {
  return m.value ? a : b;
}
INLAY_FORCE_INLINE ScalarBatch minimum(ScalarBatch a, ScalarBatch b) noexcept { return a.value < b.value ? a : b; }
INLAY_FORCE_INLINE ScalarBatch maximum(ScalarBatch a, ScalarBatch b) noexcept { return b.value < a.value ? a : b; }

INLAY_FORCE_INLINE ScalarIntegers wrap(std::uint32_t x) noexcept { return {static_cast<std::int32_t>(x)}; }
INLAY_FORCE_INLINE std::uint32_t bits(ScalarIntegers x) noexcept { return static_cast<std::uint32_t>(x.value); }
INLAY_FORCE_INLINE ScalarIntegers operator+(ScalarIntegers a, ScalarIntegers b) noexcept {
  return wrap(bits(a) + bits(b));
}
INLAY_FORCE_INLINE ScalarIntegers operator-(ScalarIntegers a, ScalarIntegers b) noexcept {
  return wrap(bits(a) - bits(b));
}
INLAY_FORCE_INLINE ScalarIntegers operator&(ScalarIntegers a, ScalarIntegers b) noexcept { return {a.value & b.value}; }
INLAY_FORCE_INLINE ScalarIntegers operator|(ScalarIntegers a, ScalarIntegers b) noexcept { return {a.value | b.value}; }
INLAY_FORCE_INLINE ScalarIntegers operator^(ScalarIntegers a, ScalarIntegers b) noexcept { return {a.value ^ b.value}; }
template <int N>
INLAY_FORCE_INLINE ScalarIntegers shift_left(ScalarIntegers a) noexcept {
  return wrap(bits(a) << N);
}
template <int N>
INLAY_FORCE_INLINE ScalarIntegers shift_right(ScalarIntegers a) noexcept {
  return {a.value >> N};
}
template <int N>
INLAY_FORCE_INLINE ScalarIntegers shift_right_logical(ScalarIntegers a) noexcept {
  return wrap(bits(a) >> N);
}

INLAY_FORCE_INLINE ScalarIntegers as_int(ScalarBatch a) noexcept { return {inlay::bit_cast<std::int32_t>(a.value)}; }
INLAY_FORCE_INLINE ScalarBatch as_float(ScalarIntegers a) noexcept { return {inlay::bit_cast<float>(a.value)}; }
INLAY_FORCE_INLINE ScalarBatch to_float(ScalarIntegers a) noexcept { return {static_cast<float>(a.value)}; }

INLAY_FORCE_INLINE float reduce_add(ScalarBatch a) noexcept { return a.value; }
INLAY_FORCE_INLINE float reduce_maximum(ScalarBatch a) noexcept { return a.value; }

// For a batch of any width. Adding 1.5 * 2^23 leaves no bit for a fraction.
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
