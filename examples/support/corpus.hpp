#pragma once
// Text to learn from: a file, a folder walked recursively in sorted order, or, with nothing to download, the C++
// standard library's own headers of the compiler that built this program.

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace examples {

struct Corpus {
  std::string source;     // what it was read from, for people
  std::size_t files = 0;  // how many files it was put together from
  std::vector<std::uint8_t> text;
  std::uint64_t fingerprint = 0;  // of the bytes alone: the same text at another place is the same text

  // The last tenth is never trained on.
  std::span<const std::uint8_t> training() const { return std::span{text}.first(text.size() - text.size() / 10); }
  std::span<const std::uint8_t> validation() const { return std::span{text}.last(text.size() / 10); }
};

// Where the headers lay when this program was built.
std::filesystem::path standard_library_headers();

// Reads a file, or a folder: every regular file below it in the order of its path's bytes, one after another. Hidden
// entries, and files that hold a zero byte (binaries), are left out. Throws std::runtime_error with a full sentence
// when there is nothing to read, or less than `minimum` bytes.
Corpus load_corpus(const std::filesystem::path& path, std::size_t minimum);

}  // namespace examples
