#pragma once
// Bytes to read from, and a file that is replaced as a whole. The only part of inlay::io that speaks to the system.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include <inlay/io/result.hpp>

namespace inlay::io {

class ByteSource {
 public:
  virtual ~ByteSource() = default;
  virtual std::uint64_t size() const noexcept = 0;
  // Fills all of bytes or fails; the message does not name the source.
  virtual Status read(std::uint64_t offset, std::span<std::byte> bytes) const = 0;
};

class MemorySource final : public ByteSource {
 public:
  explicit MemorySource(std::span<const std::byte> bytes) noexcept : bytes_(bytes) {}
  std::uint64_t size() const noexcept override { return bytes_.size(); }
  Status read(std::uint64_t offset, std::span<std::byte> bytes) const override;

 private:
  std::span<const std::byte> bytes_;
};

// A regular file; folders, devices and pipes are refused. The message names the file.
Result<std::unique_ptr<ByteSource>> open_file(const std::string& path);

// Where bytes are written to, in order.
class ByteSink {
 public:
  virtual ~ByteSink() = default;
  virtual Status write(std::span<const std::byte> bytes) = 0;
};

// The new contents of a file. Until commit has returned success the file with this name is what it was before, and when
// the object goes without a commit nothing of it is left. Messages name the file.
class AtomicFile : public ByteSink {
 public:
  static Result<std::unique_ptr<AtomicFile>> create(const std::string& path);
  virtual Status commit() = 0;
};

}  // namespace inlay::io
