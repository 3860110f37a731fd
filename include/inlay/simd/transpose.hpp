#pragma once
// Packing of up to 16 rows side by side:
//
//   destination[column * 16 + row] = source[row * source_stride + column]     row < rows <= 16, column < columns
//   destination[column * 16 + row] = 0                                        rows <= row < 16
//
// Blocks are transposed in registers, on AVX those at the right and at the bottom too.

#include <inlay/simd/simd.hpp>

namespace inlay::inline INLAY_ABI::simd {

inline void transpose_16(const float* source, std::size_t source_stride, std::size_t rows, std::size_t columns,
                         float* destination) noexcept {
  constexpr std::size_t side = transpose_width;
  INLAY_ASSERT(rows <= 16);
  for (std::size_t row = 0; row < 16; row += side) {
    const float* from = source + (row < rows ? row : 0) * source_stride;
    float* to = destination + row;
    // Whole blocks in a loop of their own, so that the steps of the stride are computed once.
    const std::size_t whole = row + side <= rows ? columns / side : 0;
    for (std::size_t block = whole; block > 0; --block, from += side, to += 16 * side)
      transpose_block(from, source_stride, to);
    for (std::size_t column = whole * side; column < columns; column += side, from += side, to += 16 * side)
      transpose_part(from, source_stride, row < rows ? rows - row : 0,
                     columns - column < side ? columns - column : side, to);
  }
}

}  // namespace inlay::inline INLAY_ABI::simd
