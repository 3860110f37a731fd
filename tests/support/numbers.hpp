#pragma once

// Numbers for tests: the same ones on every machine, and comparison by bits.

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <vector>

#include <inlay/simd/simd.hpp>

namespace numbers {

// Numerical Recipes' "quick and dirty" generator with its high bits taken: good enough to fill a matrix.
class Source {
 public:
  explicit Source(std::uint32_t seed) : state_(seed * 2654435761u + 12345u) {}

  std::uint32_t bits() {
    state_ = state_ * 1664525u + 1013904223u;
    return (state_ ^ (state_ >> 15)) >> 4;
  }
  std::size_t below(std::size_t limit) { return bits() % limit; }
  // In [-1, 1), a float exactly.
  float next() { return static_cast<float>(bits() & 0xffffffu) * 0x1p-23f - 1.0f; }
  void fill(float* values, std::size_t count, float scale = 1.0f, float shift = 0.0f) {
    for (std::size_t i = 0; i < count; ++i) values[i] = shift + scale * next();
  }
  std::vector<float> list(std::size_t count, float scale = 1.0f, float shift = 0.0f) {
    std::vector<float> values(count);
    fill(values.data(), count, scale, shift);
    return values;
  }

 private:
  std::uint32_t state_;
};

// For loops over sizes.
inline std::vector<std::size_t> sizes(std::initializer_list<std::size_t> list) { return list; }

// One multiply-add as the target has it: what chains are made of.
inline float fma(float a, float b, float c) {
  if constexpr (inlay::simd::has_fused_multiply_add)
    return std::fma(a, b, c);
  else
    return a * b + c;
}

inline bool same_bits(float a, float b) {
  return inlay::bit_cast<std::uint32_t>(a) == inlay::bit_cast<std::uint32_t>(b);
}

// The promised sum of a row: lane = index mod 16, then lane i + lane i + 8, i + 4, i + 2, i + 1.
inline float sum_in_lanes(const std::vector<float>& row) {
  float lanes[16] = {};
  for (std::size_t i = 0; i < row.size(); ++i) lanes[i % 16] = lanes[i % 16] + row[i];
  for (std::size_t half = 8; half > 0; half /= 2)
    for (std::size_t i = 0; i < half; ++i) lanes[i] = lanes[i] + lanes[i + half];
  return lanes[0];
}

}  // namespace numbers
