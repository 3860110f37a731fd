#pragma once
// What is asked for, and what all parts of the program work on.

#include <filesystem>
#include <string>
#include <vector>

#include "masked_language/passages.hpp"
#include "support/executor.hpp"

namespace masked_language {

struct Options {
  std::filesystem::path data, out = "masked_language_run";
  std::uint64_t steps = 4000, fine_steps = 800, seed = 1;
  std::size_t labels = 2000;  // labelled passages, or pairs of them
  std::size_t threads = 1;
  std::vector<std::string> fill = {}, like = {}, differences = {};
};

struct Experiment {
  const Options& options;
  const Text& text;
  const examples::Executor& executor;
};

inline constexpr std::size_t milestones = 20;  // points of a curve
inline constexpr std::size_t exam_most =
    1000;  // held-out passages that a figure comes from, or all where there are fewer

}  // namespace masked_language
