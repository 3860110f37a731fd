#include "elements.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <limits>

namespace inlay::io {
namespace {

struct Element {
  ElementType type;
  std::string_view name;
  std::uint8_t size;
  std::uint8_t number;  // bytes of one number in it
};

constexpr std::array<Element, 17> elements = {{
    {ElementType::boolean, "BOOL", 1, 1},
    {ElementType::uint8, "U8", 1, 1},
    {ElementType::int8, "I8", 1, 1},
    {ElementType::float8_e5m2, "F8_E5M2", 1, 1},
    {ElementType::float8_e4m3, "F8_E4M3", 1, 1},
    {ElementType::float8_e8m0, "F8_E8M0", 1, 1},
    {ElementType::uint16, "U16", 2, 2},
    {ElementType::int16, "I16", 2, 2},
    {ElementType::float16, "F16", 2, 2},
    {ElementType::bfloat16, "BF16", 2, 2},
    {ElementType::uint32, "U32", 4, 4},
    {ElementType::int32, "I32", 4, 4},
    {ElementType::float32, "F32", 4, 4},
    {ElementType::uint64, "U64", 8, 8},
    {ElementType::int64, "I64", 8, 8},
    {ElementType::float64, "F64", 8, 8},
    {ElementType::complex64, "C64", 8, 4},
}};

const Element& element(ElementType type) noexcept { return elements[static_cast<std::size_t>(type)]; }

template <class Integer>
Integer load_little_endian(const std::byte* bytes) noexcept {
  Integer value = 0;
  for (std::size_t index = 0; index < sizeof(Integer); ++index)
    value = static_cast<Integer>(value | static_cast<Integer>(std::to_integer<Integer>(bytes[index]) << (8 * index)));
  return value;
}

}  // namespace

std::size_t element_size(ElementType type) noexcept { return element(type).size; }
std::string_view element_name(ElementType type) noexcept { return element(type).name; }

std::optional<ElementType> element_type(std::string_view name) noexcept {
  for (const Element& candidate : elements)
    if (candidate.name == name) return candidate.type;
  return std::nullopt;
}

std::optional<std::uint64_t> element_count(const Shape& shape) noexcept {
  if (shape.rank > maximum_rank) return std::nullopt;
  std::uint64_t product = 1;
  bool empty = false;
  for (std::size_t index = 0; index < shape.rank; ++index) {
    const std::uint64_t size = shape.sizes[index];
    if (size == 0) {
      empty = true;
      continue;
    }
    // The sizes beside a zero are held to the same limit, because strides are products of them.
    if (product > std::numeric_limits<std::uint64_t>::max() / size) return std::nullopt;
    product *= size;
  }
  return empty ? 0 : product;
}

std::optional<std::uint64_t> byte_count(ElementType type, const Shape& shape) noexcept {
  const std::optional<std::uint64_t> count = element_count(shape);
  if (!count || *count > std::numeric_limits<std::uint64_t>::max() / element_size(type)) return std::nullopt;
  return *count * element_size(type);
}

bool needs_swap(ElementType type) noexcept {
  return std::endian::native != std::endian::little && element(type).number > 1;
}

void swap_bytes(ElementType type, std::span<std::byte> bytes) noexcept {
  const std::size_t number = element(type).number;
  for (std::size_t begin = 0; begin + number <= bytes.size(); begin += number)
    std::reverse(bytes.data() + begin, bytes.data() + begin + number);
}

bool is_convertible(ElementType from, ElementType to) noexcept {
  if (from == to) return true;
  return to == ElementType::float32 &&
         (from == ElementType::float16 || from == ElementType::bfloat16 || from == ElementType::float64);
}

std::uint32_t float32_from_float16(std::uint16_t bits) noexcept {
  const std::uint32_t sign = static_cast<std::uint32_t>(bits & 0x8000U) << 16U;
  const std::uint32_t exponent = (bits >> 10U) & 0x1FU;
  std::uint32_t fraction = bits & 0x3FFU;
  if (exponent == 0x1F) return sign | 0x7F800000U | (fraction << 13U) | (fraction != 0 ? 0x00400000U : 0U);
  if (exponent != 0) return sign | ((exponent + 112U) << 23U) | (fraction << 13U);
  if (fraction == 0) return sign;
  // A denormal half is fraction * 2^-24, a normal float: move its highest bit to the hidden one.
  const auto shift = static_cast<std::uint32_t>(std::countl_zero(fraction)) - 21U;
  fraction = (fraction << shift) & 0x3FFU;
  return sign | ((113U - shift) << 23U) | (fraction << 13U);
}

std::uint32_t float32_from_float64(std::uint64_t bits) noexcept {
  const auto sign = static_cast<std::uint32_t>(bits >> 32U) & 0x80000000U;
  const auto exponent = static_cast<std::int32_t>((bits >> 52U) & 0x7FFU);
  const std::uint64_t fraction = bits & 0xFFFFFFFFFFFFFU;
  if (exponent == 0x7FF) {
    const auto payload = static_cast<std::uint32_t>(fraction >> 29U);
    return sign | 0x7F800000U | (fraction != 0 ? payload | 0x00400000U : 0U);
  }
  // 896 is the difference of the biases. A normal float keeps 23 bits of the fraction, a denormal one loses one more
  // for each step below the smallest exponent; what rounds up out of its field carries into the exponent, as it should.
  const std::int32_t rebased = exponent - 896;
  if (rebased >= 255) return sign | 0x7F800000U;
  if (rebased < -24) return sign;
  const std::uint64_t significand = fraction | (exponent != 0 ? 0x10000000000000U : 0U);
  const std::uint32_t dropped = rebased > 0 ? 29U : static_cast<std::uint32_t>(30 - rebased);
  const std::uint64_t kept = significand >> dropped;
  const std::uint64_t rest = significand & ((std::uint64_t{1} << dropped) - 1);
  const std::uint64_t half = std::uint64_t{1} << (dropped - 1);
  const std::uint64_t rounded = kept + ((rest > half || (rest == half && (kept & 1U) != 0)) ? 1U : 0U);
  // kept holds the hidden bit of a normal number, hence one exponent less.
  const std::uint32_t base = rebased > 0 ? static_cast<std::uint32_t>(rebased - 1) << 23U : 0U;
  return sign | (base + static_cast<std::uint32_t>(rounded));
}

void convert_to_float32(ElementType from, std::span<const std::byte> source, std::byte* destination) noexcept {
  const std::size_t size = element_size(from);
  for (std::size_t begin = 0; begin + size <= source.size(); begin += size, destination += sizeof(float)) {
    const std::byte* element_bytes = source.data() + begin;
    std::uint32_t bits = 0;
    switch (from) {
      case ElementType::float16:
        bits = float32_from_float16(load_little_endian<std::uint16_t>(element_bytes));
        break;
      case ElementType::bfloat16:
        bits = static_cast<std::uint32_t>(load_little_endian<std::uint16_t>(element_bytes)) << 16U;
        break;
      case ElementType::float64:
        bits = float32_from_float64(load_little_endian<std::uint64_t>(element_bytes));
        break;
      default:
        bits = load_little_endian<std::uint32_t>(element_bytes);
        break;
    }
    std::memcpy(destination, &bits, sizeof(bits));
  }
}

}  // namespace inlay::io
