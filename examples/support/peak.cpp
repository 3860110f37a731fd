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

// 4 cycles of latency and 2 units need 8 chains; 12 leave room and still fit 16 registers with the two factors.
constexpr std::size_t chains = 12;
constexpr std::size_t rounds = 1 << 15;

// The factors come from memory at run time and the sum goes back, so that nothing can be computed before or left out.
volatile float factor = 0.999F;
volatile float addend = 0.001F;
volatile float sink = 0;

template <std::size_t... index>
void run_chains(std::index_sequence<index...>) {
  const simd::batch a = simd::broadcast(factor);
  const simd::batch b = simd::broadcast(addend);
  simd::batch values[chains] = {((void)index, b)...};
  for (std::size_t round = 0; round < rounds; ++round) ((values[index] = simd::fma(values[index], a, b)), ...);
  simd::batch sum = b;
  ((sum = sum + values[index]), ...);
  sink = simd::reduce_maximum(sum);
}

double seconds_of_one_run() {
  const auto begin = Clock::now();
  run_chains(std::make_index_sequence<chains>{});
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
