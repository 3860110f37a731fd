#pragma once
// The bits of a model, and where they are those of every other target: with a fused multiply-add, and with vectors that
// keep denormals (32-bit NEON takes them for zero).

#include <inlay/memory/hash.hpp>
#include <inlay/modules/module.hpp>
#include <inlay/simd/simd.hpp>

#include "support/board.hpp"

namespace board {

// A line for the tests: they do not compare the text of such a target with that of the others.
inline void note_bits() {
  if (!inlay::simd::has_fused_multiply_add || !inlay::simd::keeps_denormals)
    print("note: the bits of this target are its own\n");
}

// A line "<what>: <hash of all parameters>".
template <class Model>
void print_hash(const char* what, const inlay::ParametersOf<Model>& parameters) {
  inlay::Hash hash;
  inlay::visit<Model>([&](const inlay::Path&, const auto& tensor) { hash.reals(tensor.values); }, parameters);
  print(what);
  print(": ");
  print_hexadecimal(hash.value(), 16);
  print("\n");
}

}  // namespace board
