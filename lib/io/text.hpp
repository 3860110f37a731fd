#pragma once
// Words for messages.

#include <cstdint>
#include <string>
#include <string_view>

#include <inlay/io/descriptor.hpp>
#include <inlay/io/result.hpp>

namespace inlay::io {

// In quotation marks, with everything a terminal could take for a command written as an escape, and cut where it is
// long: names come from files, and messages go to terminals and logs.
std::string quoted_text(std::string_view text);

// "[2, 3]"; "[]" for a single element.
std::string shape_text(const Shape& shape);

// "F32 [2, 3]"
std::string type_text(ElementType type, const Shape& shape);

// The words for an error number of the system.
std::string system_text(int number);

// "1 byte", "2 bytes"
std::string counted(std::uint64_t number, std::string_view noun);

// Runs a function that returns a Result, and turns whatever it throws into one: allocation is all that can fail there.
// The text is short enough to need no allocation itself.
template <class Function>
auto guarded(Function&& function) noexcept -> decltype(function()) {
  try {
    return function();
  } catch (...) {
    return Error("out of memory");
  }
}

}  // namespace inlay::io
