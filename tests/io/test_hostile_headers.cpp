// Headers that were made to mislead: each is refused with the reason, and none makes the reader allocate much.

#include <atomic>
#include <cstdlib>
#include <limits>
#include <new>

#include "io/support.hpp"

using namespace io_test;

namespace {

// The largest block that was asked for since it was set to zero.
std::atomic<std::size_t> largest_block = 0;

std::string refusal(const Bytes& bytes, io::OpenOptions options = {}) {
  largest_block = 0;
  const auto file = io::SafetensorsReader::from_bytes(bytes, "f", options);
  // The header itself, or the 100 bytes of an entry for each 50 bytes of it, in a vector that doubles.
  CHECK(largest_block <= 8 * bytes.size() + 4096);
  const bool refused = !file;
  CHECK(refused);
  return file.message();
}

struct Case {
  std::string header;
  std::size_t data;
  std::string message;
};

std::string tensor(const std::string& name, const std::string& type, const std::string& shape,
                   const std::string& offsets) {
  return "\"" + name + "\":{\"dtype\":\"" + type + "\",\"shape\":" + shape + ",\"data_offsets\":" + offsets + "}";
}
std::string alone(const std::string& type, const std::string& shape, const std::string& offsets) {
  return "{" + tensor("a", type, shape, offsets) + "}";
}
std::string repeated(const std::string& text, std::size_t count) {
  std::string result;
  for (std::size_t index = 0; index < count; ++index) result += text;
  return result;
}

}  // namespace

void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  if (size > largest_block) largest_block = size;
  return std::malloc(size > 0 ? size : 1);
}
void* operator new(std::size_t size) {
  if (void* memory = operator new(size, std::nothrow)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { std::free(memory); }

TEST_CASE("lengths of the header that cannot be", "[io]") {
  for (std::size_t size = 0; size < 8; ++size)
    CHECK(contains(refusal(Bytes(size)), "expected at least 8 bytes for the length of the header, found"));
  CHECK(contains(refusal(Bytes(8)), "does not begin with {"));
  for (const std::uint64_t length : {std::uint64_t{3}, std::uint64_t{100'000'001}, std::uint64_t{1} << 40U,
                                     std::uint64_t{1} << 63U, std::numeric_limits<std::uint64_t>::max()}) {
    Bytes bytes = file_with("{}");
    for (unsigned index = 0; index < 8; ++index) bytes[index] = static_cast<std::byte>((length >> (8 * index)) & 255U);
    CHECK(contains(refusal(bytes), "the file has 2 behind its length"));
  }
  CHECK(contains(refusal(file_with("{" + repeated(" ", 100) + "}"), {.maximum_header = 101}),
                 "the header has 102 bytes, the limit is 101"));
}

TEST_CASE("headers that are no JSON, or not the format's", "[io]") {
  const std::string good = tensor("a", "F32", "[1]", "[0,4]");
  const std::vector<Case> cases = {
      {"", 0, "does not begin with {"},
      {"[]", 0, "does not begin with {"},
      {" {}", 0, "does not begin with {"},
      {"\xEF\xBB\xBF{}", 0, "does not begin with {"},
      {"{", 0, "no valid JSON or UTF-8 at byte 2"},
      {"{}}", 0, "no valid JSON or UTF-8 at byte 3"},
      {"{}{}", 0, "no valid JSON or UTF-8 at byte 3"},
      {std::string("{}\0garbage", 10), 0, "no valid JSON or UTF-8 at byte 3"},
      {"{" + good + ",}", 4, "no valid JSON"},
      {"{/**/}", 0, "no valid JSON"},
      {"{\"\xFF\":1}", 0, "no valid JSON or UTF-8"},
      {"{\"\xC0\x80\":1}", 0, "no valid JSON or UTF-8"},
      {"{\"\xED\xA0\x80\":1}", 0, "no valid JSON or UTF-8"},
      {"{\"\\ud800\":1}", 0, "no valid JSON or UTF-8"},
      {"{\"a\nb\":1}", 0, "no valid JSON or UTF-8"},
      {"{\"a\":1}", 0, "tensor \"a\": expected an object with dtype, shape and data_offsets, found the number 1"},
      {"{\"a\":null}", 0, "found null"},
      {"{\"a\":[]}", 0, "found an array"},
      {"{\"a\":{}}", 0, "tensor \"a\": expected a dtype, found none"},
      {"{\"a\":{\"dtype\":\"F32\"}}", 0, "expected a shape, found none"},
      {"{\"a\":{\"dtype\":\"F32\",\"shape\":[]}}", 0, "expected data_offsets, found none"},
      {"{\"a\":{\"dtype\":\"F32\",\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0,4]}}", 4,
       "expected one dtype, found two"},
      {"{\"a\":{\"dtype\":\"F32\",\"shape\":[],\"shape\":[],\"data_offsets\":[0,4]}}", 4,
       "expected one shape, found two"},
      {"{\"a\":{\"dtype\":\"F32\",\"extra\":1}}", 4, "expected dtype, shape and data_offsets, found \"extra\""},
      {"{\"a\":{\"dtype\":{\"dtype\":\"F32\"}}}", 4, "expected a text for dtype, found an object"},
      {"{" + good + "," + tensor("a", "F32", "[1]", "[4,8]") + "}", 8,
       "tensor \"a\": expected one of this name, found two"},
      {"{" + good + "," + tensor("\\u0061", "F32", "[1]", "[4,8]") + "}", 8, "expected one of this name, found two"},
      {"{\"__metadata__\":{},\"__metadata__\":{}}", 0, "\"__metadata__\" occurs twice"},
      {"{\"__metadata__\":{\"k\":\"1\",\"k\":\"2\"}}", 0, "has the metadata \"k\" twice"},
      {"{\"__metadata__\":{\"k\":1}}", 0, "has the number 1 for the metadata \"k\", expected a text"},
      {"{\"__metadata__\":{\"k\":{}}}", 0, "has an object for the metadata \"k\""},
      {"{\"__metadata__\":[]}", 0, "has an array for __metadata__"},
      {"{\"__metadata__\":\"x\"}", 0, "has the text \"x\" for __metadata__"},
      // Deep and wide.
      {"{\"a\":" + repeated("[", 100'000), 0, "found an array"},
      {"{\"a\":" + repeated("{\"a\":", 100'000), 0, "expected dtype, shape and data_offsets, found \"a\""},
      {"{\"a\":{\"shape\":" + repeated("[", 100'000), 0, "found in it an array"},
      {"{\"a\":{\"shape\":[" + repeated("1,", 100'000) + "1]", 0, "at most 8 sizes"},
      {"{\"a\":{\"data_offsets\":[" + repeated("1,", 100'000) + "1]", 0, "expected two data_offsets, found more"},
      {"{\"" + repeated("a", 100'000) + "\":1}", 0, "aaa...\""},
  };
  for (const Case& example : cases) {
    const std::string message = refusal(file_with(example.header, example.data));
    INFO(example.header.substr(0, 200));
    INFO(message);
    CHECK(contains(message, "\"f\": "));
    CHECK(contains(message, example.message));
    CHECK(message.size() < 500);
  }
}

TEST_CASE("types, shapes and offsets that cannot be", "[io]") {
  const std::vector<Case> cases = {
      {alone("F33", "[1]", "[0,4]"), 4, "tensor \"a\": expected one of the supported element types, found \"F33\""},
      {alone("f32", "[1]", "[0,4]"), 4, "found \"f32\""},
      {alone("F32\\u0000", "[1]", "[0,4]"), 4, "found \"F32\\x00\""},
      {alone("F4", "[2]", "[0,1]"), 1, "found \"F4\""},
      {alone("F32", "[-1]", "[0,4]"), 4, "found in it the number -1"},
      {alone("F32", "[1.0]", "[0,4]"), 4, "not an integer of 64 bits"},
      {alone("F32", "[1e0]", "[0,4]"), 4, "not an integer of 64 bits"},
      {alone("F32", "[18446744073709551616]", "[0,4]"), 4, "not an integer of 64 bits"},
      {alone("F32", "[\"1\"]", "[0,4]"), 4, "found in it the text \"1\""},
      {alone("F32", "[null]", "[0,4]"), 4, "found in it null"},
      {alone("F32", "1", "[0,4]"), 4, "expected a list of sizes for shape, found the number 1"},
      {alone("F32", "[1,1,1,1,1,1,1,1,1]", "[0,4]"), 4, "expected at most 8 sizes in its shape, found more"},
      {alone("F32", "[18446744073709551615]", "[0,4]"), 4, "expected a size of less than 2^64 bytes"},
      {alone("U8", "[4294967296,4294967296]", "[0,0]"), 0, "expected a size of less than 2^64 bytes"},
      {alone("U8", "[4294967297,4294967297]", "[0,0]"), 0, "expected a size of less than 2^64 bytes"},
      {alone("F32", "[4611686018427387905]", "[0,4]"), 4, "expected a size of less than 2^64 bytes"},
      {alone("F32", "[0,4294967296,4294967296]", "[0,0]"), 0, "expected a size of less than 2^64 bytes"},
      {alone("F32", "[2]", "[0,4]"), 4, "expected 8 bytes for F32 [2], found data_offsets [0, 4]"},
      {alone("F32", "[1]", "[0,8]"), 8, "expected 4 bytes for F32 [1], found data_offsets [0, 8]"},
      {alone("F32", "[]", "[0,0]"), 0, "expected 4 bytes for F32 [], found data_offsets [0, 0]"},
      {alone("F32", "[0]", "[0,4]"), 4, "expected 0 bytes for F32 [0]"},
      {alone("F32", "[1]", "[4,0]"), 4, "expected data_offsets in ascending order, found [4, 0]"},
      {alone("F32", "[1]", "[0,4]"), 3, "within the 3 bytes of data, found [0, 4]; the file may be cut off"},
      {alone("F32", "[1]", "[18446744073709551612,18446744073709551615]"), 4, "within the 4 bytes of data"},
      {alone("F32", "[1]", "[18446744073709551615,3]"), 4, "in ascending order"},
      {alone("F32", "[1]", "[-4,0]"), 4, "found in it the number -4"},
      {alone("F32", "[1]", "[0,4.0]"), 4, "not an integer of 64 bits"},
      {alone("F32", "[1]", "[0]"), 4, "expected two data_offsets, found 1"},
      {alone("F32", "[1]", "[]"), 4, "expected two data_offsets, found 0"},
      {alone("F32", "[1]", "[0,4,8]"), 4, "expected two data_offsets, found more"},
      {alone("F32", "[1]", "{}"), 4, "expected two offsets for data_offsets, found an object"},
      {alone("F32", "[1]", "[0,4]"), 5, "expected 4 bytes of data, found 5"},
      {alone("F32", "[1]", "[1,5]"), 5, "tensor \"a\": expected its data at byte 0"},
      {"{}", 1, "expected 0 bytes of data, found 1"},
      {"{" + tensor("a", "U8", "[4]", "[0,4]") + "," + tensor("b", "U8", "[4]", "[2,6]") + "}", 6,
       "tensor \"b\": expected its data at byte 4, where the tensor before it ends, found data_offsets [2, 6]: they "
       "overlap"},
      {"{" + tensor("a", "U8", "[4]", "[0,4]") + "," + tensor("b", "U8", "[4]", "[0,4]") + "}", 4, "they overlap"},
      {"{" + tensor("a", "U8", "[4]", "[0,4]") + "," + tensor("b", "U8", "[4]", "[5,9]") + "}", 9, "there is a gap"},
      {"{" + tensor("a", "U8", "[4]", "[0,4]") + "," + tensor("b", "U8", "[0]", "[2,2]") + "}", 4, "they overlap"},
      {"{" + tensor("a", "U8", "[4]", "[0,4]") + "," + tensor("b", "U8", "[0]", "[5,5]") + "}", 4,
       "within the 4 bytes"},
  };
  for (const Case& example : cases) {
    const std::string message = refusal(file_with(example.header, example.data));
    INFO(example.header);
    INFO(message);
    CHECK(contains(message, "\"f\": "));
    CHECK(contains(message, example.message));
  }
}

TEST_CASE("what is unusual but right is accepted", "[io]") {
  const std::vector<std::pair<std::string, std::size_t>> cases = {
      {"{}", 0},
      {"{}  \n\t ", 0},
      {"{ \"__metadata__\" : { } }", 0},
      {alone("F32", "[0,18446744073709551615]", "[0,0]"), 0},
      {"{\"a\":{\"data_offsets\":[0,4],\"shape\":[1],\"dtype\":\"F32\"}}", 4},
      {"{" + tensor("b", "U8", "[4]", "[4,8]") + "," + tensor("a", "U8", "[4]", "[0,4]") + "," +
           tensor("e", "U8", "[0]", "[4,4]") + "," + tensor("z", "U8", "[0]", "[8,8]") + "}",
       8},
  };
  for (const auto& [header, data] : cases) {
    INFO(header);
    const auto file = io::SafetensorsReader::from_bytes(file_with(header, data), "f");
    INFO(file.message());
    CHECK(file);
  }
}

TEST_CASE("the memory for a hostile header is a small multiple of what the file has", "[io]") {
  std::string header = "{\"__metadata__\":{";
  for (int index = 0; index < 20'000; ++index) header += (index > 0 ? ",\"" : "\"") + std::to_string(index) + "\":\"\"";
  header += "}";
  for (int index = 0; index < 20'000; ++index) header += "," + tensor(std::to_string(index), "U8", "[0]", "[0,0]");
  header += "}";
  const Bytes bytes = file_with(header);
  largest_block = 0;
  CHECK(io::SafetensorsReader::from_bytes(bytes, "f"));
  CHECK(largest_block < 8 * bytes.size());
}
