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
  for (std::size_t row = 0; row < 16; row += side)
    for (std::size_t column = 0; column < columns; column += side) {
      float* const to = destination + column * 16 + row;
      const float* const from = source + (row < rows ? row : 0) * source_stride + column;
      if (row + side <= rows && column + side <= columns)
        transpose_block(from, source_stride, to);
      else
        transpose_part(from, source_stride, row < rows ? rows - row : 0,
                       columns - column < side ? columns - column : side, to);
    }
}

}  // namespace inlay::inline INLAY_ABI::simd
