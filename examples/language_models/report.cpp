#include "language_models/report.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <stdexcept>

#include "language_models/models.hpp"
#include "support/command_line.hpp"
#include "support/format.hpp"
#include "support/plot.hpp"

namespace language_models {
namespace {

using examples::fixed, examples::grouped;

std::string bits_of(double bits) { return std::isfinite(bits) ? fixed(bits, 3) : "infinite"; }

void print_row(const Result& result) {
  std::printf("  %-12s %-32s %10s %-11s %9s\n", result.name.c_str(), result.detail.c_str(),
              grouped(result.parameters).c_str(), result.parameters_are.c_str(), bits_of(result.bits).c_str());
}

void write_file(const std::filesystem::path& path, const std::string& text) {
  std::ofstream file{path, std::ios::binary};
  file << text;
  if (!file.flush()) throw std::runtime_error(path.string() + ": cannot be written");
}

std::string table_row(const Result& result) {
  return result.name + "," + result.detail + "," + std::to_string(result.parameters) + "," + result.parameters_are +
         "," + (std::isfinite(result.bits) ? fixed(result.bits, 4) : "inf") + "\n";
}

std::string samples_of(const Result& result) {
  std::string text;
  for (std::size_t i = 0; i < result.samples.size(); ++i) {
    text += result.name + ", temperature " + fixed(static_cast<double>(temperatures[i]), 1) + ":\n  | ";
    for (const char character : examples::printable(result.samples[i])) {
      text += character;
      if (character == '\n') text += "  | ";
    }
    text += "\n\n";
  }
  return text;
}

void draw(const std::filesystem::path& path, const Experiment& experiment, const std::vector<Result>& models) {
  using examples::Series;
  std::vector<Series> series;
  double top = 0, furthest = 0;
  for (const Result& model : models) furthest = std::max(furthest, model.curve.back().characters / 1e6);
  for (const Result& model : models) {
    Series one{.label = model.name, .style = Series::Style::points, .color = series.size() % 4};
    for (const Point& point : model.curve) {
      one.x.push_back(point.characters / 1e6);
      one.y.push_back(point.bits);
    }
    // The first points fall steeply and would press the rest flat: the axis ends where the worst model is after a tenth
    // of its way, at most at the 8 bits of a byte.
    top = std::min(8.0, std::max(top, one.y[std::min(one.y.size() - 1, one.y.size() / 10)]));
    series.push_back(std::move(one));
  }
  // What has counted the whole text learns nothing more.
  const Point& counted = models.front().curve.back();
  series.push_back(
      {.x = {counted.characters / 1e6, furthest}, .y = {counted.bits, counted.bits}, .style = Series::Style::faint});
  const std::string source = std::filesystem::path{experiment.corpus.source}.filename().string();
  examples::write_svg(path, {.title = "Four language models",
                             .subtitle = "held-out part of " + source + "; " + grouped(models.back().parameters) +
                                         " parameters, or " + grouped(models.front().parameters) + " counts",
                             .x_label = "million characters read",
                             .y_label = "bits a character",
                             .series = series,
                             .y_top = top});
}

}  // namespace

void print_plan(const Experiment& experiment, const std::vector<Plan>& plans) {
  const examples::Corpus& corpus = experiment.corpus;
  const std::string files = corpus.files == 1 ? "" : " in " + grouped(corpus.files) + " files";
  std::printf("Text    %s: %s%s, the last tenth held out\n", corpus.source.c_str(),
              examples::bytes(corpus.text.size()).c_str(), files.c_str());
  for (const Plan& plan : plans)
    std::printf("%s %-12s %-32s %s parameters, %s to train\n", &plan == plans.data() ? "Models " : "       ",
                plan.name.c_str(), plan.detail.c_str(), grouped(plan.parameters).c_str(),
                examples::bytes(plan.bytes).c_str());
  std::printf("        %-12s %-32s as many counts as the text has\n", "n-grams", "orders 1 to 6");
  std::printf("Steps   %s of %s characters for each model that learns; all losses are bits a character\n\n",
              grouped(experiment.options.steps).c_str(), grouped(tokens_per_step).c_str());
  std::fflush(stdout);
}

void print_result(const Result& result) {
  std::printf("%-12s %s bits a character of the held-out text, after %s\n", result.name.c_str(),
              bits_of(result.bits).c_str(), examples::duration(result.seconds).c_str());
  std::fflush(stdout);
}

void report(const Experiment& experiment, const Counted& counted, const std::vector<Result>& learned) {
  std::printf("\n  %-12s %-32s %10s %-11s %9s\n", "model", "", "", "", "bits");
  for (const Result& result : counted.orders) print_row(result);
  for (const Result& result : counted.smoothings) print_row(result);
  for (const Result& result : learned) print_row(result);

  std::vector<Result> models{counted.five};
  models.insert(models.end(), learned.begin(), learned.end());
  std::string samples, curves = "model,characters,bits\n", table = "model,kind,size,unit,bits\n";
  for (const Result& model : models) {
    samples += samples_of(model);
    for (const Point& point : model.curve)
      curves += model.name + "," + fixed(point.characters, 0) + "," + fixed(point.bits, 4) + "\n";
  }
  for (const auto* results : {&counted.orders, &counted.smoothings, &learned})
    for (const Result& result : *results) table += table_row(result);
  std::printf("\n%s", samples.c_str());

  const std::filesystem::path& out = experiment.options.out;
  draw(out / "curves.svg", experiment, models);
  write_file(out / "curves.csv", curves);
  write_file(out / "table.csv", table);
  write_file(out / "samples.txt", samples);
  std::printf("It is all in %s: curves.svg, curves.csv, table.csv, samples.txt\n",
              examples::shell_word(out.string()).c_str());
}

}  // namespace language_models
