#pragma once
// The tasks of the program. Each says what it does, trains, answers problems that it has never seen, leaves its
// pictures in options.out, and states its result in the last line that it prints.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "support/executor.hpp"

namespace sequence_tasks {

struct Options {
  std::string task;
  // Without: what the task needs. A batch is the problems of a step.
  std::optional<std::uint64_t> steps, batch;
  std::size_t exam = 10'000;  // unseen problems, or all that there are
  std::uint64_t seed = 1;
  std::size_t threads = 1;
  std::filesystem::path out = "sequence_tasks_run";

  // A picture of this task.
  std::filesystem::path picture(const std::string& name) const { return out / (task + "_" + name + ".svg"); }
};

// False where the user has interrupted. They throw std::runtime_error, with a full sentence, when something outside is
// wrong.
bool learn_to_sort(const Options& options, const examples::Executor& executor);
bool learn_to_add(const Options& options, const examples::Executor& executor);
bool learn_to_multiply_and_add(const Options& options, const examples::Executor& executor);
bool learn_to_add_ten_digits(const Options& options, const examples::Executor& executor);

}  // namespace sequence_tasks
