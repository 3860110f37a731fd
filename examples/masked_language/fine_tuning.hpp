#pragma once
// The encoder with a classifier on it, trained on a few labelled passages: once from what pre-training has learned,
// once from random weights.

#include <optional>
#include <string>
#include <vector>

#include "masked_language/experiment.hpp"

namespace masked_language {

struct ClassScore {
  std::uint64_t step;
  double percent;  // of held-out passages
};

struct FineTuning {
  std::vector<ClassScore> pre_trained = {}, random = {};
  std::size_t passages = 0;  // of the examination
  double chance = 0;         // in percent: the most frequent label always
};

// Nothing where the user has interrupted.
std::optional<FineTuning> fine_tune(const Experiment& experiment, Question question);

}  // namespace masked_language
