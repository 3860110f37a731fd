#pragma once
// What the program shows: the plan before, samples on the way, the picture of the losses, and where everything is.

#include <string>
#include <vector>

#include "character_gpt/run.hpp"
#include "support/corpus.hpp"
#include "support/csv.hpp"

namespace character_gpt {

// The columns of metrics.csv.
enum Column : std::size_t { step, train_loss, validation_loss, learning_rate, tokens_per_second, seconds, columns };
std::vector<std::string> column_names();

struct Cost {
  double peak;              // operations a second that the machine can do at most
  double seconds_per_step;  // estimated
};

void print_plan(const Run& run, const examples::Corpus& corpus, std::uint64_t first_step, const Cost& cost);
void print_sample(std::uint64_t step, const std::string& text);
void draw_losses(const Run& run, const std::vector<examples::Csv::Row>& rows);
void print_closing(const Run& run);
void print_how_to_resume(const Run& run, std::uint64_t step);

}  // namespace character_gpt
