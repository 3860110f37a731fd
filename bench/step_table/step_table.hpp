#pragma once
// The traces of many training steps, brought together: what one step is made of.

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace bench {

// Of one kernel in one module, layers and slices together; seconds and counts are those of one step.
struct KernelTime {
  double calls = 0;
  double seconds = 0;  // that pass meanwhile: those of a thread, over the number of threads that run at the same time
  double inclusive_seconds = 0;  // with the kernels inside
  double operations = 0;
  double bytes = 0;

  KernelTime& operator+=(const KernelTime& other);
};

struct StepTable {
  std::string preset;
  std::size_t threads;
  double rows;                                                        // that a step trains on
  double seconds;                                                     // of a traced step
  double untraced_seconds;                                            // of a step with the same executor, not traced
  std::map<std::pair<std::string, std::string>, KernelTime> kernels;  // by module and kernel
};

// By kernel and by module; with `detail` each kernel of each module as well.
void print(const StepTable& table, bool detail);
// One JSON object.
std::string to_json(const StepTable& table);

// The presets of these names, measured for about `seconds` each with Serial and, where it makes sense, on two threads.
// Calls done(table) for each. False where there is no such preset.
using Done = void (*)(const StepTable& table, void* context);
bool measure_micro(const std::string& preset, double seconds, Done done, void* context);
bool measure_small(const std::string& preset, double seconds, Done done, void* context);

}  // namespace bench
