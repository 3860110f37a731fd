#include <algorithm>
#include <array>
#include <vector>

#include <inlay/io/safetensors.hpp>

#include "elements.hpp"
#include "file.hpp"
#include "safetensors_header.hpp"
#include "text.hpp"

namespace inlay::io {
namespace {

struct Plan {
  std::vector<std::size_t> order;  // of the sources in the file
  std::string prologue;            // length and header
};

// Calls f with the bytes of a tensor as the file has them.
template <class Function>
Status for_little_endian(const TensorSource& source, Function&& f) {
  if (!needs_swap(source.type)) return f(source.bytes);
  std::array<std::byte, 4096> buffer;
  for (std::span<const std::byte> rest = source.bytes; !rest.empty();) {
    const std::size_t count = std::min(rest.size(), buffer.size());
    std::copy_n(rest.data(), count, buffer.data());
    const std::span<std::byte> chunk(buffer.data(), count);
    swap_bytes(source.type, chunk);
    if (Status status = f(std::span<const std::byte>(chunk)); !status) return status;
    rest = rest.subspan(count);
  }
  return {};
}

Status check_sources(std::span<const TensorSource> tensors, const Metadata& metadata) {
  for (const TensorSource& source : tensors) {
    if (source.name == "__metadata__") return Error("tensor \"__metadata__\": the format keeps this name for itself");
    const std::optional<std::uint64_t> bytes = byte_count(source.type, source.shape);
    if (!bytes)
      return Error("tensor " + quoted_text(source.name) + ": expected at most " + std::to_string(maximum_rank) +
                   " sizes and less than 2^64 bytes, found " + std::to_string(source.shape.rank) + " sizes " +
                   shape_text(source.shape));
    if (*bytes != source.bytes.size())
      return Error("tensor " + quoted_text(source.name) + ": expected " + counted(*bytes, "byte") + " for " +
                   type_text(source.type, source.shape) + ", found " + std::to_string(source.bytes.size()));
  }
  std::vector<std::string_view> names;
  for (const TensorSource& source : tensors) names.emplace_back(source.name);
  std::sort(names.begin(), names.end());
  if (const auto twice = std::adjacent_find(names.begin(), names.end()); twice != names.end())
    return Error("tensor " + quoted_text(*twice) + ": expected one of this name, found two");
  names.clear();
  for (const auto& [key, value] : metadata) {
    if (key == checksum_key) return Error("the metadata " + quoted_text(key) + " is written by inlay itself");
    names.emplace_back(key);
  }
  std::sort(names.begin(), names.end());
  if (const auto twice = std::adjacent_find(names.begin(), names.end()); twice != names.end())
    return Error("the metadata " + quoted_text(*twice) + " are given twice");
  return {};
}

Result<Plan> make_plan(std::span<const TensorSource> tensors, const Metadata& metadata) {
  if (Status status = check_sources(tensors, metadata); !status) return status.error();
  Plan plan;
  for (std::size_t index = 0; index < tensors.size(); ++index) plan.order.push_back(index);
  const auto size = [&](std::size_t index) { return element_size(tensors[index].type); };
  std::stable_sort(plan.order.begin(), plan.order.end(),
                   [&](std::size_t a, std::size_t b) { return size(a) > size(b); });
  std::vector<TensorEntry> entries;
  std::uint64_t position = 0;
  for (const std::size_t index : plan.order) {
    const TensorSource& source = tensors[index];
    entries.push_back({source.name, source.type, source.shape, position, position + source.bytes.size()});
    position += source.bytes.size();
  }
  Checksum checksum = header_checksum(entries, metadata);
  for (const std::size_t index : plan.order) {
    const Status status = for_little_endian(tensors[index], [&](std::span<const std::byte> bytes) {
      checksum.add(bytes);
      return Status{};
    });
    if (!status) return status.error();
  }
  Metadata complete = metadata;
  complete.emplace_back(std::string(checksum_key), checksum_text(checksum.value()));
  Result<std::string> text = format_header(entries, complete);
  if (!text) return text.error();
  text->resize((text->size() + 7) / 8 * 8, ' ');
  const std::uint64_t length = text->size();
  for (unsigned shift = 0; shift < 64; shift += 8) plan.prologue += static_cast<char>((length >> shift) & 255U);
  plan.prologue += *text;
  return plan;
}

Status write(ByteSink& sink, const Plan& plan, std::span<const TensorSource> tensors) {
  if (Status status = sink.write(std::as_bytes(std::span(plan.prologue))); !status) return status;
  for (const std::size_t index : plan.order) {
    Status status =
        for_little_endian(tensors[index], [&](std::span<const std::byte> bytes) { return sink.write(bytes); });
    if (!status) return status;
  }
  return {};
}

class MemorySink final : public ByteSink {
 public:
  Status write(std::span<const std::byte> bytes) override {
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
    return {};
  }
  std::vector<std::byte> take() noexcept { return std::move(bytes_); }

 private:
  std::vector<std::byte> bytes_;
};

}  // namespace

Status write_safetensors(const std::string& path, std::span<const TensorSource> tensors,
                         const Metadata& metadata) noexcept {
  return guarded([&]() -> Status {
    Result<Plan> plan = make_plan(tensors, metadata);
    if (!plan) return Error(quoted_text(path) + ": " + plan.message());
    Result<std::unique_ptr<AtomicFile>> file = AtomicFile::create(path);
    if (!file) return file.error();
    if (Status status = write(**file, *plan, tensors); !status) return status;
    return (*file)->commit();
  });
}

Result<std::vector<std::byte>> encode_safetensors(std::span<const TensorSource> tensors,
                                                  const Metadata& metadata) noexcept {
  return guarded([&]() -> Result<std::vector<std::byte>> {
    Result<Plan> plan = make_plan(tensors, metadata);
    if (!plan) return plan.error();
    MemorySink sink;
    if (Status status = write(sink, *plan, tensors); !status) return status.error();
    return sink.take();
  });
}

}  // namespace inlay::io
