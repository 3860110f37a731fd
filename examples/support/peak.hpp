#pragma once
// What this machine can do at most: independent chains of fused multiply-adds in registers, as many as hide the
// latency, with the vectors that inlay was built for. Two operations are counted for each lane of each fused
// multiply-add.

#include <cstddef>

namespace examples {

// Operations a second of `threads` threads that run at the same time; takes about a tenth of a second.
double peak_operations_per_second(std::size_t threads);

}  // namespace examples
