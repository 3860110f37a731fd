#include <algorithm>
#include <array>
#include <vector>

#include <nlohmann/json.hpp>

#include "elements.hpp"
#include "safetensors_header.hpp"
#include "text.hpp"

namespace inlay::io {
namespace {

void add_number(Checksum& checksum, std::uint64_t number) {
  std::array<std::byte, 8> bytes{};
  for (std::size_t index = 0; index < bytes.size(); ++index)
    bytes[index] = static_cast<std::byte>(number >> (8 * index));
  checksum.add(bytes);
}

void add_text(Checksum& checksum, std::string_view text) {
  add_number(checksum, text.size());
  checksum.add(std::as_bytes(std::span(text.data(), text.size())));
}

}  // namespace

Result<std::string> format_header(std::span<const TensorEntry> tensors, const Metadata& metadata) {
  std::string text = "{";
  try {
    const auto json_text = [](const std::string& value) { return nlohmann::json(value).dump(); };
    if (!metadata.empty()) {
      text += "\"__metadata__\":{";
      for (const auto& [key, value] : metadata) {
        if (text.back() != '{') text += ',';
        text += json_text(key) + ":" + json_text(value);
      }
      text += '}';
    }
    for (const TensorEntry& entry : tensors) {
      if (text.size() > 1) text += ',';
      text += json_text(entry.name) + ":{\"dtype\":\"" + std::string(element_name(entry.type)) + "\",\"shape\":[";
      for (std::size_t index = 0; index < entry.shape.rank; ++index)
        text += (index > 0 ? "," : "") + std::to_string(entry.shape.sizes[index]);
      text += "],\"data_offsets\":[" + std::to_string(entry.begin) + "," + std::to_string(entry.end) + "]}";
    }
  } catch (const nlohmann::json::exception&) {
    return Error("the name of a tensor or a text of the metadata is not UTF-8");
  }
  return text + "}";
}

Checksum header_checksum(std::span<const TensorEntry> tensors, const Metadata& metadata) {
  Checksum checksum;
  // By name, not by place: two empty tensors can share a place, and their order in the header means nothing.
  std::vector<const TensorEntry*> by_name;
  for (const TensorEntry& entry : tensors) by_name.push_back(&entry);
  std::sort(by_name.begin(), by_name.end(), [](const auto* a, const auto* b) { return a->name < b->name; });
  add_number(checksum, tensors.size());
  for (const TensorEntry* entry : by_name) {
    add_text(checksum, entry->name);
    add_text(checksum, element_name(entry->type));
    add_number(checksum, entry->shape.rank);
    for (std::size_t index = 0; index < entry->shape.rank; ++index) add_number(checksum, entry->shape.sizes[index]);
    add_number(checksum, entry->begin);
  }
  // Tools keep the entries in hash tables, so their order means nothing.
  Metadata sorted = metadata;
  std::sort(sorted.begin(), sorted.end());
  for (const auto& [key, value] : sorted) {
    if (key == checksum_key) continue;
    add_text(checksum, key);
    add_text(checksum, value);
  }
  return checksum;
}

}  // namespace inlay::io
