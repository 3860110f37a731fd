#include "support/machine.hpp"

#include <inlay/simd/simd.hpp>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <fstream>
#include <limits>
#include <map>
#include <string>

#include "support/peak.hpp"

namespace bench {
namespace {

namespace simd = inlay::simd;

// A figure that is measured again when it is old.
class Measured {
 public:
  template <class Measure>
  double value(Measure&& measure) {
    constexpr double lifetime = 5;  // seconds
    if (value_ == 0 || wall_seconds() - taken_ > lifetime) {
      value_ = measure();
      taken_ = wall_seconds();
    }
    return value_;
  }

 private:
  double value_ = 0;
  double taken_ = 0;
};

constexpr std::size_t strip = 16 * simd::width;  // floats read in one turn of the loop
constexpr std::size_t largest = largest_working_set / sizeof(float);
alignas(64) float memory[largest];
volatile float sink = 0;

// Sums, in 16 chains, so that neither additions nor their latency are the limit.
void read(std::size_t floats) {
  simd::batch sum[16];
  for (simd::batch& lane : sum) lane = simd::broadcast(0.0F);
  for (std::size_t i = 0; i < floats; i += strip)
    for (std::size_t lane = 0; lane < 16; ++lane) sum[lane] = sum[lane] + simd::load(memory + i + lane * simd::width);
  for (std::size_t lane = 1; lane < 16; ++lane) sum[0] = sum[0] + sum[lane];
  sink = simd::reduce_maximum(sum[0]);
}

double measure_bandwidth(std::size_t floats) {
  std::fill_n(memory, floats, 1.0F);
  // A timed piece is at least 50 us long; the fastest of many is the figure.
  const std::size_t repetitions = 1 + (std::size_t{1} << 20) / floats;
  double fastest = 1e9;
  const double begin = wall_seconds();
  for (int piece = 0; piece < 3 || wall_seconds() - begin < 0.05; ++piece) {
    const double start = thread_seconds();
    for (std::size_t i = 0; i < repetitions; ++i) read(floats);
    fastest = std::min(fastest, thread_seconds() - start);
  }
  return static_cast<double>(repetitions * floats * sizeof(float)) / fastest;
}

}  // namespace

double wall_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

double thread_seconds() {
#ifdef CLOCK_THREAD_CPUTIME_ID
  timespec now{};
  if (clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now) == 0)
    return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
#endif
  return wall_seconds();
}

double peak_operations_per_second(std::size_t threads) {
  static std::map<std::size_t, Measured> peaks;
  return peaks[threads].value([&] { return examples::peak_operations_per_second(threads); });
}

double fresh_peak_operations_per_second(std::size_t threads) { return examples::peak_operations_per_second(threads); }

double read_bandwidth(std::size_t bytes) {
  static std::map<std::size_t, Measured> bandwidths;
  const std::size_t floats = std::clamp(bytes / sizeof(float) / strip * strip, strip, largest);
  return bandwidths[floats].value([&] { return measure_bandwidth(floats); });
}

double available_bytes() {
  double bytes = std::numeric_limits<double>::max();
  std::ifstream system("/proc/meminfo");
  for (std::string word; system >> word;)
    if (double kibibytes = 0; word == "MemAvailable:" && system >> kibibytes) bytes = kibibytes * 1024;
  double limit = 0, used = 0;  // "max" is no number
  if (std::ifstream("/sys/fs/cgroup/memory.max") >> limit && std::ifstream("/sys/fs/cgroup/memory.current") >> used)
    bytes = std::min(bytes, limit - used);
  return bytes;
}

}  // namespace bench
