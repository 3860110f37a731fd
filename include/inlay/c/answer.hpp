#pragma once
// Answer: the status and the sentence that a function of the C interface gives its caller, and the checks of arguments
// that all functions share.
//
//   Answer answer("writer_trainer_step", error);
//   if (!answer.points(batch, "batch")) return answer.status();
//   if (rows > most) return answer.fail(INLAY_WRONG_BATCH) << "rows is " << rows << ", expected at most " << most;
//
// A check returns whether all is well; where it is not, the sentence is written. Text goes straight to the caller's
// struct: no storage, no printf.

#include <inlay/inlay.h>
#include <inlay/config.hpp>

#include <concepts>
#include <type_traits>

namespace inlay::inline INLAY_ABI::c {

class Answer {
 public:
  Answer(const char* function, inlay_error* error) : function_(function), error_(error) {
    if (error_ != nullptr) {
      error_->status = INLAY_OK;
      error_->text[0] = '\0';
    }
  }

  inlay_status status() const { return status_; }
  operator inlay_status() const { return status_; }

  // Begins the sentence of a failure.
  INLAY_NO_INLINE Answer& fail(inlay_status status) {
    status_ = status;
    length_ = 0;
    if (error_ != nullptr) error_->status = status;
    return *this << function_ << ": ";
  }
  INLAY_NO_INLINE Answer& operator<<(const char* text) {
    if (error_ == nullptr) return *this;
    for (; *text != '\0' && length_ + 1 < INLAY_ERROR_TEXT; ++text) error_->text[length_++] = *text;
    error_->text[length_] = '\0';
    return *this;
  }
  // A template, because targets disagree on which integer types are the same.
  template <std::integral T>
  Answer& operator<<(T number) {
    if constexpr (std::is_signed_v<T>) {
      if (number < 0) *this << "-";
      return put(number < 0 ? 0 - static_cast<std::uint64_t>(number) : static_cast<std::uint64_t>(number));
    } else {
      return put(number);
    }
  }

  // An argument that must not be null.
  INLAY_NO_INLINE bool points(const void* pointer, const char* argument) {
    if (pointer == nullptr) fail(INLAY_NULL_POINTER) << argument << " is NULL; it must point to something";
    return pointer != nullptr;
  }
  // The first byte lies where inlay's objects may begin.
  INLAY_NO_INLINE bool aligned(const void* memory, const char* argument) {
    const size_t beyond = reinterpret_cast<std::uintptr_t>(memory) % INLAY_ALIGNMENT;
    if (beyond != 0)
      fail(INLAY_MEMORY_MISALIGNED) << argument << " begins " << beyond << " bytes after a multiple of "
                                    << INLAY_ALIGNMENT << "; declare that memory with INLAY_ALIGNED";
    return beyond == 0;
  }
  // Room for `needed` bytes; `part` as in NAME_part_BYTES.
  INLAY_NO_INLINE bool room(const void* memory, size_t bytes, size_t needed, const char* argument, const char* part) {
    if (!points(memory, argument)) return false;
    if (bytes < needed)
      fail(INLAY_MEMORY_TOO_SMALL) << argument << " has " << bytes << " bytes, expected at least " << needed
                                   << ", the ..._" << part << "_BYTES of the model's header";
    return bytes >= needed;
  }
  // What is written and what is needed share no byte.
  INLAY_NO_INLINE bool apart(const void* written, size_t written_bytes, const char* argument, const void* needed,
                             size_t needed_bytes, const char* what) {
    const auto first = reinterpret_cast<std::uintptr_t>(written), second = reinterpret_cast<std::uintptr_t>(needed);
    const bool good = first <= second ? second - first >= written_bytes : first - second >= needed_bytes;
    if (!good)
      fail(INLAY_MEMORY_OVERLAPS) << argument << " shares bytes with " << what
                                  << ", which would be overwritten; give it memory of its own";
    return good;
  }
  // A handle that a create function gave and that no destroy has had.
  template <class Object>
  bool is_object(const Object* object, const char* argument) {
    constexpr std::uint64_t tag = Object::tag_of_kind();
    return points(object, argument) && has_tag(object, tag, argument);
  }

  // A number of a setting: least <= value <= most, or < most. False for NaN.
  INLAY_NO_INLINE bool within(float value, float least, float most, bool most_too, const char* field,
                              const char* expected) {
    const bool good = value >= least && (most_too ? value <= most : value < most);
    if (!good) fail(INLAY_WRONG_SETTING) << field << " is out of range; expected " << expected;
    return good;
  }

 private:
  INLAY_NO_INLINE bool has_tag(const void* object, std::uint64_t tag, const char* argument) {
    if (reinterpret_cast<std::uintptr_t>(object) % INLAY_ALIGNMENT == 0 &&
        *static_cast<const std::uint64_t*>(object) == tag)
      return true;
    fail(INLAY_NOT_AN_OBJECT) << argument
                              << " is not an object of this kind, model and executor, or it was destroyed; a create "
                                 "function of this interface gives one";
    return false;
  }

  INLAY_NO_INLINE Answer& put(std::uint64_t number) {
    char digits[24];
    size_t at = sizeof digits;
    digits[--at] = '\0';
    do {
      digits[--at] = static_cast<char>('0' + number % 10);
      number /= 10;
    } while (number != 0);
    return *this << static_cast<const char*>(digits + at);
  }

  const char* function_;
  inlay_error* error_;
  inlay_status status_ = INLAY_OK;
  size_t length_ = 0;
};

}  // namespace inlay::inline INLAY_ABI::c
