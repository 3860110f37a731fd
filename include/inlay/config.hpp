#pragma once
// What every other header stands on: the checks that keep the arithmetic promise, assertions, and the inline namespace.
//
// The whole header core lives in `inlay::INLAY_ABI`, an inline namespace whose name says which instruction set, with or
// without a fused multiply-add, and which assertion level it was compiled for. Two objects built with different flags
// then name different functions: they link side by side, or fail to link with a name that says why, and never share one
// silently.

#include <cstddef>
#include <cstdint>

#if defined(__FAST_MATH__) || defined(_M_FP_FAST)
#error "inlay: compile without -ffast-math (/fp:fast): its results would differ between compilers and targets."
#endif
#if defined(__ASSOCIATIVE_MATH__) || defined(__RECIPROCAL_MATH__) || defined(__NO_SIGNED_ZEROS__)
#error "inlay: compile without -funsafe-math-optimizations and its parts: sums and divisions would differ."
#endif
#if defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__
#error "inlay: compile without -ffinite-math-only: non-finite gradients could no longer be found."
#endif
#if defined(__cplusplus) && __cplusplus < 202002L && !(defined(_MSVC_LANG) && _MSVC_LANG >= 202002L)
#error "inlay: needs C++20 (-std=c++20)."
#endif

// Preconditions are checked where INLAY_ASSERTIONS is 1 (the default without NDEBUG). A failed one calls
// INLAY_ASSERT_FAILED, which traps unless the application defines it before the first inlay header.
#if !defined(INLAY_ASSERTIONS)
#if defined(NDEBUG)
#define INLAY_ASSERTIONS 0
#else
#define INLAY_ASSERTIONS 1
#endif
#endif
#if !defined(INLAY_ASSERT_FAILED)
#if defined(__GNUC__) || defined(__clang__)
#define INLAY_ASSERT_FAILED(condition) __builtin_trap()
#else
#define INLAY_ASSERT_FAILED(condition) (*static_cast<volatile int*>(nullptr) = 0)
#endif
#endif
#if INLAY_ASSERTIONS
#define INLAY_ASSERT(condition) (static_cast<bool>(condition) ? static_cast<void>(0) : INLAY_ASSERT_FAILED(#condition))
#else
#define INLAY_ASSERT(condition) static_cast<void>(0)
#endif

// Where bytes of code matter more than cycles INLAY_SMALL_CODE is 1: one inner loop for all matrix products where a
// vector is one lane, and few of them where it is not. The bits are the same. Combine it with -Os; CMake's option
// INLAY_SMALL_CODE does.
#if !defined(INLAY_SMALL_CODE)
#define INLAY_SMALL_CODE 0
#endif

#if defined(__GNUC__) || defined(__clang__)
#define INLAY_FORCE_INLINE inline __attribute__((always_inline))
#define INLAY_NO_INLINE __attribute__((noinline))
#define INLAY_RESTRICT __restrict__
#else
#define INLAY_FORCE_INLINE inline
#define INLAY_NO_INLINE
#define INLAY_RESTRICT
#endif
#if defined(_MSC_VER)
#define INLAY_NO_UNIQUE_ADDRESS [[msvc::no_unique_address]]
#else
#define INLAY_NO_UNIQUE_ADDRESS [[no_unique_address]]
#endif

#if defined(INLAY_SIMD_SCALAR)
#define INLAY_ISA scalar
#elif defined(__wasm_simd128__)
#define INLAY_ISA wasm128
#elif defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512DQ__) && defined(__AVX512VL__)
#define INLAY_ISA avx512
#elif defined(__AVX2__)
#define INLAY_ISA avx2
#elif defined(__AVX__)
#define INLAY_ISA avx
#elif defined(__SSE4_1__)
#define INLAY_ISA sse4_1
#elif defined(__SSE2__) || defined(_M_X64)
#define INLAY_ISA sse2
#elif defined(__aarch64__)
#define INLAY_ISA neon64
#elif defined(__ARM_NEON)
#define INLAY_ISA neon
#else
#define INLAY_ISA scalar
#endif
#if defined(__FMA__) || defined(__FP_FAST_FMAF) || defined(__ARM_FEATURE_FMA) || defined(__aarch64__) || \
    (defined(__riscv_flen) && __riscv_flen >= 32) || defined(__s390x__) || defined(__powerpc64__)
#define INLAY_HAS_FUSED_MULTIPLY_ADD 1
#define INLAY_ABI_ARITHMETIC fused
#else
#define INLAY_HAS_FUSED_MULTIPLY_ADD 0
#define INLAY_ABI_ARITHMETIC separate
#endif
#if INLAY_ASSERTIONS && INLAY_SMALL_CODE
#define INLAY_ABI_LEVEL checked_small
#elif INLAY_ASSERTIONS
#define INLAY_ABI_LEVEL checked
#elif INLAY_SMALL_CODE
#define INLAY_ABI_LEVEL release_small
#else
#define INLAY_ABI_LEVEL release
#endif
#define INLAY_ABI_JOIN_(version, isa, arithmetic, level) version##_##isa##_##arithmetic##_##level
#define INLAY_ABI_JOIN(version, isa, arithmetic, level) INLAY_ABI_JOIN_(version, isa, arithmetic, level)
#define INLAY_ABI INLAY_ABI_JOIN(v0, INLAY_ISA, INLAY_ABI_ARITHMETIC, INLAY_ABI_LEVEL)

namespace inlay::inline INLAY_ABI {

using std::size_t;

inline constexpr bool small_code = INLAY_SMALL_CODE != 0;

// std::bit_cast, also where <bit> has none yet: libc++ before 14, that of Debian 12's Emscripten.
template <class To, class From>
INLAY_FORCE_INLINE constexpr To bit_cast(const From& from) noexcept {
  return __builtin_bit_cast(To, from);
}

// A float as a template argument, written as one: Dropout<128, 0.1f>. Clang before 18 takes floats only inside a class.
struct Fraction {
  float value;
  constexpr Fraction(float from) : value(from) {}
};

}  // namespace inlay::inline INLAY_ABI
