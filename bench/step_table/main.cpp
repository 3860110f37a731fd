// Where a training step's time goes: bench_step_table [--detail] [--seconds N] [--json FILE] [PRESET ...]
//
// For each preset (all of models/presets.hpp by default), on one thread and on two where that makes sense:
//
//   calls      spans of a step: of all layers and slices
//   us         time of a step, without what runs in spans inside; on two threads, slices count half, and what is in no
//              span is waiting as well
//   share      of the traced step
//   GFLOP/s    operations of matrix products and attention, without masked keys and what is computed a second time, and
//              the additions of the simplest kernels
//   GB/s       read and written by the kernel, from whichever cache holds it
//   peak%      what the operations take at the multiply-add peak (fma), or the bytes at the speed of reading a working
//              set as large as one call's (read), whichever is more, of what the kernel takes. In the line of the step:
//              of all kernels together.
//
// "matmul A B" is a Linear's forward pass, "A B^T" its input gradient and "A^T B" its weight gradient; in a tied output
// layer the first two change places. The first line says what tracing adds to the step.

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>

#include "step_table/step_table.hpp"

namespace {

struct Report {
  bool detail = false;
  std::string json;
};

void report_table(const bench::StepTable& table, void* context) {
  Report& report = *static_cast<Report*>(context);
  bench::print(table, report.detail);
  report.json += (report.json.empty() ? "" : ",\n") + bench::to_json(table);
}

}  // namespace

int main(int argc, char** argv) {
  Report report;
  double seconds = 2;
  const char* json = nullptr;
  std::vector<std::string> chosen;
  for (int i = 1; i < argc; ++i) {
    const bool has_value = i + 1 < argc;
    if (std::strcmp(argv[i], "--detail") == 0) {
      report.detail = true;
    } else if (std::strcmp(argv[i], "--seconds") == 0 && has_value) {
      seconds = std::atof(argv[++i]);
    } else if (std::strcmp(argv[i], "--json") == 0 && has_value) {
      json = argv[++i];
    } else {
      chosen.emplace_back(argv[i]);
    }
  }
  if (chosen.empty()) chosen = {"micro16", "micro32", "micro64", "mcu", "nano"};
  for (const std::string& preset : chosen) {
    if (bench::measure_micro(preset, seconds, report_table, &report)) continue;
    if (bench::measure_small(preset, seconds, report_table, &report)) continue;
    std::cerr << "bench_step_table: no preset or option " << preset << "\n"
              << "usage: bench_step_table [--detail] [--seconds N] [--json FILE] "
                 "[micro16|micro32|micro64|mcu|nano|gpt2 ...]\n";
    return 2;
  }
  if (json == nullptr) return 0;
  std::ofstream file(json);
  file << "[" << report.json << "]\n";
  if (file.close(); !file) {
    std::cerr << "bench_step_table: cannot write " << json << "\n";
    return 1;
  }
}
