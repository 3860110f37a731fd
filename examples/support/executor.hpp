#pragma once
// The executor of the examples: oneTBB where the build has it, one thread otherwise. The results have the same bits.

#include <cstddef>

#ifdef INLAY_WITH_TBB
#include <inlay/tbb.hpp>
#else
#include <inlay/parallel/executor.hpp>
#endif

namespace examples {

#ifdef INLAY_WITH_TBB
using Executor = inlay::Tbb;
#else
struct Executor : inlay::Serial {
  explicit Executor(std::size_t) {}
};
#endif

// How many threads to use where nobody said: all that the machine has.
std::size_t default_threads();
// How many the executor really uses when it is asked for so many.
std::size_t used_threads(std::size_t wanted);

}  // namespace examples
