#pragma once
// What the program says and draws.

#include "masked_language/fine_tuning.hpp"
#include "masked_language/gaps.hpp"
#include "masked_language/similarity.hpp"
#include "support/corpus.hpp"

namespace masked_language {

void print_plan(const Experiment& experiment, const examples::Corpus& corpus);
void report_pre_training(const Experiment& experiment, const PreTraining& result);
// The user's texts, or, where there are none, some held-out passages with a gap each.
void report_gaps(const Experiment& experiment);
void report_similarity(const Experiment& experiment);
void report_fine_tuning(const Experiment& experiment, const FineTuning& order, const FineTuning& follows);
// The last lines.
void report_result(const Experiment& experiment, const PreTraining& gaps, const FineTuning& order,
                   const FineTuning& follows);

}  // namespace masked_language
