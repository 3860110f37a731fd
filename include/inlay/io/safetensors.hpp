#pragma once
// Tensors in files, in the safetensors format.
//
//   8 bytes   length of the header, little-endian
//   header    JSON: {"__metadata__": {"key": "text", ...},
//                    "name": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}, ...}, padded with spaces
//   data      the elements, little-endian, row-major; offsets count from here; without gaps, overlaps or a remainder
//
// Source: https://github.com/huggingface/safetensors, "Format". Any tool that reads the format opens the files written
// here. They carry one thing of our own: the metadata entry "inlay.checksum", XXH64 (seed 0) over the names, types,
// shapes and metadata, then the data. A reader verifies it before it hands out anything, so a damaged file is found,
// not used.
//
// Writing is atomic: the bytes go to NAME.partial in the same folder, are flushed to the disk, and then take the place
// of NAME. Whatever fails or dies on the way, NAME is either the old file or the new one, complete. A .partial that a
// killed process left behind is taken over by the next write; two writers of one file at a time are refused.
//
// Reading trusts nothing: every length, offset, shape and name is checked before it is used, memory grows with the
// header that is really there and with nothing that it claims, and the data go in pieces from the file to the caller's
// memory. A tensor of F16, BF16 or F64 is converted when the target is float32: exactly, or rounded to nearest, ties to
// even.
//
// Errors: each function returns a message that names the file, the tensor, what was expected and what was found. The
// functions do not throw, and are not affected by the rounding mode of the caller or by flushing of denormals.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <inlay/io/descriptor.hpp>
#include <inlay/io/result.hpp>

namespace inlay::io {

// Keys and texts, in the order of the file.
using Metadata = std::vector<std::pair<std::string, std::string>>;

// The metadata key of the checksum; no caller may set it.
inline constexpr std::string_view checksum_key = "inlay.checksum";

// Writes the tensors in the given order, those with larger elements first, so that each is aligned for whoever maps the
// file. The path is the file's name in the encoding of the system (UTF-8 on Windows); a link is followed, and the
// permissions of a file that is replaced are kept.
Status write_safetensors(const std::string& path, std::span<const TensorSource> tensors,
                         const Metadata& metadata = {}) noexcept;

// The same bytes in memory.
Result<std::vector<std::byte>> encode_safetensors(std::span<const TensorSource> tensors,
                                                  const Metadata& metadata = {}) noexcept;

struct OpenOptions {
  // A longer header is refused unread. The default is the limit of the reference implementation; a header of that
  // length can cost ten times its size in memory, so a program that opens strangers' files on a small machine sets it
  // lower.
  std::uint64_t maximum_header = 100'000'000;
};

enum class Unexpected : std::uint8_t {
  refuse,  // a tensor of the file that nobody asked for is an error
  ignore,
};

class SafetensorsReader {
 public:
  static Result<SafetensorsReader> open(const std::string& path, OpenOptions options = {}) noexcept;
  // Reads from memory, which must outlive the reader. The name stands in messages.
  static Result<SafetensorsReader> from_bytes(std::span<const std::byte> bytes, std::string name,
                                              OpenOptions options = {}) noexcept;

  SafetensorsReader(SafetensorsReader&&) noexcept;
  SafetensorsReader& operator=(SafetensorsReader&&) noexcept;
  ~SafetensorsReader();

  // As messages show it.
  const std::string& name() const noexcept;
  // In the order of their data.
  std::span<const TensorEntry> tensors() const noexcept;
  // Null if there is none of this name.
  const TensorEntry* find(std::string_view name) const noexcept;
  const Metadata& metadata() const noexcept;
  std::optional<std::string_view> metadata(std::string_view key) const noexcept;
  bool has_checksum() const noexcept;

  // Reads the whole data once and compares the checksum. Without a checksum in the file: only that all can be read.
  Status verify() const noexcept;

  // Whether the file holds exactly these tensors, with types that can be converted; touches no target.
  Status check(std::span<const TensorTarget> targets, Unexpected unexpected = Unexpected::refuse) const noexcept;

  // One tensor into the caller's memory, without the checksum.
  Status read_into(const TensorTarget& target) const noexcept;

  // All or nothing: check, then verify, and only then the targets are overwritten.
  Status read(std::span<const TensorTarget> targets, Unexpected unexpected = Unexpected::refuse) const noexcept;

 private:
  struct Content;
  explicit SafetensorsReader(std::unique_ptr<Content> content) noexcept;

  std::unique_ptr<Content> content_;
};

}  // namespace inlay::io
