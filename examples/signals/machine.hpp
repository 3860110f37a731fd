#pragma once
// What the program does: it trains the model, and streams recordings through it, a sample at a time.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "signals/model.hpp"
#include "signals/recording.hpp"
#include "support/executor.hpp"

namespace signals {

struct Options {
  std::uint64_t steps = 4000, seed = 1;
  std::size_t threads = 1;
  std::filesystem::path data = {};   // the user's own recording, or empty
  std::filesystem::path model = {};  // weights instead of training, or empty
  std::filesystem::path out = "signals_run";
};

constexpr std::size_t batch = 16;  // sequences a step

// The losses of the steps; nothing where the user has interrupted.
std::optional<std::vector<double>> train(const Options& options, const examples::Executor& executor);
// Throw std::runtime_error where the file cannot be read or written.
void load(const std::filesystem::path& path);
void save(const std::filesystem::path& path);

// Root mean square errors of a forecast, in g on an axis, for each sample ahead: the model's, and those of who says
// that the last value stays, or that the last two lie on a straight line.
struct ForecastErrors {
  double model[ahead] = {}, last_value[ahead] = {}, straight_line[ahead] = {};
};

// What came of streaming some recordings.
struct Results {
  std::size_t samples = 0, labelled = 0, right = 0;
  std::size_t settled = 0, settled_right = 0;      // of the samples whose activity has gone on for a second
  std::size_t named[activities][activities] = {};  // what it is, what it was taken for
  ForecastErrors errors = {};
  std::vector<float> microseconds = {};  // for each sample
};

// What the model said at each sample of one recording.
struct Answers {
  std::vector<std::size_t> activity = {};
  std::vector<std::array<std::array<float, axes>, ahead>> next = {};
};
Answers stream(const Recording& recording, Results& results);
// After the last recording: sums become means.
void finish(Results& results);

std::size_t parameters();

}  // namespace signals
