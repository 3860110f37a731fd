#include "support/peak.hpp"

#include <inlay/simd/simd.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <thread>
#include <utility>
#include <vector>

namespace examples {
namespace {

namespace simd = inlay::simd;
using Clock = std::chrono::steady_clock;

// Latency times units: 4 x 2 on x86-64 and many others, 4 x 4 on the widest AArch64 cores. The factors need two
// registers.
constexpr std::size_t chains = simd::registers >= 32 ? 24 : 12;
constexpr std::size_t unrolled = 4;  // rounds in one turn of the loop, so that the jump costs nothing
constexpr std::size_t rounds = 1 << 14;

// The factors come from memory at run time and the sum goes back, so that nothing can be computed before or left out.
// Each chain begins at a value of its own: equal chains would be computed once.
volatile float factor = 0.999F;
volatile float addend = 0.001F;
std::atomic<float> sink{0};  // of all threads

template <std::size_t... index>
void run_chains(std::index_sequence<index...>) {
  const simd::batch a = simd::broadcast(factor);
  const simd::batch b = simd::broadcast(addend);
  simd::batch values[chains];
  for (std::size_t chain = 0; chain < chains; ++chain)
    values[chain] = simd::broadcast(factor * static_cast<float>(chain));
  for (std::size_t round = 0; round < rounds; round += unrolled)
    ((values[index % chains] = simd::fma(values[index % chains], a, b)), ...);
  simd::batch sum = b;
  for (const simd::batch value : values) sum = sum + value;
  sink.store(simd::reduce_maximum(sum), std::memory_order_relaxed);
}

double seconds_of_one_run() {
  const auto begin = Clock::now();
  run_chains(std::make_index_sequence<unrolled * chains>{});
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

}  // namespace

double peak_operations_per_second(std::size_t threads) {
  constexpr double operations = 2.0 * static_cast<double>(simd::width * chains * rounds);
  std::atomic<std::size_t> ready{0};
  std::vector<double> best(threads, 1e9);
  const auto measure = [&](std::size_t thread) {
    double fastest = 1e9;  // of many short runs: an interruption spoils one of them, not the figure
    const auto run_for = [&](double seconds) {
      for (const auto begin = Clock::now(); std::chrono::duration<double>(Clock::now() - begin).count() < seconds;)
        fastest = std::min(fastest, seconds_of_one_run());
    };
    run_for(0.03);  // reaches the clock frequency of sustained work
    ready.fetch_add(1);
    while (ready.load() < threads) std::this_thread::yield();
    fastest = 1e9;
    run_for(0.07);
    best[thread] = fastest;
  };
  {
    std::vector<std::thread> others;
    for (std::size_t thread = 1; thread < threads; ++thread) others.emplace_back(measure, thread);
    measure(0);
    for (std::thread& other : others) other.join();
  }
  double sum = 0;
  for (const double seconds : best) sum += operations / seconds;
  return sum;
}

}  // namespace examples
