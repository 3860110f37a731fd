// libFuzzer: any bytes are a file. Whatever the reader accepts must hold together: it can be read in full, and what is
// written from it is read back as the same.
//
//   clang++ -std=c++20 -O1 -g -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -Iinclude
//       tests/io/fuzz_safetensors.cpp lib/io/*.cpp -o fuzz_safetensors
//   ./fuzz_safetensors -max_total_time=60 -dict=tests/io/safetensors.dict NEW_INPUTS tests/io/corpus

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include <inlay/io/safetensors.hpp>

namespace {

namespace io = inlay::io;

void require(bool condition) {
  if (!condition) std::abort();
}

void examine(std::span<const std::byte> bytes) {
  const auto file = io::SafetensorsReader::from_bytes(bytes, "input");
  require(file.has_value() == file.message().empty());
  if (!file) return;
  std::vector<std::vector<std::byte>> contents;
  std::vector<io::TensorTarget> targets;
  std::vector<io::TensorSource> sources;
  std::uint64_t position = 0;
  for (const io::TensorEntry& entry : file->tensors()) {
    require(entry.begin == position && entry.end >= entry.begin && entry.end <= bytes.size());
    require(entry.shape.rank <= io::maximum_rank);
    require(file->find(entry.name) == &entry);
    position = entry.end;
    contents.emplace_back(static_cast<std::size_t>(entry.end - entry.begin), std::byte{0xAA});
  }
  for (std::size_t index = 0; index < contents.size(); ++index) {
    const io::TensorEntry& entry = file->tensors()[index];
    targets.push_back({entry.name, entry.type, entry.shape, contents[index]});
    sources.push_back({entry.name, entry.type, entry.shape, contents[index]});
    if (entry.type == io::ElementType::float16 || entry.type == io::ElementType::bfloat16 ||
        entry.type == io::ElementType::float64) {
      std::vector<float> floats(contents[index].size() / io::element_size(entry.type));
      require(file->read_into(
                      {entry.name, io::ElementType::float32, entry.shape, std::as_writable_bytes(std::span(floats))})
                  .has_value());
    }
  }
  require(file->check(targets).has_value());
  const bool intact = file->verify().has_value();
  require(intact || file->has_checksum());
  require(file->read(targets).has_value() == intact);
  if (!intact) return;

  io::Metadata metadata;
  for (const auto& pair : file->metadata())
    if (pair.first != io::checksum_key) metadata.push_back(pair);
  const auto encoded = io::encode_safetensors(sources, metadata);
  require(encoded.has_value());
  const auto again = io::SafetensorsReader::from_bytes(*encoded, "again");
  require(again.has_value() && again->verify().has_value());
  require(again->tensors().size() == sources.size() && again->metadata().size() == metadata.size() + 1);
  for (const io::TensorSource& source : sources) {
    const io::TensorEntry* entry = again->find(source.name);
    require(entry != nullptr && entry->type == source.type && entry->shape == source.shape);
    std::vector<std::byte> read(source.bytes.size());
    require(again->read_into({source.name, source.type, source.shape, read}).has_value());
    require(std::equal(read.begin(), read.end(), source.bytes.begin(), source.bytes.end()));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto input = std::as_bytes(std::span(data, size));
  examine(input);
  // The same with a length that fits the header, which mutation seldom finds.
  std::vector<std::byte> mended(input.begin(), input.end());
  const auto end = std::find(mended.rbegin(), mended.rend(), std::byte{'}'});
  const auto header_end = static_cast<std::size_t>(mended.rend() - end);
  if (header_end <= 8) return 0;
  for (std::size_t index = 0; index < 8; ++index)
    mended[index] = static_cast<std::byte>(((header_end - 8) >> (8 * index)) & 255U);
  examine(mended);
  return 0;
}
