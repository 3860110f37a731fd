#pragma once
// The outcome of an operation on something from outside: a value, or a message that says what was wrong with it.
//
// No exception crosses the interface of inlay::io. A failure is an Error whose message is complete: it names the file
// and the tensor, what was expected and what was found, so that a program only has to print it.
//
//   inlay::io::Result<inlay::io::SafetensorsReader> file = inlay::io::SafetensorsReader::open("model.safetensors");
//   if (!file) return complain(file.message());
//   use(*file);
//
// Asking a failure for its value, or a success for its error, is a mistake of the program and ends it.

#include <cstdlib>
#include <optional>
#include <string>
#include <utility>

namespace inlay::io {

class Error {
 public:
  explicit Error(std::string message) noexcept : message_(std::move(message)) {}

  const std::string& message() const noexcept { return message_; }

 private:
  std::string message_;
};

template <class Value>
class [[nodiscard]] Result {
 public:
  Result(Value value) noexcept : value_(std::move(value)) {}
  Result(Error error) noexcept : error_(std::move(error)) {}

  bool has_value() const noexcept { return value_.has_value(); }
  explicit operator bool() const noexcept { return value_.has_value(); }

  Value& operator*() & noexcept { return checked(); }
  const Value& operator*() const& noexcept { return const_cast<Result*>(this)->checked(); }
  Value&& operator*() && noexcept { return std::move(checked()); }
  Value* operator->() noexcept { return &checked(); }
  const Value* operator->() const noexcept { return &const_cast<Result*>(this)->checked(); }

  const Error& error() const noexcept {
    if (value_.has_value()) std::abort();
    return error_;
  }
  // Empty for a success.
  const std::string& message() const noexcept { return error_.message(); }

 private:
  Value& checked() noexcept {
    if (!value_.has_value()) std::abort();
    return *value_;
  }

  std::optional<Value> value_;
  Error error_{std::string{}};
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() noexcept = default;
  Result(Error error) noexcept : error_(std::move(error)) {}

  bool has_value() const noexcept { return !error_.has_value(); }
  explicit operator bool() const noexcept { return !error_.has_value(); }

  const Error& error() const noexcept {
    if (!error_.has_value()) std::abort();
    return *error_;
  }
  // Empty for a success.
  std::string message() const { return error_.has_value() ? error_->message() : std::string{}; }

 private:
  std::optional<Error> error_;
};

// What an operation without a value returns.
using Status = Result<void>;

}  // namespace inlay::io
