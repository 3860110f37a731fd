// The main of all benchmark programs: Google Benchmark's, with the limits of the machine in the heading of the report.

#include <benchmark/benchmark.h>
#include <inlay/simd/simd.hpp>

#include <cstdio>
#include <string>

#include "support/machine.hpp"

namespace {

std::string in_giga(double value, const char* unit) {
  char text[40];
  std::snprintf(text, sizeof text, "%.1f %s", value * 1e-9, unit);
  return text;
}

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::AddCustomContext("vector", std::to_string(inlay::simd::width) + " floats");
  benchmark::AddCustomContext("fused multiply-add peak, one thread",
                              in_giga(bench::peak_operations_per_second(), "GFLOP/s"));
  benchmark::AddCustomContext("fused multiply-add peak, two threads",
                              in_giga(bench::peak_operations_per_second(2), "GFLOP/s"));
  benchmark::AddCustomContext("read from memory, one thread",
                              in_giga(bench::read_bandwidth(bench::largest_working_set), "GB/s"));
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
}
