#pragma once
// FloatEnvironment: the rounding and denormal mode that inlay's arithmetic is defined in, for one scope.
//
// A plug-in host or an audio thread often flushes denormals to zero, and a bit then depends on who called. While an
// object of this type lives, floats are rounded to nearest, ties to even, and denormals are kept; the destructor
// restores what was there. Every public entry point and every task on another thread opens one. It costs a few cycles
// where the mode is already right, because then nothing is written.
//
// A compiler knows nothing of modes and moves arithmetic across a change of mode where only the data allow it: GCC 12
// moved the last product of a step behind the restoring write. What is in memory stays on its side (the writes are
// barriers); a float that leaves the scope as a value goes through settle().
//
//   x86-64: MXCSR; AArch64 and 32-bit Arm with an FPU: FPCR / FPSCR; RISC-V: frm; s390x: the rounding bits of FPC.
//   Elsewhere the mode that the program starts with is the right one and nothing is done. WebAssembly has no other.

#include <inlay/config.hpp>

#if (defined(__SSE__) && !defined(__wasm__)) || defined(_M_X64)
#include <xmmintrin.h>
#endif

namespace inlay::inline INLAY_ABI {

class FloatEnvironment {
 public:
  FloatEnvironment() noexcept : saved_(read()) {
    if ((saved_ & mode_bits) != 0) write(saved_ & ~mode_bits);
  }
  ~FloatEnvironment() {
    if ((saved_ & mode_bits) != 0) write(saved_);
  }
  FloatEnvironment(const FloatEnvironment&) = delete;
  FloatEnvironment& operator=(const FloatEnvironment&) = delete;

  // The value, computed by now: what a scope returns has to be, before the caller's mode is back.
  float settle(float value) const noexcept {
#if defined(__GNUC__) || defined(__clang__)
    __asm__ volatile("" : "+m"(value));
#endif
    return value;
  }

 private:
#if (defined(__SSE__) && !defined(__wasm__)) || defined(_M_X64)
  using Register = unsigned;
  static constexpr Register mode_bits = 0x8000u | 0x6000u | 0x0040u;  // flush to zero, rounding, denormals are zero
  static Register read() { return _mm_getcsr(); }
  static void write(Register value) {
    barrier();
    _mm_setcsr(value);
    barrier();
  }
#elif defined(__aarch64__)
  using Register = std::uint64_t;
  static constexpr Register mode_bits = 0x01c00003u;  // FZ, RMode; AH and FIZ of processors that have FEAT_AFP
  static Register read() {
    Register value;
    __asm__ volatile("mrs %0, fpcr" : "=r"(value));
    return value;
  }
  static void write(Register value) { __asm__ volatile("msr fpcr, %0" : : "r"(value) : "memory"); }
#elif defined(__arm__) && defined(__ARM_FP)
  using Register = std::uint32_t;
  static constexpr Register mode_bits = 0x01c00000u;  // FZ, RMode
  static Register read() {
    Register value;
    __asm__ volatile("vmrs %0, fpscr" : "=r"(value));
    return value;
  }
  static void write(Register value) { __asm__ volatile("vmsr fpscr, %0" : : "r"(value) : "memory"); }
#elif defined(__riscv_flen)
  using Register = std::uint32_t;
  static constexpr Register mode_bits = 0x7u;  // frm
  static Register read() {
    Register value;
    __asm__ volatile("frrm %0" : "=r"(value));
    return value;
  }
  static void write(Register value) { __asm__ volatile("fsrm %0" : : "r"(value) : "memory"); }
#elif defined(__s390x__)
  using Register = std::uint32_t;
  static constexpr Register mode_bits = 0x7u;  // binary rounding mode
  static Register read() {
    Register value;
    __asm__ volatile("efpc %0" : "=d"(value));
    return value;
  }
  static void write(Register value) { __asm__ volatile("sfpc %0" : : "d"(value) : "memory"); }
#else
  using Register = unsigned;
  static constexpr Register mode_bits = 0;
  static Register read() { return 0; }
  static void write(Register) {}
#endif

  static void barrier() {
#if defined(__GNUC__) || defined(__clang__)
    __asm__ volatile("" : : : "memory");
#endif
  }

  Register saved_;
};

}  // namespace inlay::inline INLAY_ABI
