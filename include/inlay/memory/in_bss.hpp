#pragma once
// stay_in_bss(member): called by the constructor of what holds a model's memory.
//
// Clang runs a constructor that it can follow while it compiles, and would put the whole object, zeros and all, into
// .data; an empty statement that may change a member stops it.

#include <inlay/config.hpp>

namespace inlay::inline INLAY_ABI::detail {

template <class T>
INLAY_FORCE_INLINE void stay_in_bss([[maybe_unused]] T& member) {
#if defined(__GNUC__) || defined(__clang__)
  __asm__ volatile("" : "+m"(member));
#endif
}

}  // namespace inlay::inline INLAY_ABI::detail
