#pragma once
// What is asked for, what each model is given, and what it comes to. All scores are bits a character of the held-out
// text: every model predicts the same windows, and knows nothing of a window but what it has read of it.

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "support/corpus.hpp"
#include "support/executor.hpp"

namespace language_models {

struct Options {
  std::filesystem::path data, out = "language_models_run";
  std::uint64_t steps = 5000, seed = 1;
  std::size_t threads = 1;
  std::size_t sample = 240;  // characters
};

inline constexpr float temperatures[] = {0.5F, 0.8F, 1.0F};
inline constexpr std::size_t milestones = 20;  // points of a curve
// Windows that every score comes from, spread over the held-out text, or all of them where there are fewer.
inline constexpr std::size_t scored_windows = 512;

struct Point {
  double characters;  // read so far
  double bits;
};

struct Result {
  std::string name = {}, detail = {};
  std::uint64_t parameters = 0;
  std::string parameters_are = "parameters";
  std::vector<Point> curve = {};
  double bits = 0;
  double seconds = 0;
  std::vector<std::string> samples = {};  // one for each temperature
};

struct Experiment {
  const Options& options;
  const examples::Corpus& corpus;
  const examples::Executor& executor;
};

// What a model that learns is, before it does.
struct Plan {
  std::string name, detail;
  std::uint64_t parameters;
  std::size_t bytes;
};
Plan plan_transformer();
Plan plan_lstm();
Plan plan_elman();

// Each trains or counts, scores and writes. Empty names where the user has interrupted.
Result learn_transformer(const Experiment& experiment);
Result learn_lstm(const Experiment& experiment);
Result learn_elman(const Experiment& experiment);

// n-grams: orders 1 to 6 with modified Kneser-Ney smoothing, then the other smoothings of order 5. The one that stands
// beside the other models, with its curve and samples, is the 5-gram.
struct Counted {
  Result five;
  std::vector<Result> orders, smoothings;
};
Counted count_n_grams(const Experiment& experiment);

}  // namespace language_models
