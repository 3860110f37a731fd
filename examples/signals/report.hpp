#pragma once
// What the program says, draws and writes.

#include <string>
#include <vector>

#include "signals/machine.hpp"

namespace signals {

void print_plan(const Options& options);
void draw_losses(const Options& options, const std::vector<double>& losses);
// Twelve seconds of a recording, with what was said about them.
void draw_signal(const Options& options, const Recording& recording, const Answers& answers);
// A line a sample: what it was taken for, and the sample that was expected `ahead` samples later.
void write_answers(const Options& options, const Answers& answers);
// The tables, and the result in the last line. `of` says what was streamed.
void report(const Options& options, const std::string& of, const Results& results);

}  // namespace signals
