#pragma once
// The tasks of the program. Each prints what it does, leaves its pictures in options.out, and states its result in the
// last line that it prints.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace classify {

struct Options {
  std::string task;
  std::optional<std::uint64_t> points, epochs;  // without: what the task thinks right
  std::uint64_t seed = 1;
  std::filesystem::path out = "classify_run";

  // A picture of this task.
  std::filesystem::path picture(const std::string& name) const { return out / (task + "_" + name + ".svg"); }
};

// They throw std::runtime_error, with a full sentence, when something outside is wrong.
void learn_perceptron(const Options& options);
void learn_exclusive_or(const Options& options);
void learn_spirals(const Options& options);

}  // namespace classify
