#pragma once
// The vector of WebAssembly (-msimd128): four floats, by its intrinsics alone. Included by <inlay/simd/simd.hpp>, which
// says what each operation is.
//
// There is no fused multiply-add: `fma` is a product and a sum. The multiply-add of the relaxed instructions
// (-mrelaxed-simd) rounds once or twice as the machine pleases that runs the module, so one module would give different
// bits on two machines, and is not used. Denormals are kept and the rounding is to nearest by the specification;
// nothing can set another mode.
//
// Source: WebAssembly core specification 2.0, vector instructions.

#include <inlay/simd/scalar_batch.hpp>

#if defined(__wasm_simd128__)

#include <wasm_simd128.h>

namespace inlay::inline INLAY_ABI::simd {

struct NativeMask {
  v128_t value;
};
struct NativeIntegers {
  v128_t value;
  static INLAY_FORCE_INLINE NativeIntegers broadcast(std::int32_t x) noexcept { return {wasm_i32x4_splat(x)}; }
  static INLAY_FORCE_INLINE NativeIntegers load(const std::int32_t* from) noexcept { return {wasm_v128_load(from)}; }
};
struct NativeBatch {
  using integers = NativeIntegers;
  using mask = NativeMask;
  static constexpr std::size_t width = 4;
  v128_t value;
  static INLAY_FORCE_INLINE NativeBatch broadcast(float x) noexcept { return {wasm_f32x4_splat(x)}; }
  static INLAY_FORCE_INLINE NativeBatch load(const float* from) noexcept { return {wasm_v128_load(from)}; }
};

using batch = NativeBatch;
using ibatch = NativeIntegers;
using mask = NativeMask;
inline constexpr std::size_t registers = 16;  // of the machines below: x86-64 has 16, AArch64 32
inline constexpr bool has_fused_multiply_add = false;

INLAY_FORCE_INLINE void store(float* to, batch x) noexcept { wasm_v128_store(to, x.value); }
INLAY_FORCE_INLINE void store(std::int32_t* to, ibatch x) noexcept { wasm_v128_store(to, x.value); }
INLAY_FORCE_INLINE batch load_partial(const float* from, std::size_t count) noexcept {
  INLAY_ASSERT(count <= batch::width);
  switch (count) {
    case 0:
      return batch::broadcast(0.0f);
    case 1:
      return {wasm_v128_load32_zero(from)};
    case 2:
      return {wasm_v128_load64_zero(from)};
    case 3:
      return {wasm_v128_load32_lane(from + 2, wasm_v128_load64_zero(from), 2)};
    default:
      return batch::load(from);
  }
}
INLAY_FORCE_INLINE void store_partial(float* to, batch x, std::size_t count) noexcept {
  INLAY_ASSERT(count <= batch::width);
  if (count >= 4)
    store(to, x);
  else {
    if (count >= 2) wasm_v128_store64_lane(to, x.value, 0);
    if (count == 1) wasm_v128_store32_lane(to, x.value, 0);
    if (count == 3) wasm_v128_store32_lane(to + 2, x.value, 2);
  }
}

INLAY_FORCE_INLINE batch operator+(batch a, batch b) noexcept { return {wasm_f32x4_add(a.value, b.value)}; }
INLAY_FORCE_INLINE batch operator-(batch a, batch b) noexcept { return {wasm_f32x4_sub(a.value, b.value)}; }
INLAY_FORCE_INLINE batch operator*(batch a, batch b) noexcept { return {wasm_f32x4_mul(a.value, b.value)}; }
INLAY_FORCE_INLINE batch operator/(batch a, batch b) noexcept { return {wasm_f32x4_div(a.value, b.value)}; }
INLAY_FORCE_INLINE batch operator-(batch a) noexcept { return {wasm_f32x4_neg(a.value)}; }
INLAY_FORCE_INLINE batch abs(batch a) noexcept { return {wasm_f32x4_abs(a.value)}; }
INLAY_FORCE_INLINE batch sqrt(batch a) noexcept { return {wasm_f32x4_sqrt(a.value)}; }
INLAY_FORCE_INLINE batch fma(batch a, batch b, batch c) noexcept { return a * b + c; }
// pmin(x, y) is y < x ? y : x and pmax(x, y) is x < y ? y : x, hence the order.
INLAY_FORCE_INLINE batch minimum(batch a, batch b) noexcept { return {wasm_f32x4_pmin(b.value, a.value)}; }
INLAY_FORCE_INLINE batch maximum(batch a, batch b) noexcept { return {wasm_f32x4_pmax(b.value, a.value)}; }

INLAY_FORCE_INLINE ibatch operator+(ibatch a, ibatch b) noexcept { return {wasm_i32x4_add(a.value, b.value)}; }
INLAY_FORCE_INLINE ibatch operator-(ibatch a, ibatch b) noexcept { return {wasm_i32x4_sub(a.value, b.value)}; }
INLAY_FORCE_INLINE ibatch operator&(ibatch a, ibatch b) noexcept { return {wasm_v128_and(a.value, b.value)}; }
INLAY_FORCE_INLINE ibatch operator|(ibatch a, ibatch b) noexcept { return {wasm_v128_or(a.value, b.value)}; }
INLAY_FORCE_INLINE ibatch operator^(ibatch a, ibatch b) noexcept { return {wasm_v128_xor(a.value, b.value)}; }
template <int N>
INLAY_FORCE_INLINE ibatch shift_left(ibatch a) noexcept {
  return {wasm_i32x4_shl(a.value, N)};
}
template <int N>
INLAY_FORCE_INLINE ibatch shift_right(ibatch a) noexcept {
  return {wasm_i32x4_shr(a.value, N)};
}
template <int N>
INLAY_FORCE_INLINE ibatch shift_right_logical(ibatch a) noexcept {
  return {wasm_u32x4_shr(a.value, N)};
}
INLAY_FORCE_INLINE ibatch as_int(batch a) noexcept { return {a.value}; }
INLAY_FORCE_INLINE batch as_float(ibatch a) noexcept { return {a.value}; }
INLAY_FORCE_INLINE batch to_float(ibatch a) noexcept { return {wasm_f32x4_convert_i32x4(a.value)}; }

INLAY_FORCE_INLINE mask less(batch a, batch b) noexcept { return {wasm_f32x4_lt(a.value, b.value)}; }
INLAY_FORCE_INLINE mask less_equal(batch a, batch b) noexcept { return {wasm_f32x4_le(a.value, b.value)}; }
INLAY_FORCE_INLINE mask equal(batch a, batch b) noexcept { return {wasm_f32x4_eq(a.value, b.value)}; }
INLAY_FORCE_INLINE mask less(ibatch a, ibatch b) noexcept { return {wasm_i32x4_lt(a.value, b.value)}; }
INLAY_FORCE_INLINE mask less_equal(ibatch a, ibatch b) noexcept { return {wasm_i32x4_le(a.value, b.value)}; }
INLAY_FORCE_INLINE mask equal(ibatch a, ibatch b) noexcept { return {wasm_i32x4_eq(a.value, b.value)}; }
INLAY_FORCE_INLINE mask operator&(mask a, mask b) noexcept { return {wasm_v128_and(a.value, b.value)}; }
INLAY_FORCE_INLINE mask operator|(mask a, mask b) noexcept { return {wasm_v128_or(a.value, b.value)}; }
INLAY_FORCE_INLINE mask operator!(mask a) noexcept { return {wasm_v128_not(a.value)}; }
INLAY_FORCE_INLINE bool any(mask a) noexcept { return wasm_v128_any_true(a.value); }
INLAY_FORCE_INLINE batch select(mask m, batch a, batch b) noexcept {
  return {wasm_v128_bitselect(a.value, b.value, m.value)};
}
INLAY_FORCE_INLINE ibatch select(mask m, ibatch a, ibatch b) noexcept {
  return {wasm_v128_bitselect(a.value, b.value, m.value)};
}

INLAY_FORCE_INLINE float reduce_add(batch x) noexcept {
  const v128_t two = wasm_f32x4_add(x.value, wasm_i32x4_shuffle(x.value, x.value, 2, 3, 2, 3));
  return wasm_f32x4_extract_lane(two, 0) + wasm_f32x4_extract_lane(two, 1);
}
INLAY_FORCE_INLINE float reduce_maximum(batch x) noexcept {
  const batch two = maximum(x, {wasm_i32x4_shuffle(x.value, x.value, 2, 3, 2, 3)});
  return wasm_f32x4_extract_lane(maximum(two, {wasm_i32x4_shuffle(two.value, two.value, 1, 1, 1, 1)}).value, 0);
}

inline constexpr std::size_t transpose_width = 4;
INLAY_FORCE_INLINE void transpose_block(const float* from, std::size_t stride, float* to) noexcept {
  const v128_t row0 = wasm_v128_load(from), row1 = wasm_v128_load(from + stride);
  const v128_t row2 = wasm_v128_load(from + 2 * stride), row3 = wasm_v128_load(from + 3 * stride);
  const v128_t low0 = wasm_i32x4_shuffle(row0, row1, 0, 4, 1, 5), low1 = wasm_i32x4_shuffle(row2, row3, 0, 4, 1, 5);
  const v128_t high0 = wasm_i32x4_shuffle(row0, row1, 2, 6, 3, 7), high1 = wasm_i32x4_shuffle(row2, row3, 2, 6, 3, 7);
  wasm_v128_store(to, wasm_i32x4_shuffle(low0, low1, 0, 1, 4, 5));
  wasm_v128_store(to + 16, wasm_i32x4_shuffle(low0, low1, 2, 3, 6, 7));
  wasm_v128_store(to + 32, wasm_i32x4_shuffle(high0, high1, 0, 1, 4, 5));
  wasm_v128_store(to + 48, wasm_i32x4_shuffle(high0, high1, 2, 3, 6, 7));
}

}  // namespace inlay::inline INLAY_ABI::simd

#endif
