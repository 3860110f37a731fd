#pragma once
// What the program says and draws.

#include <vector>

#include "translate/experiment.hpp"

namespace translate {

void print_plan(const Options& options, const Experiment& experiment, const std::vector<Result>& plans);
void print_result(const Result& result);
// Pictures and a table into options.out, and the stated result. Throws std::runtime_error where that cannot be written.
void report(const Options& options, const std::vector<Result>& results);

}  // namespace translate
