#pragma once
// The model that fills gaps: its training, its examination, and what it would write into a text.

#include <optional>
#include <vector>

#include "masked_language/experiment.hpp"

namespace masked_language {

// Of held-out passages: gaps in place of 15 % of the known words.
struct GapScore {
  std::uint64_t step = 0;
  std::size_t right = 0, gaps = 0;
  double loss = 0;  // nats a gap

  double percent() const { return 100.0 * static_cast<double>(right) / static_cast<double>(gaps); }
};

struct PreTraining {
  std::vector<double> losses = {};  // of each step
  std::vector<GapScore> curve = {};
  GapScore counting = {};  // what answers each gap with the most frequent word, and knows how often each word is
  double seconds = 0;
};

// Nothing where the user has interrupted.
std::optional<PreTraining> pre_train(const Experiment& experiment);
// What pre_train has learned. It stays where it is.
const inlay::ParametersOf<Gaps>& pre_trained();
std::size_t bytes_to_pre_train();

struct Candidate {
  Token token;
  double probability;
};
// The likeliest words for each gap of a text with [CLS] and [SEP] around it, at most `context` tokens.
std::vector<std::vector<Candidate>> candidates(const Experiment& experiment, std::span<const Token> tokens,
                                               std::size_t most);

}  // namespace masked_language
