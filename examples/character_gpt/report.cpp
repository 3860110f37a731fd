#include "character_gpt/report.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "support/command_line.hpp"
#include "support/format.hpp"
#include "support/plot.hpp"

namespace character_gpt {

using examples::bytes, examples::duration, examples::fixed, examples::grouped;
using Row = examples::Csv::Row;

namespace {

// A path as one would type it here: relative where that is shorter.
std::string shown(const std::filesystem::path& path) {
  std::error_code error;
  const std::string full = path.lexically_normal().string();
  const std::string near = std::filesystem::proximate(path, error).string();
  return examples::shell_word(error || near.size() >= full.size() ? full : near);
}

// The program as it can be called from here; without a slash a shell would look for it elsewhere.
std::string shown_program(const std::string& program) {
  if (program.find('/') == std::string::npos) return examples::shell_word(program);
  const std::string path = shown(program);
  return path.find('/') == std::string::npos ? "./" + path : path;
}

void print_file(const std::filesystem::path& path, const char* what) {
  std::printf("  %-48s %s\n", shown(path).c_str(), what);
}

}  // namespace

std::vector<std::string> column_names() {
  return {"step", "train_loss", "validation_loss", "learning_rate", "tokens_per_second", "seconds"};
}

void print_plan(const Run& run, const examples::Corpus& corpus, std::uint64_t first_step, const Cost& cost) {
  const std::string files = corpus.files == 1 ? "" : " in " + grouped(corpus.files) + " files";
  std::printf("Text    %s: %s%s, the last tenth held out\n", corpus.source.c_str(), bytes(corpus.text.size()).c_str(),
              files.c_str());
  std::printf("Model   %s parameters: %zu layers, %zu heads, width %zu, context %zu, one token a byte\n",
              grouped(run.parameters).c_str(), config.layers, config.heads, config.width, config.context);
  std::printf("\nMemory, known to the compiler:\n");
  inlay::footprint<Trainer>.print([](const char* line) { std::printf("%s\n", line); });

  const std::uint64_t steps = run.steps - first_step;
  const double operations = static_cast<double>(steps * tokens_per_step) * operations_per_token;
  std::printf("\nCost    %s steps of %zu characters, %s TFLOP; this machine does at most %s GFLOP/s on %zu %s\n",
              grouped(steps).c_str(), tokens_per_step, fixed(operations * 1e-12, 1).c_str(),
              fixed(cost.peak * 1e-9, 0).c_str(), run.threads, run.threads == 1 ? "thread" : "threads");
  std::printf("        about %s\n", duration(static_cast<double>(steps) * cost.seconds_per_step).c_str());
  if (first_step > 0) std::printf("\nGoing on after step %s.\n", grouped(first_step).c_str());
  std::printf("\n");
  std::fflush(stdout);
}

void print_sample(std::uint64_t step, const std::string& text) {
  std::printf("\nWhat it writes after %s %s:\n  | ", grouped(step).c_str(), step == 1 ? "step" : "steps");
  for (const char character : examples::printable(text)) {
    std::putchar(character);
    if (character == '\n') std::printf("  | ");
  }
  std::printf("\n\n");
  std::fflush(stdout);
}

void draw_losses(const Run& run, const std::vector<Row>& rows) {
  if (rows.empty()) return;
  using examples::Series;
  Series raw{.style = Series::Style::faint, .color = 0};
  Series validation{.label = "validation", .style = Series::Style::points, .color = 1};
  for (const Row& row : rows) {
    raw.x.push_back(row[step]);
    raw.y.push_back(row[train_loss]);
    if (std::isfinite(row[validation_loss])) {
      validation.x.push_back(row[step]);
      validation.y.push_back(row[validation_loss]);
    }
  }
  Series training{
      .label = "training", .x = raw.x, .y = examples::smoothed(raw.y, 11), .style = Series::Style::line, .color = 0};
  // The first steps fall from 5.5 to 3 and would press the rest flat: the axis ends where a twentieth of the run is
  // over.
  const double top = training.y[std::min(training.y.size() - 1, training.y.size() / 20)];
  examples::write_svg(run.picture_file(), {.title = std::string{"Loss of "} + program_name,
                                           .subtitle = grouped(run.parameters) + " parameters, " +
                                                       grouped(static_cast<std::uint64_t>(rows.back()[step])) +
                                                       " steps in " + duration(rows.back()[seconds]),
                                           .x_label = "step",
                                           .y_label = "nats a character",
                                           .series = {raw, training, validation},
                                           .y_top = top});
}

void print_closing(const Run& run) {
  std::printf("\nIt is all in %s:\n", shown(run.out).c_str());
  print_file(run.picture_file(), "the losses as a picture, for any browser");
  print_file(run.metrics_file(), "the figures behind it");
  print_file(run.model_file(), "the weights, for any tool that reads safetensors");
  print_file(run.training_file(), "everything that training needs to go on");
  const std::string program = shown_program(run.program);
  std::printf("\nWrite with it:\n  %s generate --model %s --tokens 1000\n", program.c_str(),
              shown(run.model_file()).c_str());
  std::printf("\nGo on learning:\n  %s train --resume %s --steps %llu\n", program.c_str(),
              shown(run.training_file()).c_str(), static_cast<unsigned long long>(2 * run.steps));
  std::printf("\nLearn from your own text:\n  %s train --data FILE_OR_FOLDER --out DIR\n", program.c_str());
}

void print_how_to_resume(const Run& run, std::uint64_t at) {
  std::printf("Stopped after step %s of %s; everything is saved. Go on with\n  %s train --resume %s\n",
              grouped(at).c_str(), grouped(run.steps).c_str(), shown_program(run.program).c_str(),
              shown(run.training_file()).c_str());
}

}  // namespace character_gpt
