#pragma once
// What the program shows: the plan, the table, the samples, and the files that it leaves.

#include <vector>

#include "language_models/experiment.hpp"

namespace language_models {

void print_plan(const Experiment& experiment, const std::vector<Plan>& plans);
void print_result(const Result& result);
// The table on standard output; curves.svg, curves.csv, table.csv and samples.txt in the folder.
void report(const Experiment& experiment, const Counted& counted, const std::vector<Result>& learned);

}  // namespace language_models
