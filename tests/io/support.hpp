#pragma once
// Files for the tests of inlay::io: folders that vanish, bytes from texts, safetensors files put together by hand.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <inlay/io/safetensors.hpp>

#include "support/catch.hpp"

namespace io_test {

namespace io = inlay::io;
using Bytes = std::vector<std::byte>;

class Folder {
 public:
  Folder() {
    std::random_device random;
    path_ = std::filesystem::temp_directory_path() /
            ("inlay-io-" + std::to_string(random()) + "-" + std::to_string(random()));
    std::filesystem::create_directories(path_);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() {
    std::error_code ignored;
    std::filesystem::permissions(path_, std::filesystem::perms::owner_all, ignored);
    std::filesystem::remove_all(path_, ignored);
  }

  const std::filesystem::path& path() const { return path_; }
  std::string file(const std::string& name) const { return (path_ / name).string(); }
  // The names in it, each with a space behind it.
  std::string list() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(path_))
      names.push_back(entry.path().filename().string());
    std::sort(names.begin(), names.end());
    std::string text;
    for (const std::string& name : names) text += name + " ";
    return text;
  }

 private:
  std::filesystem::path path_;
};

inline Bytes bytes_of(std::string_view text) {
  const auto view = std::as_bytes(std::span(text.data(), text.size()));
  return {view.begin(), view.end()};
}

inline Bytes read_file(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(stream), {}};
  return bytes_of(text);
}

inline void write_file(const std::string& path, std::span<const std::byte> bytes) {
  std::ofstream stream(path, std::ios::binary | std::ios::trunc);
  stream.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  REQUIRE(stream.good());
}

// A file with this header, as it is, and so many bytes of data: 0, 1, 2 and so on.
inline Bytes file_with(std::string_view header, std::size_t data = 0) {
  Bytes bytes;
  for (unsigned shift = 0; shift < 64; shift += 8)
    bytes.push_back(static_cast<std::byte>((std::uint64_t{header.size()} >> shift) & 255U));
  const Bytes text = bytes_of(header);
  bytes.insert(bytes.end(), text.begin(), text.end());
  for (std::size_t index = 0; index < data; ++index) bytes.push_back(static_cast<std::byte>(index & 255U));
  return bytes;
}

template <class T>
io::TensorSource source(std::string name, io::ElementType type, io::Shape shape, const std::vector<T>& values) {
  return {std::move(name), type, shape, std::as_bytes(std::span(values))};
}
template <class T>
io::TensorTarget target(std::string name, io::ElementType type, io::Shape shape, std::vector<T>& values) {
  return {std::move(name), type, shape, std::as_writable_bytes(std::span(values))};
}

inline std::vector<io::TensorSource> one_tensor(const std::vector<float>& values) {
  return {source("x", io::ElementType::float32, {values.size()}, values)};
}

inline bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace io_test
