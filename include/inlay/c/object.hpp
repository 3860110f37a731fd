#pragma once
// What the objects of the C interface have in common: a tag that tells a handle from any other pointer, an executor,
// and memory that begins as zeros.

#include <inlay/c/answer.hpp>
#include <inlay/memory/hash.hpp>
#include <inlay/parallel/executor.hpp>

#include <cstring>
#include <new>
#include <type_traits>

namespace inlay::inline INLAY_ABI::c {

// The executor of an object: Serial takes no bytes and no work. Another type is default-constructed when the object is,
// and may be replaced by E(threads). Two places, so that the old one stays where the new one cannot be made.
template <class E>
struct ExecutorPlace {
  alignas(E) unsigned char bytes[2][sizeof(E)];
  std::uint32_t used;

  const E& get() const { return *std::launder(reinterpret_cast<const E*>(bytes[used])); }
  void create() { ::new (static_cast<void*>(bytes[used])) E(); }
  void replace(size_t threads) {
    const std::uint32_t other = 1 - used;
    ::new (static_cast<void*>(bytes[other])) E(threads);
    destroy();
    used = other;
  }
  void destroy() { std::launder(reinterpret_cast<E*>(bytes[used]))->~E(); }
};
template <>
struct ExecutorPlace<Serial> {
  static constexpr Serial get() { return {}; }
  static void create() {}
  static void destroy() {}
};

// Runs what allocates or starts threads: an exception must not reach a caller in C.
template <class F>
bool without_exceptions(Answer& answer, F&& f) {
#if defined(__cpp_exceptions)
  try {
    f();
    return true;
  } catch (...) {
    answer.fail(INLAY_SYSTEM_FAILED) << "the system gave no memory or no threads";
    return false;
  }
#else
  static_cast<void>(answer);
  f();
  return true;
#endif
}

// What an object begins with: its kind, the bytes of its model's part and of all of it, the executor, and the shape.
template <class Object, class E>
constexpr std::uint64_t tag_of(const char* kind, size_t bytes, std::uint64_t context, std::uint64_t width) {
  Hash hash;
  hash.text(kind);
  hash.number(bytes);
  hash.number(sizeof(Object));
  hash.number(is_serial<E>);
  hash.number(context);
  hash.number(width);
  return hash.value();
}

// An Object of zeros in the caller's memory, with its executor. Null where a check failed. It is no object to the other
// functions before its tag is set.
template <class Object>
Object* make_object(Answer& answer, void* memory, size_t bytes, const char* part) {
  static_assert(std::is_trivial_v<Object> && alignof(Object) == INLAY_ALIGNMENT);
  if (!answer.room(memory, bytes, sizeof(Object), "memory", part) || !answer.aligned(memory, "memory")) return nullptr;
  Object* const object = ::new (memory) Object;
  std::memset(static_cast<void*>(object), 0, sizeof(Object));
  if (!without_exceptions(answer, [&] { object->executor.create(); })) return nullptr;
  return object;
}

// As free(): null is allowed. What is no object of this kind is left alone.
template <class Object>
void destroy_object(Object* object) {
  Answer answer("", nullptr);
  if (!answer.is_object(object, "")) return;
  object->tag = 0;
  object->executor.destroy();
}

inline constexpr size_t most_threads = 1024;

template <class Object>
inlay_status use_threads(const char* function, Object* object, size_t threads, const char* argument,
                         inlay_error* error) {
  Answer answer(function, error);
  if (!answer.is_object(object, argument)) return answer;
  if (threads == 0 || threads > most_threads)
    return answer.fail(INLAY_WRONG_SETTING) << "threads is " << threads << ", expected 1 to " << most_threads;
  without_exceptions(answer, [&] { object->executor.replace(threads); });
  return answer;
}

}  // namespace inlay::inline INLAY_ABI::c
