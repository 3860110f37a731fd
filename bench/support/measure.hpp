#pragma once
// What each benchmark does: repeat a call, and turn its time into counters.
//
// Calls run in batches of at least 0.2 ms, and the counters come from the fastest batch, so that an interruption spoils
// one batch and not the figure. One thread is timed by its own processor time: on an idle machine that is the time that
// passes, on a shared one it leaves out what others ran meanwhile. The columns Time and CPU are Google Benchmark's own,
// means over all calls of the run.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstddef>
#include <limits>

#include "support/machine.hpp"

namespace bench {

// Seconds of one call in the fastest batch, on `threads` threads. The number of calls in a batch is a multiple of
// `cycle`, for calls that take turns with different inputs.
template <class Call>
double fastest_call(benchmark::State& state, Call&& call, std::size_t threads = 1, std::size_t cycle = 1) {
  const auto now = threads == 1 ? thread_seconds : wall_seconds;
  const auto seconds_of = [&](std::size_t calls) {
    const double begin = now();
    for (std::size_t i = 0; i < calls; ++i) call();
    return now() - begin;
  };
  std::size_t calls = cycle;  // doubled until a batch is long enough, which is the warm-up as well
  seconds_of(calls);
  while (seconds_of(calls) < 2e-4) calls *= 2;
  double fastest = std::numeric_limits<double>::max();
  while (state.KeepRunningBatch(static_cast<benchmark::IterationCount>(calls)))
    fastest = std::min(fastest, seconds_of(calls));
  return fastest / static_cast<double>(calls);
}

// GFLOP/s, and the percentage of what fused multiply-adds in registers reach on as many threads.
inline void count_operations(benchmark::State& state, double operations, double seconds, std::size_t threads = 1) {
  const double rate = operations / seconds;
  state.counters["GFLOP/s"] = rate * 1e-9;
  state.counters["peak%"] = 100 * rate / peak_operations_per_second(threads);
}

// GB/s of reading and writing together, and the percentage of the speed at which a working set of that size is read.
// More than 100 is possible: a core reads and writes at the same time.
inline void count_bytes(benchmark::State& state, double bytes, double seconds, std::size_t working_set) {
  const double rate = bytes / seconds;
  state.counters["GB/s"] = rate * 1e-9;
  state.counters["read%"] = 100 * rate / read_bandwidth(working_set);
}

}  // namespace bench
