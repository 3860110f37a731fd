#pragma once
// What the program says and draws, for any task and any model.

#include <string>
#include <vector>

#include "sequence_tasks/tasks.hpp"
#include "support/heat_map.hpp"

namespace sequence_tasks {

// The number of parameters of a model, from its shape.
struct Formula {
  std::string model, text;
  std::size_t value;
};

struct Plan {
  std::string problems;  // what they look like, with an example
  Formula formula;
  std::size_t counted = 0;  // parameters
  std::size_t bytes = 0;    // of all of training
  std::uint64_t steps, batch;
  float peak_rate;
};

struct Examination {
  std::size_t right = 0, problems = 0;
  std::vector<std::string> wrong = {};  // some of those, with what was answered

  double percent() const { return 100.0 * static_cast<double>(right) / static_cast<double>(problems); }
};

struct Outcome {
  std::vector<double> losses;  // of each step
  Examination examination;
  examples::HeatMaps attention;
  double seconds;
};

// Throws std::runtime_error where the two numbers of parameters differ.
void print_plan(const Options& options, const Plan& plan);
void report(const Options& options, const Plan& plan, const Outcome& outcome);

}  // namespace sequence_tasks
