// What is written is read back, other tools' files are read, and every refusal says what was expected and what was
// found.

#include <cstring>

#include "io/support.hpp"

using namespace io_test;
using io::ElementType;

TEST_CASE("what is written is read back", "[io]") {
  const Folder folder;
  const std::string path = folder.file("model.safetensors");
  const std::vector<float> weight = {0.0F, -0.0F, 1.5F, -2.25F, 3e38F, 1e-45F};
  const std::vector<float> scalar = {42.0F};
  const std::vector<std::uint64_t> step = {0x0123456789ABCDEFU};
  const std::vector<std::uint8_t> text = {1, 2, 3};
  const std::vector<float> nothing;
  const std::vector<float> deep = {9.0F};
  const std::vector<io::TensorSource> sources = {
      source("weight", ElementType::float32, {2, 3}, weight),
      source("scalar", ElementType::float32, {}, scalar),
      source("text", ElementType::uint8, {3}, text),
      source("step", ElementType::uint64, {1}, step),
      source("nothing", ElementType::float32, {4, 0}, nothing),
      source("deep", ElementType::float32, {1, 1, 1, 1, 1, 1, 1, 1}, deep),
  };
  const io::Metadata metadata = {
      {"format", "inlay"}, {"", "empty key"}, {"empty text", ""}, {"odd", "\"\\\n\x01 \u00e9"}};
  const io::Status written = io::write_safetensors(path, sources, metadata);
  INFO(written.message());
  REQUIRE(written);
  CHECK(folder.list() == "model.safetensors ");

  const auto file = io::SafetensorsReader::open(path);
  INFO(file.message());
  REQUIRE(file);
  CHECK(file->name() == "\"" + path + "\"");
  CHECK(file->has_checksum());
  CHECK(file->verify());
  for (const auto& [key, value] : metadata) {
    CAPTURE(key);
    REQUIRE(file->metadata(key).has_value());
    CHECK(*file->metadata(key) == value);
  }
  CHECK_FALSE(file->metadata("absent").has_value());

  SECTION("in the given order, larger elements first, each aligned") {
    const std::vector<std::string> order = {"step", "weight", "scalar", "nothing", "deep", "text"};
    REQUIRE(file->tensors().size() == order.size());
    for (std::size_t index = 0; index < order.size(); ++index) CHECK(file->tensors()[index].name == order[index]);
    const Bytes bytes = read_file(path);
    CHECK(std::to_integer<int>(bytes[0]) % 8 == 0);
  }
  SECTION("all at once") {
    std::vector<float> weight_read(6), scalar_read(1), nothing_read, deep_read(1);
    std::vector<std::uint64_t> step_read(1);
    std::vector<std::uint8_t> text_read(3);
    const std::vector<io::TensorTarget> targets = {
        target("weight", ElementType::float32, {2, 3}, weight_read),
        target("scalar", ElementType::float32, {}, scalar_read),
        target("text", ElementType::uint8, {3}, text_read),
        target("step", ElementType::uint64, {1}, step_read),
        target("nothing", ElementType::float32, {4, 0}, nothing_read),
        target("deep", ElementType::float32, {1, 1, 1, 1, 1, 1, 1, 1}, deep_read),
    };
    const io::Status read = file->read(targets);
    INFO(read.message());
    REQUIRE(read);
    CHECK(std::memcmp(weight.data(), weight_read.data(), sizeof(float) * weight.size()) == 0);
    CHECK(scalar_read == scalar);
    CHECK(step_read == step);
    CHECK(text_read == text);
    CHECK(deep_read == deep);
  }
  SECTION("the bytes in memory are those of the file") {
    const auto encoded = io::encode_safetensors(sources, metadata);
    REQUIRE(encoded);
    CHECK(*encoded == read_file(path));
  }
}

TEST_CASE("a file may be empty, and names may be anything that UTF-8 can say", "[io]") {
  const auto empty = io::encode_safetensors({});
  REQUIRE(empty);
  const auto file = io::SafetensorsReader::from_bytes(*empty, "empty");
  INFO(file.message());
  REQUIRE(file);
  CHECK(file->tensors().empty());
  CHECK(file->read({}));

  using namespace std::string_literals;
  const std::vector<std::string> names = {"",
                                          " ",
                                          "a.b/c",
                                          "\"",
                                          "\\",
                                          "{\"x\":[",
                                          "\n\t\x01\x7F",
                                          "a\0b"s,
                                          "\u00fc\u4e2d\U0001f600",
                                          std::string(5000, 'x'),
                                          "dtype",
                                          "__metadata"};
  const std::vector<float> value = {1.0F};
  std::vector<io::TensorSource> sources;
  for (const std::string& name : names) sources.push_back(source(name, ElementType::float32, {1}, value));
  const auto encoded = io::encode_safetensors(sources);
  INFO(encoded.message());
  REQUIRE(encoded);
  const auto named = io::SafetensorsReader::from_bytes(*encoded, "names");
  INFO(named.message());
  REQUIRE(named);
  for (const std::string& name : names) CHECK(named->find(name) != nullptr);
  CHECK(named->find("absent") == nullptr);
}

TEST_CASE("empty tensors that share a place keep their order and their checksum", "[io]") {
  const std::vector<std::uint8_t> nothing;
  const std::vector<io::TensorSource> sources = {source("z", ElementType::float64, {0}, nothing),
                                                 source("b", ElementType::uint8, {2, 0}, nothing),
                                                 source("a", ElementType::uint8, {0}, nothing)};
  const auto bytes = io::encode_safetensors(sources);
  REQUIRE(bytes);
  const auto file = io::SafetensorsReader::from_bytes(*bytes, "empty tensors");
  REQUIRE(file);
  const io::Status intact = file->verify();
  INFO(intact.message());
  CHECK(intact);
  REQUIRE(file->tensors().size() == 3);
  CHECK(file->tensors()[0].name == "z");
  CHECK(file->tensors()[1].name == "b");
}

TEST_CASE("a file that follows the letter of the format is read", "[io]") {
  // Length, header and data in hexadecimal, put together by hand from the description of the format.
  constexpr std::string_view hexadecimal =
      "4000000000000000"                                                  // 64
      "7b2274657374223a7b226474797065223a22493332222c227368617065223a5b"  // {"test":{"dtype":"I32","shape":
      "325d2c22646174615f6f666673657473223a5b302c385d7d7d20202020202020"  // [2],"data_offsets":[0,8]}} and spaces
      "01000000feffffff";                                                 // 1, -2
  Bytes bytes;
  const auto digit = [](char c) { return static_cast<unsigned>(c <= '9' ? c - '0' : c - 'a' + 10); };
  for (std::size_t index = 0; index < hexadecimal.size(); index += 2)
    bytes.push_back(static_cast<std::byte>(digit(hexadecimal[index]) * 16U + digit(hexadecimal[index + 1])));
  const auto file = io::SafetensorsReader::from_bytes(bytes, "hand");
  INFO(file.message());
  REQUIRE(file);
  CHECK_FALSE(file->has_checksum());
  std::vector<std::int32_t> values(2);
  const std::vector<io::TensorTarget> targets = {target("test", ElementType::int32, {2}, values)};
  REQUIRE(file->read(targets));
  CHECK(values == std::vector<std::int32_t>{1, -2});
}

TEST_CASE("the file of the reference implementation is read", "[io]") {
  const auto file = io::SafetensorsReader::open(INLAY_TEST_DATA "/../io/reference.safetensors");
  INFO(file.message());
  REQUIRE(file);
  CHECK(file->metadata("motto") == std::string_view("\u00e4 \"b\"\n"));
  std::vector<float> weight(6), half(4), wide(2), nothing;
  std::vector<std::int64_t> count(1);
  std::vector<std::uint8_t> mask(3), odd(2);
  const std::vector<io::TensorTarget> targets = {
      target("weight", ElementType::float32, {2, 3}, weight),
      target("half", ElementType::float32, {4}, half),
      target("double", ElementType::float32, {2, 1}, wide),
      target("count", ElementType::int64, {}, count),
      target("nothing", ElementType::float32, {0, 5}, nothing),
      target("mask", ElementType::boolean, {3}, mask),
      target("\u00e9t\u00e9 \"quoted\" \\ \U0001f600", ElementType::uint8, {2}, odd),
  };
  const io::Status read = file->read(targets);
  INFO(read.message());
  REQUIRE(read);
  CHECK(weight == std::vector<float>{-1.0F, -0.75F, -0.5F, -0.25F, 0.0F, 0.25F});
  CHECK(half == std::vector<float>{1.5F, -2.0F, 65504.0F, 0x1p-24F});
  CHECK(wide[0] == 0.1F);
  CHECK(wide[1] > 3.4e38F);
  CHECK(count[0] == 7);
  CHECK(mask == std::vector<std::uint8_t>{1, 0, 1});
  CHECK(odd == std::vector<std::uint8_t>{250, 251});
}

TEST_CASE("the bytes that are written are pinned", "[io]") {
  // The checksum was computed by another implementation of XXH64 (Python's xxhash) from the description in
  // safetensors.hpp.
  const std::vector<float> weight = {1.0F, 2.0F, 3.0F, 4.0F, 5.0F, 6.0F};
  const std::vector<std::uint8_t> odd = {7, 8, 9};
  const std::vector<io::TensorSource> sources = {source("w", ElementType::float32, {2, 3}, weight),
                                                 source("o", ElementType::uint8, {3}, odd)};
  const auto encoded = io::encode_safetensors(sources, {{"format", "inlay"}});
  REQUIRE(encoded);
  std::string text(encoded->size(), ' ');
  std::memcpy(text.data(), encoded->data(), text.size());
  const std::string header =
      "{\"__metadata__\":{\"format\":\"inlay\",\"inlay.checksum\":\"xxh64:fe62e8372b76de75\"},"
      "\"w\":{\"dtype\":\"F32\",\"shape\":[2,3],\"data_offsets\":[0,24]},"
      "\"o\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[24,27]}}";
  CHECK(text.substr(8, header.size()) == header);
  CHECK(text.substr(text.size() - 27) ==
        std::string("\0\0\x80\x3f\0\0\0\x40\0\0\x40\x40\0\0\x80\x40\0\0\xa0\x40\0\0\xc0\x40\7\10\11", 27));
}

TEST_CASE("what cannot be written is refused with a reason", "[io]") {
  const std::vector<float> two = {1.0F, 2.0F};
  const auto message = [](std::vector<io::TensorSource> sources, const io::Metadata& metadata = {}) {
    return io::encode_safetensors(sources, metadata).message();
  };
  const auto tensor = [&](std::string name, io::Shape shape = {2}) {
    return source(std::move(name), ElementType::float32, shape, two);
  };
  CHECK(message({tensor("x", {3})}) == "tensor \"x\": expected 12 bytes for F32 [3], found 8");
  CHECK(message({tensor("x"), tensor("x")}) == "tensor \"x\": expected one of this name, found two");
  CHECK(contains(message({tensor("__metadata__")}), "keeps this name for itself"));
  CHECK(contains(message({tensor("x", {1, 1, 1, 1, 1, 1, 1, 1, 2})}), "at most 8 sizes"));
  CHECK(contains(message({tensor("x", {std::uint64_t{1} << 62U, 8})}), "less than 2^64 bytes"));
  CHECK(contains(message({tensor("\xFF")}), "not UTF-8"));
  CHECK(contains(message({}, {{"a", "\xC3"}}), "not UTF-8"));
  CHECK(contains(message({}, {{"a", "1"}, {"a", "2"}}), "given twice"));
  CHECK(contains(message({}, {{"inlay.checksum", "1"}}), "written by inlay itself"));
}

TEST_CASE("a file that does not fit leaves every target as it was", "[io]") {
  const std::vector<float> values = {1.0F, 2.0F, 3.0F, 4.0F};
  const std::vector<std::int32_t> integers = {1, 2};
  const std::vector<io::TensorSource> sources = {source("a", ElementType::float32, {2, 2}, values),
                                                 source("b", ElementType::float32, {4}, values),
                                                 source("i", ElementType::int32, {2}, integers)};
  const auto encoded = io::encode_safetensors(sources);
  REQUIRE(encoded);
  const auto file = io::SafetensorsReader::from_bytes(*encoded, "memory");
  REQUIRE(file);
  std::vector<float> a(4, 7.0F), b(4, 7.0F), pair(2, 7.0F);
  std::vector<std::int32_t> i(2, 7);
  const io::TensorTarget good_a = target("a", ElementType::float32, {2, 2}, a);
  const io::TensorTarget good_b = target("b", ElementType::float32, {4}, b);
  const io::TensorTarget good_i = target("i", ElementType::int32, {2}, i);
  const auto refused = [&](std::vector<io::TensorTarget> targets, io::Unexpected unexpected = io::Unexpected::refuse) {
    const std::string message = file->read(targets, unexpected).message();
    CHECK(a == std::vector<float>(4, 7.0F));
    CHECK(b == std::vector<float>(4, 7.0F));
    CHECK(i == std::vector<std::int32_t>(2, 7));
    return message;
  };
  CHECK(refused({good_a, target("b", ElementType::float32, {2, 2}, b), good_i}) ==
        "\"memory\": tensor \"b\": expected F32 [2, 2], found F32 [4]");
  CHECK(refused({good_a, good_b, target("i", ElementType::float32, {2}, pair)}) ==
        "\"memory\": tensor \"i\": expected F32 [2], found I32 [2]");
  CHECK(refused({good_a, good_b, good_i, target("c", ElementType::float32, {2}, pair)}) ==
        "\"memory\": tensor \"c\": expected F32 [2], found no tensor of this name among the 3 of the file");
  CHECK(refused({good_b}) ==
        "\"memory\": tensor \"a\": expected no tensor of this name, found F32 [2, 2] (and 1 more)");
  CHECK(contains(refused({good_a, good_b, target("i", ElementType::int32, {3}, i)}), "for 8 bytes of memory"));
  CHECK(refused({good_a, target("x\x1B[2J", ElementType::float32, {2}, pair)}) ==
        "\"memory\": tensor \"x\\x1b[2J\": expected F32 [2], found no tensor of this name among the 3 of the file");

  CHECK(file->read(std::vector<io::TensorTarget>{good_b}, io::Unexpected::ignore));
  CHECK(b == values);
  CHECK(a == std::vector<float>(4, 7.0F));
  CHECK(file->read_into(good_a));
  CHECK(a == values);
}
