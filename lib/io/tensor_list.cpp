#include <inlay/io/tensor_list.hpp>

#include <new>
#include <vector>

#include "elements.hpp"
#include "text.hpp"

namespace inlay::io {
namespace {

// A shape that is no shape has no bytes; the functions that check the list then say so.
std::size_t bytes_or_zero(ElementType type, const Shape& shape) noexcept {
  return static_cast<std::size_t>(byte_count(type, shape).value_or(0));
}

}  // namespace

std::string detail::hexadecimal(std::uint64_t number) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string result;
  for (unsigned shift = 64; shift > 0; shift -= 4) result += digits[(number >> (shift - 4U)) & 15U];
  return result;
}

struct TensorSources::Content {
  std::vector<TensorSource> tensors;
  Metadata metadata;
  bool complete = true;
};

TensorSources::TensorSources() noexcept : content_(new (std::nothrow) Content) {}
TensorSources::TensorSources(TensorSources&&) noexcept = default;
TensorSources& TensorSources::operator=(TensorSources&&) noexcept = default;
TensorSources::~TensorSources() = default;

void TensorSources::add(const char* prefix, const char* name, ElementType type, const Shape& shape,
                        const void* data) noexcept {
  if (!content_) return;
  try {
    const std::span bytes(static_cast<const std::byte*>(data), bytes_or_zero(type, shape));
    content_->tensors.push_back({std::string(prefix) + name, type, shape, bytes});
  } catch (...) {
    content_->complete = false;
  }
}

void TensorSources::add_metadata(const char* key, std::string text) noexcept {
  if (!content_) return;
  try {
    content_->metadata.emplace_back(key, std::move(text));
  } catch (...) {
    content_->complete = false;
  }
}

void TensorSources::add_metadata(const Metadata& metadata) noexcept {
  if (!content_) return;
  try {
    content_->metadata.insert(content_->metadata.end(), metadata.begin(), metadata.end());
  } catch (...) {
    content_->complete = false;
  }
}

Status TensorSources::write(const std::string& path) const noexcept {
  if (!content_ || !content_->complete) return Error("out of memory");
  return write_safetensors(path, content_->tensors, content_->metadata);
}

struct TensorTargets::Content {
  struct Expectation {
    std::string key;
    std::string text;
    Absent absent;
  };
  std::vector<TensorTarget> tensors;
  std::vector<Expectation> metadata;
  bool complete = true;
};

TensorTargets::TensorTargets() noexcept : content_(new (std::nothrow) Content) {}
TensorTargets::TensorTargets(TensorTargets&&) noexcept = default;
TensorTargets& TensorTargets::operator=(TensorTargets&&) noexcept = default;
TensorTargets::~TensorTargets() = default;

void TensorTargets::add(const char* prefix, const char* name, ElementType type, const Shape& shape,
                        void* data) noexcept {
  if (!content_) return;
  try {
    const std::span bytes(static_cast<std::byte*>(data), bytes_or_zero(type, shape));
    content_->tensors.push_back({std::string(prefix) + name, type, shape, bytes});
  } catch (...) {
    content_->complete = false;
  }
}

void TensorTargets::expect_metadata(const char* key, std::string text, Absent absent) noexcept {
  if (!content_) return;
  try {
    content_->metadata.push_back({key, std::move(text), absent});
  } catch (...) {
    content_->complete = false;
  }
}

Status TensorTargets::read(const SafetensorsReader& file, Unexpected unexpected) const noexcept {
  return guarded([&]() -> Status {
    if (!content_ || !content_->complete) return Error("out of memory");
    for (const Content::Expectation& expected : content_->metadata) {
      const std::optional<std::string_view> found = file.metadata(expected.key);
      if (!found && expected.absent == Absent::accept) continue;
      if (!found || *found != expected.text)
        return Error(file.name() + ": metadata " + quoted_text(expected.key) + ": expected " +
                     quoted_text(expected.text) + ", found " + (found ? quoted_text(*found) : "none"));
    }
    return file.read(content_->tensors, unexpected);
  });
}

Status detail::check_data(const SafetensorsReader& file, std::uint64_t fingerprint) noexcept {
  return guarded([&]() -> Status {
    constexpr std::string_view name = "data.fingerprint";
    if (file.find(name) == nullptr)
      return Error(file.name() + ": tensor " + quoted_text(name) +
                   ": expected U64 [], found no tensor of this name among the " +
                   std::to_string(file.tensors().size()) + " of the file; this is no training checkpoint");
    std::uint64_t found = 0;
    const TensorTarget target{std::string(name), ElementType::uint64, {}, std::as_writable_bytes(std::span(&found, 1))};
    if (Status status = file.read_into(target); !status) return status;
    if (fingerprint == 0 || found == fingerprint) return {};
    return Error(file.name() + ": tensor " + quoted_text(name) + ": expected " + hexadecimal(fingerprint) + ", found " +
                 hexadecimal(found) + ": the training had other data");
  });
}

Metadata detail::metadata_of_caller(const SafetensorsReader& file) {
  Metadata result;
  for (const auto& pair : file.metadata())
    if (!pair.first.starts_with("inlay.")) result.push_back(pair);
  return result;
}

}  // namespace inlay::io
