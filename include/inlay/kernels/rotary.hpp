#pragma once
// Rotary positions: pairs of neighbouring numbers turned by an angle that grows with the position.
//
//   y[2j]     = x[2j] cos a - x[2j + 1] sin a
//   y[2j + 1] = x[2j] sin a + x[2j + 1] cos a      a = position * base^(-2j / turned),  2j < turned
//
// Turning a query at position p and a key at position q leaves their product a function of p - q. The inverse turns by
// -a, and is the backward pass. Numbers from `turned` on stay as they are.
//
// table: [position][turned / 2][2], cosine and sine. Pairs are neighbours (j, j + 1), as in the paper; models that pair
// j with j + turned / 2 have the same function with rows of W_Q and W_K in another order (io permutes them).
//
// Source: Su et al., "RoFormer: Enhanced Transformer with Rotary Position Embedding", 2021, eq. 34.

#include <inlay/config.hpp>
#include <inlay/simd/math.hpp>

namespace inlay::inline INLAY_ABI::kernels {

enum class Turn : bool { forth, back };

// All heads of one row in place.
template <Turn T>
INLAY_NO_INLINE void rotate(size_t heads, size_t head_width, size_t turned, const float* table, float* x) noexcept {
  for (size_t h = 0; h < heads; ++h, x += head_width) {
    for (size_t j = 0; j < turned; j += 2) {
      const float cosine = table[j];
      const float sine = T == Turn::forth ? table[j + 1] : -table[j + 1];
      const float a = x[j];
      const float b = x[j + 1];
      x[j] = simd::fma(a, cosine, -(b * sine));
      x[j + 1] = simd::fma(a, sine, b * cosine);
    }
  }
}

inline void fill_rotary_table(size_t positions, size_t turned, float base, float* table) {
  const float log_base = simd::log(base);
  for (size_t p = 0; p < positions; ++p)
    for (size_t j = 0; j < turned; j += 2, table += 2) {
      const float angle =
          static_cast<float>(p) * simd::exp(-log_base * static_cast<float>(j) / static_cast<float>(turned));
      table[0] = simd::cos(angle);
      table[1] = simd::sin(angle);
    }
}

}  // namespace inlay::inline INLAY_ABI::kernels
