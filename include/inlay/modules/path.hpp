#pragma once
// Path: where a tensor sits in a model, as in "blocks.3.attention.query.weight".
//
// A chain of names on the stack: no storage, no allocation. It is valid while the calls that built it are running.

#include <inlay/config.hpp>

namespace inlay::inline INLAY_ABI {

class Path {
 public:
  static constexpr size_t max_length = 128;  // of the text, terminating zero included
  struct Text {
    char characters[max_length];
    const char* c_str() const { return characters; }
  };

  constexpr Path() = default;
  constexpr Path operator/(const char* name) const { return Path{this, name, 0}; }
  constexpr Path operator/(size_t index) const { return Path{this, nullptr, index}; }

  // The text, with dots; cut off where it would not fit.
  Text text() const {
    Text result{};
    size_t length = 0;
    append(result, length);
    return result;
  }

 private:
  constexpr Path(const Path* parent, const char* name, size_t index) : parent_(parent), name_(name), index_(index) {}

  void append(Text& text, size_t& length) const {
    if (parent_ == nullptr) return;
    parent_->append(text, length);
    const auto put = [&](char c) {
      if (length + 1 < max_length) text.characters[length++] = c;
    };
    if (length > 0) put('.');
    if (name_ != nullptr) {
      for (const char* c = name_; *c != '\0'; ++c) put(*c);
      return;
    }
    char digits[24];
    size_t count = 0;
    for (size_t rest = index_; count == 0 || rest > 0; rest /= 10) digits[count++] = static_cast<char>('0' + rest % 10);
    while (count > 0) put(digits[--count]);
  }

  const Path* parent_ = nullptr;
  const char* name_ = nullptr;
  size_t index_ = 0;
};

}  // namespace inlay::inline INLAY_ABI
