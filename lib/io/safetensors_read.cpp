#include <algorithm>
#include <array>
#include <limits>
#include <vector>

#include <inlay/io/safetensors.hpp>

#include "elements.hpp"
#include "file.hpp"
#include "safetensors_header.hpp"
#include "text.hpp"

namespace inlay::io {

struct SafetensorsReader::Content {
  std::string name;
  std::unique_ptr<ByteSource> source;
  std::uint64_t data_begin = 0;
  Header header;

  Error failure(const std::string& what) const { return Error(name + ": " + what); }
  Error failure(std::string_view tensor, const std::string& what) const {
    return failure("tensor " + quoted_text(tensor) + ": " + what);
  }

  Status read_header(OpenOptions options);
  const TensorEntry* find(std::string_view tensor) const;
  Status check(const TensorTarget& target) const;
  Status check(std::span<const TensorTarget> targets, Unexpected unexpected) const;
  Status verify() const;
  Status read(const TensorTarget& target) const;
  Status read_converted(const TensorEntry& entry, std::span<std::byte> destination) const;
};

namespace {

constexpr std::size_t chunk_size = std::size_t{1} << 16U;

std::string and_more(std::size_t count) { return count > 1 ? " (and " + std::to_string(count - 1) + " more)" : ""; }

}  // namespace

Status SafetensorsReader::Content::read_header(OpenOptions options) {
  constexpr std::uint64_t prefix = 8;
  const std::uint64_t size = source->size();
  if (size < prefix)
    return failure("expected at least 8 bytes for the length of the header, found " + std::to_string(size) +
                   ": this is no safetensors file, or it is cut off");
  std::array<std::byte, prefix> bytes{};
  if (Status status = source->read(0, bytes); !status) return failure(status.message());
  std::uint64_t length = 0;
  for (std::size_t index = 0; index < prefix; ++index)
    length |= std::to_integer<std::uint64_t>(bytes[index]) << (8 * index);
  if (length > size - prefix)
    return failure("the header is said to have " + counted(length, "byte") + ", the file has " +
                   std::to_string(size - prefix) + " behind its length: this is no safetensors file, or it is cut off");
  if (length > std::min<std::uint64_t>(options.maximum_header, std::numeric_limits<std::size_t>::max() / 2))
    return failure("the header has " + counted(length, "byte") + ", the limit is " +
                   std::to_string(options.maximum_header));
  std::vector<char> text(static_cast<std::size_t>(length));
  if (Status status = source->read(prefix, std::as_writable_bytes(std::span(text))); !status)
    return failure(status.message());
  data_begin = prefix + length;
  Result<Header> parsed = parse_header(text, size - data_begin);
  if (!parsed) return failure(parsed.message());
  header = std::move(*parsed);
  return {};
}

const TensorEntry* SafetensorsReader::Content::find(std::string_view tensor) const {
  const auto name_of = [&](std::uint32_t index) -> std::string_view { return header.tensors[index].name; };
  const auto found =
      std::lower_bound(header.by_name.begin(), header.by_name.end(), tensor,
                       [&](std::uint32_t index, std::string_view wanted) { return name_of(index) < wanted; });
  if (found == header.by_name.end() || name_of(*found) != tensor) return nullptr;
  return &header.tensors[*found];
}

Status SafetensorsReader::Content::check(const TensorTarget& target) const {
  const std::string expected = "expected " + type_text(target.type, target.shape);
  const std::optional<std::uint64_t> bytes = byte_count(target.type, target.shape);
  if (!bytes || *bytes != target.bytes.size())
    return failure(target.name, expected + " for " + counted(target.bytes.size(), "byte") + " of memory");
  const TensorEntry* entry = find(target.name);
  if (entry == nullptr)
    return failure(target.name, expected + ", found no tensor of this name among the " +
                                    std::to_string(header.tensors.size()) + " of the file");
  if (entry->shape != target.shape || !is_convertible(entry->type, target.type))
    return failure(target.name, expected + ", found " + type_text(entry->type, entry->shape));
  return {};
}

Status SafetensorsReader::Content::check(std::span<const TensorTarget> targets, Unexpected unexpected) const {
  for (const TensorTarget& target : targets)
    if (Status status = check(target); !status) return status;
  if (unexpected == Unexpected::ignore) return {};
  std::vector<std::string_view> wanted;
  for (const TensorTarget& target : targets) wanted.emplace_back(target.name);
  std::sort(wanted.begin(), wanted.end());
  const TensorEntry* first = nullptr;
  std::size_t count = 0;
  for (const TensorEntry& entry : header.tensors) {
    if (std::binary_search(wanted.begin(), wanted.end(), std::string_view(entry.name))) continue;
    if (count++ == 0) first = &entry;
  }
  if (first == nullptr) return {};
  return failure(first->name,
                 "expected no tensor of this name, found " + type_text(first->type, first->shape) + and_more(count));
}

Status SafetensorsReader::Content::verify() const {
  Checksum checksum = header_checksum(header.tensors, header.metadata);
  std::vector<std::byte> chunk(chunk_size);
  for (std::uint64_t position = data_begin; position < source->size();) {
    const std::uint64_t left = source->size() - position;
    const std::span<std::byte> bytes(chunk.data(), static_cast<std::size_t>(std::min<std::uint64_t>(left, chunk_size)));
    if (Status status = source->read(position, bytes); !status) return failure(status.message());
    checksum.add(bytes);
    position += bytes.size();
  }
  const std::string found = checksum_text(checksum.value());
  for (const auto& [key, value] : header.metadata)
    if (key == checksum_key && value != found)
      return failure("the file is damaged: expected the checksum " + quoted_text(value) + ", found " +
                     quoted_text(found) + " (a program that changes the file on purpose removes the metadata " +
                     quoted_text(checksum_key) + ")");
  return {};
}

Status SafetensorsReader::Content::read_converted(const TensorEntry& entry, std::span<std::byte> destination) const {
  alignas(8) std::array<std::byte, 8192> chunk;
  const std::size_t size = element_size(entry.type);
  std::byte* output = destination.data();
  for (std::uint64_t position = entry.begin; position < entry.end;) {
    const std::uint64_t left = entry.end - position;
    const std::span<std::byte> bytes(chunk.data(),
                                     static_cast<std::size_t>(std::min<std::uint64_t>(left, chunk.size())));
    if (Status status = source->read(data_begin + position, bytes); !status)
      return failure(entry.name, status.message());
    convert_to_float32(entry.type, bytes, output);
    output += bytes.size() / size * sizeof(float);
    position += bytes.size();
  }
  return {};
}

Status SafetensorsReader::Content::read(const TensorTarget& target) const {
  const TensorEntry& entry = *find(target.name);
  if (entry.type != target.type) return read_converted(entry, target.bytes);
  if (Status status = source->read(data_begin + entry.begin, target.bytes); !status)
    return failure(entry.name, status.message());
  if (needs_swap(entry.type)) swap_bytes(entry.type, target.bytes);
  return {};
}

SafetensorsReader::SafetensorsReader(std::unique_ptr<Content> content) noexcept : content_(std::move(content)) {}
SafetensorsReader::SafetensorsReader(SafetensorsReader&&) noexcept = default;
SafetensorsReader& SafetensorsReader::operator=(SafetensorsReader&&) noexcept = default;
SafetensorsReader::~SafetensorsReader() = default;

Result<SafetensorsReader> SafetensorsReader::open(const std::string& path, OpenOptions options) noexcept {
  return guarded([&]() -> Result<SafetensorsReader> {
    Result<std::unique_ptr<ByteSource>> source = open_file(path);
    if (!source) return source.error();
    auto content = std::make_unique<Content>();
    content->name = quoted_text(path);
    content->source = std::move(*source);
    if (Status status = content->read_header(options); !status) return status.error();
    return SafetensorsReader(std::move(content));
  });
}

Result<SafetensorsReader> SafetensorsReader::from_bytes(std::span<const std::byte> bytes, std::string name,
                                                        OpenOptions options) noexcept {
  return guarded([&]() -> Result<SafetensorsReader> {
    auto content = std::make_unique<Content>();
    content->name = quoted_text(name);
    content->source = std::make_unique<MemorySource>(bytes);
    if (Status status = content->read_header(options); !status) return status.error();
    return SafetensorsReader(std::move(content));
  });
}

const std::string& SafetensorsReader::name() const noexcept { return content_->name; }
std::span<const TensorEntry> SafetensorsReader::tensors() const noexcept { return content_->header.tensors; }
const TensorEntry* SafetensorsReader::find(std::string_view name) const noexcept { return content_->find(name); }
const Metadata& SafetensorsReader::metadata() const noexcept { return content_->header.metadata; }

std::optional<std::string_view> SafetensorsReader::metadata(std::string_view key) const noexcept {
  for (const auto& [name, value] : content_->header.metadata)
    if (name == key) return value;
  return std::nullopt;
}

bool SafetensorsReader::has_checksum() const noexcept { return metadata(checksum_key).has_value(); }

Status SafetensorsReader::verify() const noexcept {
  return guarded([&]() -> Status { return content_->verify(); });
}

Status SafetensorsReader::check(std::span<const TensorTarget> targets, Unexpected unexpected) const noexcept {
  return guarded([&]() -> Status { return content_->check(targets, unexpected); });
}

Status SafetensorsReader::read_into(const TensorTarget& target) const noexcept {
  return guarded([&]() -> Status {
    if (Status status = content_->check(target); !status) return status;
    return content_->read(target);
  });
}

Status SafetensorsReader::read(std::span<const TensorTarget> targets, Unexpected unexpected) const noexcept {
  return guarded([&]() -> Status {
    if (Status status = content_->check(targets, unexpected); !status) return status;
    if (Status status = content_->verify(); !status) return status;
    for (const TensorTarget& target : targets)
      if (Status status = content_->read(target); !status) return status;
    return {};
  });
}

}  // namespace inlay::io
