#include "safetensors_header.hpp"

#include <algorithm>
#include <cstring>
#include <limits>
#include <numeric>
#include <utility>

#include <nlohmann/json.hpp>

#include "elements.hpp"
#include "text.hpp"

namespace inlay::io {
namespace {

// Takes the header token by token. Only the three levels that the format has are ever entered: the first token that
// does not belong stops the parser, so neither depth nor width of a hostile header costs anything, and no tree is
// built.
class HeaderHandler final : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit HeaderHandler(Header& header) noexcept : header_(header) {}

  const std::string& message() const noexcept { return message_; }

  bool null() override { return unexpected("null"); }
  bool boolean(bool) override { return unexpected("true or false"); }
  bool number_integer(number_integer_t value) override { return unexpected("the number " + std::to_string(value)); }
  bool number_float(number_float_t, const string_t&) override {
    return unexpected("a number that is not an integer of 64 bits without a sign");
  }
  bool binary(binary_t&) override { return unexpected("binary data"); }

  bool number_unsigned(number_unsigned_t value) override {
    if (place_ == Place::shape) {
      if (entry_.shape.rank == maximum_rank)
        return fail_tensor("expected at most " + std::to_string(maximum_rank) + " sizes in its shape, found more");
      entry_.shape.sizes[entry_.shape.rank++] = value;
      return true;
    }
    if (place_ == Place::offsets) {
      if (offsets_ == 2) return fail_tensor("expected two data_offsets, found more");
      (offsets_++ == 0 ? entry_.begin : entry_.end) = value;
      return true;
    }
    return unexpected("the number " + std::to_string(value));
  }

  bool string(string_t& value) override {
    if (place_ == Place::metadata) {
      header_.metadata.back().second = std::move(value);
      return true;
    }
    if (place_ == Place::tensor && field_ == Field::type) {
      const std::optional<ElementType> type = element_type(value);
      if (!type) return fail_tensor("expected one of the supported element types, found " + quoted_text(value));
      entry_.type = *type;
      return true;
    }
    return unexpected("the text " + quoted_text(value));
  }

  bool start_object(std::size_t) override {
    if (place_ == Place::nothing) {
      place_ = Place::header;
      return true;
    }
    if (place_ != Place::header) return unexpected("an object");
    place_ = is_metadata_ ? Place::metadata : Place::tensor;
    return true;
  }

  bool end_object() override {
    if (place_ == Place::tensor) {
      if (!has(Field::type)) return fail_tensor("expected a dtype, found none");
      if (!has(Field::shape)) return fail_tensor("expected a shape, found none");
      if (!has(Field::offsets)) return fail_tensor("expected data_offsets, found none");
      if (header_.tensors.size() >= std::numeric_limits<std::uint32_t>::max()) return fail("too many tensors");
      header_.tensors.push_back(std::move(entry_));
    }
    place_ = place_ == Place::header ? Place::nothing : Place::header;
    return true;
  }

  bool start_array(std::size_t) override {
    if (place_ == Place::tensor && field_ == Field::shape) {
      place_ = Place::shape;
      return true;
    }
    if (place_ == Place::tensor && field_ == Field::offsets) {
      place_ = Place::offsets;
      return true;
    }
    return unexpected("an array");
  }

  bool end_array() override {
    if (place_ == Place::offsets && offsets_ != 2)
      return fail_tensor("expected two data_offsets, found " + std::to_string(offsets_));
    place_ = Place::tensor;
    return true;
  }

  bool key(string_t& name) override {
    if (place_ == Place::metadata) {
      header_.metadata.emplace_back(std::move(name), std::string{});
      return true;
    }
    if (place_ == Place::tensor) return tensor_key(name);
    is_metadata_ = name == "__metadata__";
    if (is_metadata_) {
      if (std::exchange(has_metadata_, true)) return fail("\"__metadata__\" occurs twice");
      return true;
    }
    entry_ = TensorEntry{std::move(name), ElementType::float32, Shape{}, 0, 0};
    fields_ = 0;
    offsets_ = 0;
    field_ = Field::none;
    return true;
  }

  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) override {
    return fail("is no valid JSON or UTF-8 at byte " + std::to_string(position));
  }

 private:
  enum class Place : std::uint8_t { nothing, header, metadata, tensor, shape, offsets };
  enum class Field : std::uint8_t { none = 0, type = 1, shape = 2, offsets = 4 };

  bool has(Field field) const noexcept { return (fields_ & static_cast<unsigned>(field)) != 0; }

  bool tensor_key(const std::string& name) {
    if (name == "dtype") {
      field_ = Field::type;
    } else if (name == "shape") {
      field_ = Field::shape;
    } else if (name == "data_offsets") {
      field_ = Field::offsets;
    } else {
      return fail_tensor("expected dtype, shape and data_offsets, found " + quoted_text(name));
    }
    if (has(field_)) return fail_tensor("expected one " + name + ", found two");
    fields_ |= static_cast<unsigned>(field_);
    return true;
  }

  bool fail(std::string message) {
    message_ = "the header " + std::move(message);
    return false;
  }

  bool fail_tensor(const std::string& message) {
    message_ = "tensor " + quoted_text(entry_.name) + ": " + message;
    return false;
  }

  bool unexpected(const std::string& found) {
    switch (place_) {
      case Place::nothing:
        return fail("is not a JSON object but " + found);
      case Place::metadata:
        return fail("has " + found + " for the metadata " + quoted_text(header_.metadata.back().first) +
                    ", expected a text");
      case Place::shape:
        return fail_tensor("expected a list of sizes for shape, found in it " + found);
      case Place::offsets:
        return fail_tensor("expected two offsets for data_offsets, found in it " + found);
      case Place::tensor:
        if (field_ == Field::type) return fail_tensor("expected a text for dtype, found " + found);
        if (field_ == Field::shape) return fail_tensor("expected a list of sizes for shape, found " + found);
        return fail_tensor("expected two offsets for data_offsets, found " + found);
      case Place::header:
        break;
    }
    if (is_metadata_) return fail("has " + found + " for __metadata__, expected an object of texts");
    return fail_tensor("expected an object with dtype, shape and data_offsets, found " + found);
  }

  Header& header_;
  TensorEntry entry_{};
  std::string message_;
  unsigned fields_ = 0;
  unsigned offsets_ = 0;
  Place place_ = Place::nothing;
  Field field_ = Field::none;
  bool is_metadata_ = false;
  bool has_metadata_ = false;
};

Error tensor_error(const TensorEntry& entry, const std::string& what) {
  return Error("tensor " + quoted_text(entry.name) + ": " + what);
}

Status check_size(const TensorEntry& entry, std::uint64_t data_size) {
  const std::string offsets = "[" + std::to_string(entry.begin) + ", " + std::to_string(entry.end) + "]";
  if (entry.end < entry.begin) return tensor_error(entry, "expected data_offsets in ascending order, found " + offsets);
  if (entry.end > data_size)
    return tensor_error(entry, "expected data_offsets within the " + counted(data_size, "byte") + " of data, found " +
                                   offsets + "; the file may be cut off");
  const std::optional<std::uint64_t> expected = byte_count(entry.type, entry.shape);
  if (!expected)
    return tensor_error(entry, "expected a size of less than 2^64 bytes, found " + type_text(entry.type, entry.shape));
  if (*expected != entry.end - entry.begin)
    return tensor_error(entry, "expected " + counted(*expected, "byte") + " for " + type_text(entry.type, entry.shape) +
                                   ", found data_offsets " + offsets);
  return {};
}

// The entries lie one behind the other, from the first byte of the data to the last.
Status check_layout(std::span<const TensorEntry> tensors, std::uint64_t data_size) {
  std::uint64_t position = 0;
  for (const TensorEntry& entry : tensors) {
    if (entry.begin != position)
      return tensor_error(entry, "expected its data at byte " + std::to_string(position) +
                                     ", where the tensor before it ends, found data_offsets [" +
                                     std::to_string(entry.begin) + ", " + std::to_string(entry.end) +
                                     "]: " + (entry.begin < position ? "they overlap" : "there is a gap"));
    position = entry.end;
  }
  if (position != data_size)
    return Error("expected " + counted(position, "byte") + " of data, found " + std::to_string(data_size));
  return {};
}

}  // namespace

Result<Header> parse_header(std::span<const char> text, std::uint64_t data_size) {
  if (text.empty() || text.front() != '{')
    return Error("the header does not begin with {: this is no safetensors file");
  // The parser would take a zero for the end of the text and not look at what follows.
  const void* zero = std::memchr(text.data(), 0, text.size());
  if (zero != nullptr)
    return Error("the header is no valid JSON or UTF-8 at byte " +
                 std::to_string(static_cast<const char*>(zero) - text.data() + 1));
  Header header;
  HeaderHandler handler(header);
  if (!nlohmann::json::sax_parse(text.begin(), text.end(), &handler)) return Error(handler.message());

  // Stable: empty tensors at one place keep the order of the header.
  std::stable_sort(header.tensors.begin(), header.tensors.end(), [](const TensorEntry& a, const TensorEntry& b) {
    return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
  });
  header.by_name.resize(header.tensors.size());
  std::iota(header.by_name.begin(), header.by_name.end(), 0U);
  const auto name = [&](std::uint32_t index) -> const std::string& { return header.tensors[index].name; };
  std::sort(header.by_name.begin(), header.by_name.end(),
            [&](std::uint32_t a, std::uint32_t b) { return name(a) < name(b); });
  const auto twice = std::adjacent_find(header.by_name.begin(), header.by_name.end(),
                                        [&](std::uint32_t a, std::uint32_t b) { return name(a) == name(b); });
  if (twice != header.by_name.end())
    return Error("tensor " + quoted_text(name(*twice)) + ": expected one of this name, found two");

  Metadata sorted = header.metadata;
  std::sort(sorted.begin(), sorted.end());
  const auto same =
      std::adjacent_find(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.first == b.first; });
  if (same != sorted.end()) return Error("the header has the metadata " + quoted_text(same->first) + " twice");

  for (const TensorEntry& entry : header.tensors)
    if (Status status = check_size(entry, data_size); !status) return status.error();
  if (Status status = check_layout(header.tensors, data_size); !status) return status.error();
  return header;
}

}  // namespace inlay::io
