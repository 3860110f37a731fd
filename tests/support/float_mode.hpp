#pragma once
// The floating-point modes that a host program may have set before it calls: flush to zero, denormals are zero, and
// other directions of rounding. None where the target's register is not known here.

#include <cstdint>
#include <span>

#if defined(__SSE__)
#include <xmmintrin.h>
#endif

struct FloatMode {
  const char* name;
  std::uint32_t bits;
  bool flushes;
  bool rounds;
};

inline std::span<const FloatMode> all_float_modes() {
#if defined(__SSE__)
  static constexpr FloatMode modes[] = {{"flush to zero", 0x8000, true, false},
                                        {"denormals are zero", 0x0040, true, false},
                                        {"flush and denormals", 0x8040, true, false},
                                        {"down", 0x2000, false, true},
                                        {"up", 0x4000, false, true},
                                        {"toward zero, flushing", 0xe040, true, true}};
  return modes;
#elif defined(__aarch64__)
  static constexpr FloatMode modes[] = {{"flush to zero", 1u << 24, true, false},
                                        {"up", 1u << 22, false, true},
                                        {"down", 2u << 22, false, true},
                                        {"toward zero, flushing", 7u << 22, true, true}};
  return modes;
#else
  return {};
#endif
}

// Sets a mode for a scope, as a host program does.
class ScopedFloatMode {
 public:
  explicit ScopedFloatMode(const FloatMode& mode) : saved_(current()) { set(saved_ | mode.bits); }
  ~ScopedFloatMode() { set(saved_); }
  ScopedFloatMode(const ScopedFloatMode&) = delete;
  ScopedFloatMode& operator=(const ScopedFloatMode&) = delete;

  // Without the flags of exceptions that have occurred.
  static std::uint64_t current() {
#if defined(__SSE__)
    return _mm_getcsr() & ~0x3fu;
#elif defined(__aarch64__)
    std::uint64_t value;
    __asm__ volatile("mrs %0, fpcr" : "=r"(value) : : "memory");
    return value;
#else
    return 0;
#endif
  }

 private:
  static void set(std::uint64_t value) {
#if defined(__SSE__)
    _mm_setcsr(static_cast<unsigned>(value));
#elif defined(__aarch64__)
    __asm__ volatile("msr fpcr, %0" : : "r"(value) : "memory");
#else
    static_cast<void>(value);
#endif
  }

  std::uint64_t saved_;
};
