#pragma once
// Mapped<T>: zeroed memory for one T, which the system maps when it is touched: for what is too large for .bss, such as
// the trainer of GPT-2.

#include <cstdlib>
#include <memory>
#include <new>

namespace bench {

template <class T>
class Mapped {
 public:
  Mapped() : bytes_(std::calloc(1, sizeof(T) + alignof(T)), &std::free) {
    if (bytes_ == nullptr) throw std::bad_alloc{};
    void* at = bytes_.get();
    std::size_t space = sizeof(T) + alignof(T);
    object_ = static_cast<T*>(std::align(alignof(T), sizeof(T), at, space));  // T is trivial, and zeros are its state
  }
  T& operator*() const { return *object_; }
  T* operator->() const { return object_; }

 private:
  std::unique_ptr<void, decltype(&std::free)> bytes_;
  T* object_ = nullptr;
};

}  // namespace bench
