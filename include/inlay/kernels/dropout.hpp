#pragma once
// Dropout: y = x m / (1 - rate), m = 0 with probability `rate`, otherwise 1.
//
// Nothing is stored: m is a function of the key (seed, step), the place in the model (stream), the absolute row and the
// column, so that backward draws the same mask and no cut of the batch changes it. y may be x; backward is the same
// map.
//
// Source: Srivastava et al., "Dropout", JMLR 2014; kernels/random.hpp.

#include <inlay/config.hpp>
#include <inlay/kernels/random.hpp>

namespace inlay::inline INLAY_ABI::kernels {

INLAY_NO_INLINE inline void dropout(size_t rows, size_t width, float rate, RandomKey key, std::uint32_t stream,
                                    std::uint64_t first_row, const float* x, float* y) noexcept {
  const float keep = 1.0f / (1.0f - rate);
  for (size_t i = 0; i < rows; ++i, x += width, y += width) {
    for (size_t j = 0; j < width; j += 4) {
      const RandomWords words = random_words(key, stream, first_row + i, static_cast<std::uint32_t>(j / 4));
      const size_t count = width - j < 4 ? width - j : 4;
      for (size_t c = 0; c < count; ++c) y[j + c] = uniform(words.word[c]) < rate ? 0.0f : x[j + c] * keep;
    }
  }
}

}  // namespace inlay::inline INLAY_ABI::kernels
