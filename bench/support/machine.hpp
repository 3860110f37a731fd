#pragma once
// Clocks, and the limits of the machine that the benchmarks are measured against, found in the same process. They are
// measured again when the last measurement is more than a few seconds old: the clock frequency of a busy machine drifts
// by a tenth within a minute.

#include <cstddef>

namespace bench {

// Seconds that passed, since some time in the past.
double wall_seconds();
// Seconds that the calling thread was running; those that passed where the system does not tell.
double thread_seconds();

// Floating-point operations a second of `threads` threads (examples/support/peak.hpp).
double peak_operations_per_second(std::size_t threads = 1);
// The same, always measured anew; takes a tenth of a second.
double fresh_peak_operations_per_second(std::size_t threads = 1);

// Bytes a second that one thread reads from a working set of `bytes`: of the cache that holds it, or of the memory.
double read_bandwidth(std::size_t bytes);

// Bytes of memory that can be used without pushing others out, as far as the system and its control group tell; else as
// many as a double holds.
double available_bytes();

// The largest working set that is measured; a larger one counts as this.
inline constexpr std::size_t largest_working_set = std::size_t{256} << 20;

}  // namespace bench
