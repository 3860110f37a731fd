#pragma once
// Plain descriptions of tensors: all that inlay::io, which is compiled once, needs to know of a model.
//
// A name, the type of the elements, a shape of at most eight sizes, and the bytes. Elements lie dense in row-major
// order and in the byte order of the host; files are little-endian on every host.

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

namespace inlay::io {

// The element types of the safetensors format whose elements are whole bytes. boolean is one byte.
enum class ElementType : std::uint8_t {
  boolean,
  uint8,
  int8,
  float8_e5m2,
  float8_e4m3,
  float8_e8m0,
  uint16,
  int16,
  float16,
  bfloat16,
  uint32,
  int32,
  float32,
  uint64,
  int64,
  float64,
  complex64,
};

// Bytes of one element.
std::size_t element_size(ElementType type) noexcept;
// The name the format has for it, such as "F32".
std::string_view element_name(ElementType type) noexcept;

inline constexpr std::size_t maximum_rank = 8;

// The sizes of a tensor, outermost first. A rank of zero is one element.
struct Shape {
  std::array<std::uint64_t, maximum_rank> sizes{};
  std::size_t rank = 0;

  constexpr Shape() noexcept = default;
  // More than maximum_rank sizes give a rank that no function accepts.
  constexpr Shape(std::initializer_list<std::uint64_t> list) noexcept : rank(list.size()) {
    std::size_t index = 0;
    for (const std::uint64_t size : list)
      if (index < maximum_rank) sizes[index++] = size;
  }

  friend constexpr bool operator==(const Shape&, const Shape&) noexcept = default;
};

// A tensor of the program that is to be written.
struct TensorSource {
  std::string name;
  ElementType type;
  Shape shape;
  std::span<const std::byte> bytes;
};

// A tensor of the program that is to be filled from a file.
struct TensorTarget {
  std::string name;
  ElementType type;
  Shape shape;
  std::span<std::byte> bytes;
};

// A tensor of a file: its bytes are [begin, end) of the data that follow the header.
struct TensorEntry {
  std::string name;
  ElementType type;
  Shape shape;
  std::uint64_t begin;
  std::uint64_t end;
};

}  // namespace inlay::io
