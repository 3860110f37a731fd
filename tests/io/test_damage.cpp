// A file that was cut off, or in which a single bit is wrong.

#include <cstring>

#include "io/support.hpp"

using namespace io_test;
using io::ElementType;

namespace {

struct Contents {
  std::vector<float> weight = {1.0F, -2.0F, 3.5F, 4.0F, 5.0F, 6.0F};
  std::vector<std::uint8_t> tokens = {3, 1, 4, 1, 5};
  io::Metadata metadata = {{"step", "1000"}, {"format", "inlay"}};

  std::vector<io::TensorSource> sources() const {
    return {source("block.weight", ElementType::float32, {2, 3}, weight),
            source("tokens", ElementType::uint8, {5}, tokens)};
  }
  std::vector<io::TensorTarget> targets() {
    return {target("block.weight", ElementType::float32, {2, 3}, weight),
            target("tokens", ElementType::uint8, {5}, tokens)};
  }
};

// Whether the bytes give these contents; false when they are refused. Anything else is a failure.
bool gives_contents(std::span<const std::byte> bytes, const Contents& expected) {
  const auto file = io::SafetensorsReader::from_bytes(bytes, "f");
  Contents found;
  found.weight.assign(6, -1.0F);
  found.tokens.assign(5, 255);
  const Contents untouched = found;
  const io::Status status = file ? file->read(found.targets()) : io::Status(file.error());
  if (!status) {
    CHECK_FALSE(status.message().empty());
    CHECK(found.weight == untouched.weight);
    CHECK(found.tokens == untouched.tokens);
    return false;
  }
  CHECK(found.weight == expected.weight);
  CHECK(found.tokens == expected.tokens);
  if (file->has_checksum()) {
    CHECK(file->metadata("step") == std::string_view("1000"));
    CHECK(file->metadata("format") == std::string_view("inlay"));
  }
  return true;
}

}  // namespace

TEST_CASE("a file that was cut off anywhere is refused", "[io]") {
  const Contents contents;
  const auto bytes = io::encode_safetensors(contents.sources(), contents.metadata);
  REQUIRE(bytes);
  REQUIRE(gives_contents(*bytes, contents));
  const Folder folder;
  const std::string path = folder.file("cut.safetensors");
  for (std::size_t size = 0; size < bytes->size(); ++size) {
    CAPTURE(size);
    // A copy of its own, so that a sanitizer sees each byte behind the end.
    const Bytes cut(bytes->begin(), bytes->begin() + static_cast<std::ptrdiff_t>(size));
    CHECK_FALSE(gives_contents(cut, contents));
    write_file(path, cut);
    CHECK_FALSE(io::SafetensorsReader::open(path));
  }
  for (std::size_t more = 1; more < 20; ++more) {
    Bytes longer = *bytes;
    longer.resize(bytes->size() + more);
    CHECK_FALSE(gives_contents(longer, contents));
  }
}

TEST_CASE("a single wrong bit is found, or changes nothing", "[io]") {
  const Contents contents;
  const auto bytes = io::encode_safetensors(contents.sources(), contents.metadata);
  REQUIRE(bytes);
  std::size_t harmless = 0;
  std::size_t data_begin =
      8 + std::to_integer<std::size_t>((*bytes)[0]) + 256 * std::to_integer<std::size_t>((*bytes)[1]);
  for (std::size_t index = 0; index < bytes->size(); ++index)
    for (unsigned bit = 0; bit < 8; ++bit) {
      CAPTURE(index, bit);
      Bytes damaged = *bytes;
      damaged[index] ^= static_cast<std::byte>(1U << bit);
      const bool accepted = gives_contents(damaged, contents);
      if (index >= data_begin) CHECK_FALSE(accepted);
      harmless += accepted ? 1U : 0U;
    }
  // The letters of the key "inlay.checksum" and blanks of the padding.
  CHECK(harmless < 14 * 8 + 16);
}

TEST_CASE("any other byte is found, or changes nothing", "[io]") {
  const Contents contents;
  const auto bytes = io::encode_safetensors(contents.sources(), contents.metadata);
  REQUIRE(bytes);
  for (std::size_t index = 0; index < bytes->size(); ++index)
    for (const unsigned value : {0x00U, 0x20U, 0x22U, 0x2CU, 0x30U, 0x39U, 0x5BU, 0x7DU, 0x7FU, 0x80U, 0xFFU}) {
      CAPTURE(index, value);
      Bytes damaged = *bytes;
      if (damaged[index] == static_cast<std::byte>(value)) continue;
      damaged[index] = static_cast<std::byte>(value);
      gives_contents(damaged, contents);
    }
}

TEST_CASE("damage in a large tensor is found before anything is overwritten", "[io]") {
  std::vector<float> values(100'003);
  for (std::size_t index = 0; index < values.size(); ++index) values[index] = static_cast<float>(index);
  const auto bytes =
      io::encode_safetensors(std::vector<io::TensorSource>{source("x", ElementType::float32, {100'003}, values)});
  REQUIRE(bytes);
  std::vector<float> found(values.size(), -1.0F);
  const std::vector<io::TensorTarget> targets = {target("x", ElementType::float32, {100'003}, found)};
  for (const std::size_t from_end : {std::size_t{1}, std::size_t{200'000}, std::size_t{400'012}}) {
    Bytes damaged = *bytes;
    damaged[damaged.size() - from_end] ^= std::byte{0x10};
    const auto file = io::SafetensorsReader::from_bytes(damaged, "f");
    REQUIRE(file);
    const std::string message = file->read(targets).message();
    CHECK(contains(message, "\"f\": the file is damaged: expected the checksum \"xxh64:"));
    CHECK(found == std::vector<float>(values.size(), -1.0F));
  }
  const auto file = io::SafetensorsReader::from_bytes(*bytes, "f");
  REQUIRE(file);
  REQUIRE(file->read(targets));
  CHECK(found == values);
}
