#pragma once
// What the format says of element types: names, sizes, byte order, and the conversions to float.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include <inlay/io/descriptor.hpp>

namespace inlay::io {

std::optional<ElementType> element_type(std::string_view name) noexcept;

// Elements of a shape; nothing when there are more sizes than maximum_rank or when the product does not fit 64 bits.
std::optional<std::uint64_t> element_count(const Shape& shape) noexcept;
std::optional<std::uint64_t> byte_count(ElementType type, const Shape& shape) noexcept;

// Whether the host must reverse the bytes of these elements when it reads or writes a file.
bool needs_swap(ElementType type) noexcept;
// Reverses the bytes of each number; a complex number is two.
void swap_bytes(ElementType type, std::span<std::byte> bytes) noexcept;

// Whether elements of a file can fill a target of another type.
bool is_convertible(ElementType from, ElementType to) noexcept;
// Little-endian elements to floats of the host, on the bits alone: the caller may have set any rounding mode and any
// treatment of denormals. destination holds source.size() / element_size(from) floats, in any alignment.
void convert_to_float32(ElementType from, std::span<const std::byte> source, std::byte* destination) noexcept;

// The bits of a float for the bits of a narrower or wider number. Signalling NaNs stay NaNs and become quiet ones.
std::uint32_t float32_from_float16(std::uint16_t bits) noexcept;
std::uint32_t float32_from_float64(std::uint64_t bits) noexcept;

}  // namespace inlay::io
