#pragma once
// Packing of up to 16 rows side by side:
//
//   destination[column * 16 + row] = source[row * source_stride + column]     row < rows <= 16, column < columns
//   destination[column * 16 + row] = 0                                        rows <= row < 16
//
// In blocks of width x width that are transposed in registers.

#include <inlay/simd/simd.hpp>

namespace inlay::inline INLAY_ABI::simd {

INLAY_FORCE_INLINE void transpose_16(const float* source, std::size_t source_stride, std::size_t rows,
                                     std::size_t columns, float* destination) noexcept {
  INLAY_ASSERT(rows <= 16);
  for (std::size_t row = 0; row < 16; row += width) {
    const std::size_t present = rows <= row ? 0 : (rows - row < width ? rows - row : width);
    for (std::size_t column = 0; column < columns; column += width) {
      const std::size_t wide = columns - column < width ? columns - column : width;
      batch block[width];
      for (std::size_t i = 0; i < width; ++i) {
        const float* from = source + (row + i) * source_stride + column;
        if (i >= present)
          block[i] = broadcast(0.0f);
        else
          block[i] = wide == width ? load(from) : load_partial(from, wide);
      }
      transpose_square(block);
      for (std::size_t j = 0; j < width; ++j)
        if (j < wide) store(destination + (column + j) * 16 + row, block[j]);
    }
  }
}

}  // namespace inlay::inline INLAY_ABI::simd
