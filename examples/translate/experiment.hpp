#pragma once
// What is asked for, what the models are given, and what comes of it.

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "support/executor.hpp"
#include "support/heat_map.hpp"
#include "translate/sentences.hpp"

namespace translate {

struct Options {
  std::string model = "both";
  std::uint64_t steps = 2000, seed = 1;
  std::size_t pairs = 5'000;  // numbers to learn from
  std::size_t exam = 2000;    // unseen numbers to translate
  std::size_t threads = 1;
  std::vector<std::string> translate = {};  // Italian words
  std::filesystem::path out = "translate_run";
};

struct Experiment {
  const Options& options;
  const examples::Executor& executor;
  std::vector<std::uint32_t> training;
  std::vector<Sentence> watched;  // during training, for the curve
  std::vector<Sentence> tuning;   // misspelled, for the weight of the English model
  std::vector<Sentence> written, misspelled;
};
Experiment prepare(const Options& options, const examples::Executor& executor);

// Ways to decide on a translation: the likeliest word at each step; the best of a beam; the best of that beam when an
// n-gram model of English has its say, too.
enum class Search : std::size_t { greedy, beam, rescored };
inline constexpr std::array<const char*, 3> search_names{"greedy", "beam", "beam, rescored"};

struct Score {
  std::size_t right = 0, all = 0;
  double chrf = 0;
  double percent() const { return all == 0 ? 0 : 100.0 * static_cast<double>(right) / static_cast<double>(all); }
};
using Scores = std::array<Score, search_names.size()>;

struct Point {
  double step, percent;
};

struct Result {
  std::string name = {}, detail = {};
  std::size_t parameters = 0, bytes = 0;
  std::vector<double> losses = {};
  std::vector<Point> curve = {};  // exact translations of unseen numbers, greedily
  double seconds = 0;
  float weight = 0;  // of the English model
  Scores written = {}, misspelled = {};
  std::vector<std::string> wrong = {};  // some greedy translations that are
  examples::HeatMaps alignment = {};
  std::vector<std::string> answers = {};  // to Options::translate
};

// The plan has a name, a detail, parameters and bytes. An empty name where the user has interrupted.
Result plan_transformer();
Result plan_lstm();
Result learn_transformer(const Experiment& experiment);
Result learn_lstm(const Experiment& experiment);

// In nats, of the words and the end after them, by an n-gram model of the numbers that are trained on.
void count_english(const std::vector<std::uint32_t>& numbers);
float english_log_probability(std::span<const Token> words);

}  // namespace translate
