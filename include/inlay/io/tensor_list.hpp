#pragma once
// Lists of tensors on their way to a file or from one: what the templates of checkpoint.hpp hand to the compiled part.
//
// add never fails: what it could not keep, for want of memory, makes write or read fail.

#include <cstdint>
#include <memory>
#include <string>

#include <inlay/io/safetensors.hpp>

namespace inlay::io {

// The memory behind `data` must outlive the list; its size follows from type and shape.
class TensorSources {
 public:
  TensorSources() noexcept;
  TensorSources(TensorSources&&) noexcept;
  TensorSources& operator=(TensorSources&&) noexcept;
  ~TensorSources();

  // The name of the tensor is prefix + name.
  void add(const char* prefix, const char* name, ElementType type, const Shape& shape, const void* data) noexcept;
  void add_metadata(const char* key, std::string text) noexcept;
  void add_metadata(const Metadata& metadata) noexcept;
  // write_safetensors with all that was added.
  Status write(const std::string& path) const noexcept;

 private:
  struct Content;
  std::unique_ptr<Content> content_;
};

class TensorTargets {
 public:
  TensorTargets() noexcept;
  TensorTargets(TensorTargets&&) noexcept;
  TensorTargets& operator=(TensorTargets&&) noexcept;
  ~TensorTargets();

  void add(const char* prefix, const char* name, ElementType type, const Shape& shape, void* data) noexcept;
  // Metadata that the file must have. A file without this key is accepted when it may be a foreign one.
  enum class Absent : bool { refuse, accept };
  void expect_metadata(const char* key, std::string text, Absent absent) noexcept;
  // All or nothing, as SafetensorsReader::read.
  Status read(const SafetensorsReader& file, Unexpected unexpected = Unexpected::refuse) const noexcept;

 private:
  struct Content;
  std::unique_ptr<Content> content_;
};

namespace detail {
// 16 hexadecimal digits.
std::string hexadecimal(std::uint64_t number);
// Whether a file is a checkpoint of a training with these data; any, where the fingerprint is zero.
Status check_data(const SafetensorsReader& file, std::uint64_t fingerprint) noexcept;

// The metadata that inlay has not written itself.
Metadata metadata_of_caller(const SafetensorsReader& file);
}  // namespace detail

}  // namespace inlay::io
