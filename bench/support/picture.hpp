#pragma once
// For benchmarks that print a table and draw a picture instead of reporting through Google Benchmark.

#include <cstdlib>
#include <string>

#include "support/plot.hpp"

namespace bench {

// Whether to do no more than shows that the program works: what BENCHMARK_MIN_TIME asks the other benchmarks for, too.
inline bool in_brief() {
  const char* const seconds = std::getenv("BENCHMARK_MIN_TIME");
  return seconds != nullptr && std::strtod(seconds, nullptr) < 0.1;
}

// Into the build folder; prints where it is.
void draw(const std::string& name, const examples::Plot& plot);

}  // namespace bench
