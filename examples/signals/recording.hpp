#pragma once
// Signals to learn from, to be examined with, and of the user's own.

#include <array>
#include <filesystem>
#include <string>
#include <vector>

#include "signals/motion.hpp"

namespace signals {

struct Recording {
  static constexpr std::size_t no_label = activities;

  std::vector<std::array<float, axes>> samples = {};
  std::vector<std::size_t> labels = {};        // an Activity or no_label for each sample, or none at all
  std::vector<std::size_t> since_change = {};  // samples since the label was another one, where there are labels
};

// `samples` of a signal that nothing is trained on.
Recording generate(std::uint64_t seed, std::size_t samples);

// A table of comma-separated values: a line of names with x, y and z, and label where there is one, in any order, then
// a line a sample: acceleration in g, 50 samples a second. A label is the name of an activity, or empty.
// Throws std::runtime_error, with file and line, where it is something else.
Recording read_recording(const std::filesystem::path& path);

}  // namespace signals
