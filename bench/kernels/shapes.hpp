#pragma once
// The matrix products that are measured: those of small models and of GPT-2, C[m][n] = sum over k.

#include <cstddef>

namespace bench {

struct Shape {
  const char* name;
  std::size_t m, k, n;
};

inline constexpr Shape shapes[] = {
    {"one head, Q K^T", 64, 32, 64},
    {"one head, P V", 64, 64, 32},
    {"tiny head", 32, 8, 32},
    {"small projection", 256, 32, 32},
    {"small feed-forward up", 256, 32, 128},
    {"small feed-forward down", 256, 128, 32},
    {"projection", 768, 128, 128},
    {"query, key, value", 768, 128, 384},
    {"feed-forward up", 768, 128, 512},
    {"feed-forward down", 768, 512, 128},
    {"logits, odd width", 768, 128, 65},
    {"weight gradient, up", 128, 768, 512},
    {"weight gradient, down", 512, 768, 128},
    {"GPT-2 query, key, value", 256, 768, 2304},
    {"GPT-2 feed-forward up", 256, 768, 3072},
    {"GPT-2 feed-forward down", 256, 3072, 768},
};

// Floats of the largest operand of these sizes, as in largest<&Shape::m, &Shape::k>().
template <std::size_t Shape::*rows, std::size_t Shape::*columns>
constexpr std::size_t largest() {
  std::size_t size = 0;
  for (const Shape& shape : shapes)
    size = shape.*rows * (shape.*columns) > size ? shape.*rows * (shape.*columns) : size;
  return size;
}

}  // namespace bench
