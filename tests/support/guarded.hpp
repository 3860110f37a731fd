#pragma once

// Floats that end where the memory ends: a read or write behind the last one stops the program (on POSIX systems; under
// AddressSanitizer elsewhere). Before them lie sentinels, to be checked.

#include <cstddef>
#include <cstring>
#include <memory>

#if defined(__unix__) || defined(__APPLE__)
#include <sys/mman.h>
#include <unistd.h>
#define INLAY_TEST_HAS_GUARD_PAGES
#endif

class Guarded {
 public:
  static constexpr float sentinel = -12345.0f;
  static constexpr std::size_t front = 64;  // sentinels before the floats

  // Room for `most` floats.
  explicit Guarded(std::size_t most) {
#if defined(INLAY_TEST_HAS_GUARD_PAGES)
    const std::size_t page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    bytes_ = ((most + front) * sizeof(float) + page - 1) / page * page;
    void* const memory = mmap(nullptr, bytes_ + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    mapped_ = bytes_ + page;
    start_ = static_cast<char*>(memory);
    mprotect(start_ + bytes_, page, PROT_NONE);
#else
    bytes_ = (most + front) * sizeof(float);
    owned_ = std::make_unique<char[]>(bytes_);
    start_ = owned_.get();
#endif
  }
  Guarded(const Guarded&) = delete;
  Guarded& operator=(const Guarded&) = delete;
#if defined(INLAY_TEST_HAS_GUARD_PAGES)
  ~Guarded() { munmap(start_, mapped_); }
#else
  ~Guarded() = default;
#endif

  // The last `count` floats of the memory, with sentinels before them.
  float* last(std::size_t count) {
    float* const first = reinterpret_cast<float*>(start_ + bytes_) - count;
    for (std::size_t i = 1; i <= front; ++i) first[-static_cast<std::ptrdiff_t>(i)] = sentinel;
    return first;
  }
  static bool front_untouched(const float* first) {
    for (std::size_t i = 1; i <= front; ++i)
      if (first[-static_cast<std::ptrdiff_t>(i)] != sentinel) return false;
    return true;
  }

 private:
  char* start_ = nullptr;
  std::size_t bytes_ = 0;
#if defined(INLAY_TEST_HAS_GUARD_PAGES)
  std::size_t mapped_ = 0;
#else
  std::unique_ptr<char[]> owned_;
#endif
};
