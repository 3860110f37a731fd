#include "translate/report.hpp"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <stdexcept>

#include "support/format.hpp"
#include "support/plot.hpp"
#include "translate/models.hpp"

namespace translate {
namespace {

using examples::fixed, examples::grouped;

std::string small(std::string text) {
  for (char& letter : text)
    if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
  return text;
}

void draw_curves(const Options& options, const std::vector<Result>& results) {
  std::vector<examples::Series> series;
  for (const Result& result : results) {
    examples::Series one{.label = result.name, .style = examples::Series::Style::points, .color = series.size()};
    for (const Point& point : result.curve) {
      one.x.push_back(point.step);
      one.y.push_back(point.percent);
    }
    series.push_back(std::move(one));
  }
  examples::write_svg(options.out / "curves.svg",
                      examples::Plot{.title = "Italian number words into English",
                                     .subtitle = "whole translations that are right, of unseen numbers, greedily",
                                     .x_label = "step",
                                     .y_label = "percent",
                                     .series = series});
}

}  // namespace

void print_plan(const Options& options, const Experiment& experiment, const std::vector<Result>& plans) {
  std::printf("Pairs   %s numbers below a million, as %s -> %s; %s others are asked\n",
              grouped(experiment.training.size()).c_str(), italian(243).c_str(), text_of_words(english(243)).c_str(),
              grouped(experiment.written.size()).c_str());
  for (const Result& plan : plans)
    std::printf("%s  %-12s %-46s %s parameters, %s to train\n", &plan == plans.data() ? "Models" : "      ",
                plan.name.c_str(), plan.detail.c_str(), grouped(plan.parameters).c_str(),
                examples::bytes(plan.bytes).c_str());
  std::printf("Steps   %s of %zu pairs, by AdamW; seed %llu\n\n", grouped(options.steps).c_str(), batch,
              static_cast<unsigned long long>(options.seed));
  std::fflush(stdout);
}

void print_result(const Result& result) {
  std::printf("%s: trained in %s; weight of the English model %.1f\n", result.name.c_str(),
              examples::duration(result.seconds).c_str(), static_cast<double>(result.weight));
  std::printf("  %-16s %12s %8s   %22s %8s\n", "", "exact", "chrF", "with a typing mistake", "chrF");
  for (std::size_t search = 0; search < search_names.size(); ++search)
    std::printf("  %-16s %10s %% %8s   %20s %% %8s\n", search_names[search],
                fixed(result.written[search].percent(), 2).c_str(), fixed(result.written[search].chrf, 2).c_str(),
                fixed(result.misspelled[search].percent(), 2).c_str(),
                fixed(result.misspelled[search].chrf, 2).c_str());
  for (const std::string& wrong : result.wrong) std::printf("  wrong: %s\n", wrong.c_str());
  std::printf("\n");
  std::fflush(stdout);
}

void report(const Options& options, const std::vector<Result>& results) {
  draw_curves(options, results);
  std::string table = "model,numbers,search,right,all,chrf\n";
  for (const Result& result : results) {
    examples::write_svg(options.out / (small(result.name) + "_alignment.svg"), result.alignment);
    examples::write_svg(options.out / (small(result.name) + "_loss.svg"),
                        examples::Plot{.title = "translate: " + result.name,
                                       .x_label = "step",
                                       .y_label = "nats a word",
                                       .series = examples::series_of_losses(result.losses)});
    const auto rows = [&](const char* numbers, const Scores& scores) {
      for (std::size_t search = 0; search < scores.size(); ++search)
        table += result.name + "," + numbers + ",\"" + search_names[search] + "\"," +
                 std::to_string(scores[search].right) + "," + std::to_string(scores[search].all) + "," +
                 fixed(scores[search].chrf, 3) + "\n";
    };
    rows("written", result.written);
    rows("misspelled", result.misspelled);
    for (std::size_t i = 0; i < options.translate.size(); ++i)
      std::printf("%s: %s -> %s\n", result.name.c_str(), options.translate[i].c_str(), result.answers[i].c_str());
  }
  std::ofstream file{options.out / "table.csv", std::ios::binary};
  file << table;
  if (!file.flush()) throw std::runtime_error((options.out / "table.csv").string() + ": cannot be written");
  std::printf("%s  exact translations while they learn\n", (options.out / "curves.svg").c_str());
  for (const Result& result : results)
    std::printf("%s  where it looks\n", (options.out / (small(result.name) + "_alignment.svg")).c_str());
  std::printf("\ntranslate:");
  for (const Result& result : results) {
    const Score& score = result.written[static_cast<std::size_t>(Search::greedy)];
    std::printf("%s %s %s of %s unseen numbers exact (%s %%)", &result == results.data() ? "" : ",",
                result.name.c_str(), grouped(score.right).c_str(), grouped(score.all).c_str(),
                fixed(score.percent(), 2).c_str());
  }
  std::printf(" after %s steps\n", grouped(options.steps).c_str());
}

}  // namespace translate
