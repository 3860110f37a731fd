#pragma once
// A sum across a row, the same on every target: 16 virtual lanes, lane = index mod 16 counted from the start of the
// row, then the tree  lane i + lane i+8,  i + i+4,  i + i+2,  i + i+1.  16 lanes are one AVX-512 register, two AVX2,
// four SSE or NEON, or sixteen floats.
//
//   Lanes lanes = Lanes::zero();
//   for (i = 0; i + 16 <= n; i += 16)
//     INLAY_UNROLL for (r = 0; r < Lanes::count; ++r) lanes.add(r, load(x + i + r * width));
//   ... the rest of the row, into registers 0, 1, ... with load_partial
//   lanes.sum();
//
// The sum of a row of length zero is +0. `maximum` and `largest` do the same with `maximum` for `+`, starting from
// `filled`.

#include <inlay/simd/simd.hpp>

namespace inlay::inline INLAY_ABI::simd {

struct Lanes {
  static constexpr std::size_t count = 16 / width;  // registers
  batch sums[count];

  static INLAY_FORCE_INLINE Lanes filled(float x) noexcept {
    Lanes lanes;
    INLAY_UNROLL
    for (std::size_t r = 0; r < count; ++r) lanes.sums[r] = broadcast(x);
    return lanes;
  }
  static INLAY_FORCE_INLINE Lanes zero() noexcept { return filled(0.0f); }

  INLAY_FORCE_INLINE void add(std::size_t r, batch x) noexcept { sums[r] = sums[r] + x; }
  INLAY_FORCE_INLINE void fma(std::size_t r, batch a, batch b) noexcept { sums[r] = simd::fma(a, b, sums[r]); }
  INLAY_FORCE_INLINE void maximum(std::size_t r, batch x) noexcept { sums[r] = simd::maximum(sums[r], x); }

  INLAY_FORCE_INLINE float sum() const noexcept {
    Lanes tree = *this;
    INLAY_UNROLL
    for (std::size_t half = count / 2; half != 0; half /= 2) {
      INLAY_UNROLL
      for (std::size_t r = 0; r < half; ++r) tree.sums[r] = tree.sums[r] + tree.sums[r + half];
    }
    return reduce_add(tree.sums[0]);
  }
  INLAY_FORCE_INLINE float largest() const noexcept {
    Lanes tree = *this;
    INLAY_UNROLL
    for (std::size_t half = count / 2; half != 0; half /= 2) {
      INLAY_UNROLL
      for (std::size_t r = 0; r < half; ++r) tree.sums[r] = simd::maximum(tree.sums[r], tree.sums[r + half]);
    }
    return reduce_maximum(tree.sums[0]);
  }
};

}  // namespace inlay::inline INLAY_ABI::simd
