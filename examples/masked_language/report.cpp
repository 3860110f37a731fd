#include "masked_language/report.hpp"

#include <algorithm>
#include <cstdio>

#include "support/command_line.hpp"
#include "support/format.hpp"
#include "support/plot.hpp"

namespace masked_language {
namespace {

using examples::fixed, examples::grouped, examples::Series;

constexpr std::size_t shown = 5;  // candidates, neighbours, and examples where the user named none

std::string picture(const Experiment& experiment, const char* name) { return (experiment.options.out / name).string(); }

std::string percent(double value) { return fixed(value, 1) + " %"; }

void print_neighbours(const std::string& of, const std::vector<Neighbour>& neighbours) {
  std::printf("  %-24s", of.c_str());
  for (const Neighbour& neighbour : neighbours)
    std::printf("  %s %s", examples::printable(neighbour.text).c_str(), fixed(neighbour.cosine, 2).c_str());
  std::printf("\n");
}

void print_gaps(const Experiment& experiment, std::span<const Token> tokens, const std::string& truth) {
  const Vocabulary& vocabulary = experiment.text.vocabulary();
  const std::string text = vocabulary.text(tokens.subspan(1, tokens.size() - 2));
  std::printf("  %s\n", examples::printable(text).c_str());
  for (const auto& words : candidates(experiment, tokens, shown)) {
    std::printf("     ");
    for (const Candidate& candidate : words)
      std::printf(" %s %s ", examples::printable(vocabulary.word(candidate.token)).c_str(),
                  percent(100 * candidate.probability).c_str());
    std::printf("%s\n", truth.c_str());
  }
}

// Frequent words of the text that are written with letters.
std::vector<Token> frequent_words(const Vocabulary& vocabulary) {
  std::vector<Token> words;
  // The hundred before are those that stand everywhere, and are near everything.
  for (Token token = Vocabulary::first_word + 100; token < vocabulary.size() && words.size() < shown; ++token) {
    const std::string& word = vocabulary.word(token);
    if (word.size() > 3 && std::ranges::all_of(word, [](char c) { return c >= 'a' && c <= 'z'; }))
      words.push_back(token);
  }
  return words;
}

void print_words(const Experiment& experiment) {
  const Vocabulary& vocabulary = experiment.text.vocabulary();
  std::printf("Words nearest to a word (cosine of the rows of the embedding)\n");
  for (const std::string& word : experiment.options.like)
    print_neighbours(word, near_word(vocabulary, vocabulary.token(words_of(word).front()), shown));
  if (experiment.options.like.empty())
    for (const Token word : frequent_words(vocabulary))
      print_neighbours(vocabulary.word(word), near_word(vocabulary, word, shown));
  for (const std::string& text : experiment.options.differences)
    print_neighbours(text, near_sum(vocabulary, parse_sum(text), shown));
}

void print_differences(const Differences& result) {
  if (result.asked == 0) return;
  std::printf(
      "Differences of words: %s pairs like '%s' with and without s; two of them point the same way by a cosine of %s, "
      "two\n"
      "  differences of words that are no pairs by %s. b + (as - a) is nearest to bs in %s of %s cases, b alone in "
      "%s\n",
      grouped(result.pairs).c_str(), result.example.c_str(), fixed(result.cosine, 3).c_str(),
      fixed(result.other_cosine, 3).c_str(), grouped(result.right).c_str(), grouped(result.asked).c_str(),
      grouped(result.without).c_str());
}

void print_passages(const Passing& result) {
  const double all = static_cast<double>(result.passages);
  std::printf(
      "Passages: the nearest of %s passages is from the same eighth of the text for %s of the %s held-out ones\n"
      "  (%s with a random encoder). The surest, by a cosine of %s:\n    %s\n    %s\n\n",
      grouped(result.among).c_str(), percent(100 * static_cast<double>(result.right) / all).c_str(),
      grouped(result.passages).c_str(), percent(100 * static_cast<double>(result.right_random) / all).c_str(),
      fixed(result.cosine, 3).c_str(), examples::printable(result.passage).c_str(),
      examples::printable(result.nearest).c_str());
}

Series curve_of(const std::vector<ClassScore>& scores, const char* label, std::size_t color) {
  Series series{.label = label, .style = Series::Style::points, .color = color};
  for (const ClassScore& score : scores) {
    series.x.push_back(static_cast<double>(score.step));
    series.y.push_back(score.percent);
  }
  return series;
}

std::string compared(const char* what, const FineTuning& result) {
  return std::string{what} + " " + percent(result.pre_trained.back().percent) + " from pre-training, " +
         percent(result.random.back().percent) + " from random weights, " + percent(result.chance) + " by chance";
}

}  // namespace

void print_plan(const Experiment& experiment, const examples::Corpus& corpus) {
  const Text& text = experiment.text;
  const Vocabulary& vocabulary = text.vocabulary();
  std::size_t known = 0;
  for (Token token = Vocabulary::first_word; token < vocabulary.size(); ++token) known += vocabulary.count(token);
  std::printf("Text    %s: %s words and signs in blocks of %s, each tenth held out\n", corpus.source.c_str(),
              grouped(text.words()).c_str(), grouped(Text::block_words).c_str());
  std::printf("Words   the %s most frequent, which are %s of the text; all others are %s\n",
              grouped(vocabulary.size() - Vocabulary::first_word).c_str(),
              percent(100 * static_cast<double>(known) / static_cast<double>(text.training_words())).c_str(),
              vocabulary.word(Vocabulary::rare).c_str());
  std::printf("Model   %zu layers of width %zu (%zu heads), %s parameters; %s to pre-train\n", config.layers,
              config.width, config.heads, grouped(inlay::parameter_count<Gaps>(pre_trained())).c_str(),
              examples::bytes(bytes_to_pre_train()).c_str());
  std::printf("Steps   %s of %zu passages with gaps; then %s of %zu out of %s labelled ones\n\n",
              grouped(experiment.options.steps).c_str(), batch, grouped(experiment.options.fine_steps).c_str(), batch,
              grouped(experiment.options.labels).c_str());
  std::fflush(stdout);
}

void report_pre_training(const Experiment& experiment, const PreTraining& result) {
  Series each{.label = "each batch", .style = Series::Style::faint},
      held_out{.label = "held-out", .style = Series::Style::points}, counting{.label = "counting", .color = 1};
  const std::vector<double> trend =
      examples::smoothed(result.losses, std::max<std::size_t>(1, result.losses.size() / 50));
  for (std::size_t step = 0; step < trend.size(); step += std::max<std::size_t>(1, trend.size() / 400)) {
    each.x.push_back(static_cast<double>(step));
    each.y.push_back(trend[step]);
  }
  for (const GapScore& score : result.curve) {
    held_out.x.push_back(static_cast<double>(score.step));
    held_out.y.push_back(score.loss);
  }
  counting.x = {0, static_cast<double>(result.losses.size())};
  counting.y = {result.counting.loss, result.counting.loss};
  const GapScore& last = result.curve.back();
  examples::write_svg(picture(experiment, "gaps.svg"),
                      {.title = "Gaps in the text",
                       .subtitle = percent(last.percent()) + " of " + grouped(last.gaps) +
                                   " held-out gaps right; the most frequent word " + percent(result.counting.percent()),
                       .x_label = "step",
                       .y_label = "nats a gap",
                       .series = {each, held_out, counting}});
  std::printf(
      "Pre-trained in %s: %s nats a gap of the held-out text (word frequencies alone: %s), %s filled right (%s)\n\n",
      examples::duration(result.seconds).c_str(), fixed(last.loss, 3).c_str(), fixed(result.counting.loss, 3).c_str(),
      percent(last.percent()).c_str(), percent(result.counting.percent()).c_str());
  std::fflush(stdout);
}

void report_gaps(const Experiment& experiment) {
  std::printf("Gaps, with the likeliest words\n");
  for (const std::string& text : experiment.options.fill) {
    std::vector<Token> tokens = experiment.text.vocabulary().tokens(text);
    tokens.insert(tokens.begin(), Vocabulary::start);
    tokens.push_back(Vocabulary::separator);
    print_gaps(experiment, tokens, "");
  }
  if (experiment.options.fill.empty()) {
    constexpr std::size_t words = 20, gap = 1 + words / 2;
    const Passages passages = experiment.text.held_out(Question::part, exam_most);
    std::size_t left = shown;
    for (std::size_t i = 0; i < passages.count() && left > 0; i += std::max<std::size_t>(1, passages.count() / 16)) {
      std::vector<Token> tokens(passages.tokens.begin() + static_cast<std::ptrdiff_t>(i * context),
                                passages.tokens.begin() + static_cast<std::ptrdiff_t>(i * context + 1 + words));
      tokens.push_back(Vocabulary::separator);
      const std::string truth = experiment.text.vocabulary().word(tokens[gap]);
      if (tokens[gap] < Vocabulary::first_word + 10) continue;  // signs and the like are no riddle
      tokens[gap] = Vocabulary::gap;
      print_gaps(experiment, tokens, "  (it was: " + examples::printable(truth) + ")");
      --left;
    }
  }
  std::printf("\n");
}

void report_similarity(const Experiment& experiment) {
  print_words(experiment);
  print_differences(measure_differences(experiment.text.vocabulary()));
  print_passages(measure_passages(experiment));
  std::fflush(stdout);
}

void report_fine_tuning(const Experiment& experiment, const FineTuning& order, const FineTuning& follows) {
  examples::write_svg(picture(experiment, "fine_tuning.svg"),
                      {.title = "What pre-training is worth",
                       .subtitle = grouped(experiment.options.labels) + " labelled passages; " +
                                   grouped(order.passages) + " held-out ones answered",
                       .x_label = "step of fine-tuning",
                       .y_label = "% right",
                       .series = {curve_of(order.pre_trained, "order", 0), curve_of(order.random, "random", 1),
                                  curve_of(follows.pre_trained, "pairs", 2), curve_of(follows.random, "random", 3)}});
}

void report_result(const Experiment& experiment, const PreTraining& gaps, const FineTuning& order,
                   const FineTuning& follows) {
  for (const char* name : {"gaps.svg", "fine_tuning.svg"})
    std::printf("%s\n", examples::shell_word(picture(experiment, name)).c_str());
  const GapScore& last = gaps.curve.back();
  std::printf("\ngaps: %s of %s right, %s by the most frequent word\n", percent(last.percent()).c_str(),
              grouped(last.gaps).c_str(), percent(gaps.counting.percent()).c_str());
  std::printf("%s\n", compared("order:", order).c_str());
  std::printf("%s\n", compared("pairs:", follows).c_str());
}

}  // namespace masked_language
