#pragma once
// Where a program's numbers are those of every other target to the last bit: with a fused multiply-add, and with
// vectors that keep denormals (32-bit NEON takes them for zero).

#include <inlay/simd/simd.hpp>

#include "support/board.hpp"

namespace board {

inline bool has_promised_bits() {
  static volatile float denormal = 1e-40f;
  float lanes[inlay::simd::width];
  inlay::simd::store(lanes, inlay::simd::broadcast(denormal) * inlay::simd::broadcast(1.0f));
  return inlay::simd::has_fused_multiply_add && lanes[0] == denormal;
}

// A line for the tests: they do not compare the text of such a target with that of the others.
inline void note_bits() {
  if (!has_promised_bits()) print("note: the bits of this target are its own\n");
}

}  // namespace board
