#pragma once
// Packing of up to 16 rows side by side:
//
//   destination[column * 16 + row] = source[row * source_stride + column]     row < rows <= 16, column < columns
//   destination[column * 16 + row] = 0                                        rows <= row < 16
//
// Whole blocks are transposed in registers, what is left at the right and at the bottom float by float.

#include <inlay/simd/simd.hpp>

namespace inlay::inline INLAY_ABI::simd {

inline void transpose_16(const float* source, std::size_t source_stride, std::size_t rows, std::size_t columns,
                         float* destination) noexcept {
  constexpr std::size_t side = transpose_width;
  INLAY_ASSERT(rows <= 16);
  for (std::size_t row = 0; row < 16; row += side)
    for (std::size_t column = 0; column < columns; column += side) {
      float* to = destination + column * 16 + row;
      if (row + side <= rows && column + side <= columns) {
        transpose_block(source + row * source_stride + column, source_stride, to);
      } else {
        const std::size_t wide = columns - column < side ? columns - column : side;
        for (std::size_t j = 0; j < wide; ++j)
          for (std::size_t i = 0; i < side; ++i)
            to[j * 16 + i] = row + i < rows ? source[(row + i) * source_stride + column + j] : 0.0f;
      }
    }
}

}  // namespace inlay::inline INLAY_ABI::simd
