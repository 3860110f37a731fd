#pragma once
// The header of a safetensors file: from bytes that nobody vouches for to entries that hold, and back.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <inlay/io/safetensors.hpp>

#include "checksum.hpp"

namespace inlay::io {

struct Header {
  std::vector<TensorEntry> tensors;    // in the order of their data
  std::vector<std::uint32_t> by_name;  // indices of tensors, sorted by name
  Metadata metadata;
};

// Everything is checked: the grammar, the names, types and shapes, and that the data of the tensors fill data_size
// bytes without a gap, an overlap or a remainder. Messages do not name the file.
Result<Header> parse_header(std::span<const char> text, std::uint64_t data_size);

// The JSON text, without the length and the padding. Fails for names and metadata that are no UTF-8.
Result<std::string> format_header(std::span<const TensorEntry> tensors, const Metadata& metadata);

// The part of the checksum that covers the header: their number, then name, type, rank, sizes and first offset of each
// tensor in the order of the names, then key and text of the metadata in the order of the keys, without the checksum
// itself. Numbers are 64 bits, little-endian; texts come after their length. All the data follow.
Checksum header_checksum(std::span<const TensorEntry> tensors, const Metadata& metadata);

}  // namespace inlay::io
