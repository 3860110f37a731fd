#pragma once
// Trains one model and examines it: AdamW with a warm-up and a cosine, the same pairs for every model.

#include <inlay/generation/noisy_channel.hpp>
#include <inlay/generation/translator.hpp>
#include <inlay/training/schedule.hpp>
#include <inlay/training/trainer.hpp>

#include <algorithm>
#include <chrono>

#include "support/chrf.hpp"
#include "support/format.hpp"
#include "support/interrupt.hpp"
#include "support/progress.hpp"
#include "translate/alignment.hpp"
#include "translate/experiment.hpp"
#include "translate/models.hpp"

namespace translate {

// In .bss, and in one translation unit each: all of training, what translates, and what shows how.
template <class Model>
struct Machine {
  // Room for as many letters as words, which a batch of random numbers does not fill.
  using Trainer = inlay::Trainer<Model, inlay::TrainerConfig{.batch = batch}>;
  static inline Trainer trainer;
  static inline inlay::Translator<Model, inlay::TranslatorConfig{.beams = beams}> translator{trainer.parameters()};
  static inline AlignmentMaps<Model> alignment{trainer.parameters(), trainer.buffers()};
};

template <class Model>
Result plan(const char* name, std::string detail) {
  return {.name = name,
          .detail = std::move(detail),
          .parameters = inlay::parameter_count<Model>(Machine<Model>::trainer.parameters()),
          .bytes = sizeof(typename Machine<Model>::Trainer)};
}

// The translation of each search; `weight` is the English model's.
template <class Model>
std::array<std::vector<Token>, search_names.size()> translations(std::span<const Token> letters, float weight) {
  auto& translator = Machine<Model>::translator;
  std::array<std::vector<Token>, search_names.size()> found;
  const auto keep = [&](Search search, std::span<const Token> words) {
    found[static_cast<std::size_t>(search)].assign(words.begin(), words.end());
  };
  keep(Search::greedy, translator.translate(letters, {.start = start, .end = end, .beams = 1}));
  keep(Search::beam, translator.translate(letters, {.start = start, .end = end}));
  const auto candidates = translator.hypotheses();
  std::array<float, beams> channel{}, source{}, posterior{};
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    channel[i] = candidates[i].log_probability;
    source[i] = english_log_probability(candidates[i].text());
  }
  const std::size_t count = candidates.size();
  const std::size_t best = inlay::noisy_channel(std::span{channel}.first(count), std::span{source}.first(count),
                                                std::span{posterior}.first(count), weight);
  keep(Search::rescored, candidates[best].text());
  return found;
}

template <class Model>
double greedy_percent(const std::vector<Sentence>& sentences) {
  Score score{.all = sentences.size()};
  for (const Sentence& sentence : sentences)
    if (std::ranges::equal(Machine<Model>::translator.translate(sentence.letters, {start, end, 1}),
                           english(sentence.number)))
      ++score.right;
  return score.percent();
}

template <class Model>
Scores examine(const std::vector<Sentence>& sentences, float weight, std::vector<std::string>* wrong = nullptr) {
  constexpr std::size_t shown = 3;
  Scores scores;
  std::array<examples::ChrF, search_names.size()> chrf;
  for (const Sentence& sentence : sentences) {
    const std::vector<Token> right = english(sentence.number);
    const auto found = translations<Model>(sentence.letters, weight);
    for (std::size_t search = 0; search < found.size(); ++search) {
      ++scores[search].all;
      scores[search].right += found[search] == right;
      chrf[search].add(text_of_words(found[search]), text_of_words(right));
    }
    if (wrong != nullptr && wrong->size() < shown && found[0] != right)
      wrong->push_back(text_of_letters(sentence.letters) + ": " + text_of_words(found[0]) + ", right is " +
                       text_of_words(right));
  }
  for (std::size_t search = 0; search < scores.size(); ++search) scores[search].chrf = chrf[search].score();
  return scores;
}

// How much the English model has to say, by what it does for misspelled numbers that nobody is examined in.
template <class Model>
float best_weight(const std::vector<Sentence>& sentences) {
  float best = 0;
  std::size_t most = 0;
  for (const float weight : {0.0F, 0.1F, 0.2F, 0.4F, 0.7F, 1.0F}) {
    const std::size_t right = examine<Model>(sentences, weight)[static_cast<std::size_t>(Search::rescored)].right;
    if (right > most) most = right, best = weight;
  }
  return best;
}

template <class Model>
Result learn(const Experiment& experiment, Result result, float peak_learning_rate) {
  using Clock = std::chrono::steady_clock;
  constexpr std::uint64_t milestones = 15;
  const Options& options = experiment.options;
  auto& trainer = Machine<Model>::trainer;
  trainer.initialize(inlay::Seed{options.seed});
  Lesson lesson{experiment.training, batch};
  examples::Progress progress;
  const auto begin = Clock::now();
  const auto seconds = [&] { return std::chrono::duration<double>(Clock::now() - begin).count(); };
  const std::uint64_t interval = std::max<std::uint64_t>(1, options.steps / milestones);
  double loss = 0;  // of the last steps, a running mean
  for (std::uint64_t step = 0; step < options.steps; ++step) {
    if (examples::interrupted()) {
      progress.clear();
      return {};
    }
    const float rate = inlay::warmup_cosine(step, {.peak = peak_learning_rate,
                                                   .last = peak_learning_rate / 50,
                                                   .warmup = std::min<std::uint64_t>(200, options.steps / 10),
                                                   .total = options.steps});
    const auto report =
        trainer.step(lesson.of_step(options.seed, step),
                     inlay::AdamW{.learning_rate = rate, .beta2 = 0.98F, .clip_norm = 1}, experiment.executor);
    const auto now = static_cast<double>(report.loss);
    result.losses.push_back(now);
    loss = step == 0 ? now : loss + 0.05 * (now - loss);
    const std::uint64_t done = step + 1;
    if (done % interval == 0 || done == options.steps)
      result.curve.push_back({static_cast<double>(done), greedy_percent<Model>(experiment.watched)});
    if (progress.due()) {
      const double per_step = seconds() / static_cast<double>(done);
      progress.show({.what = result.name,
                     .step = done,
                     .steps = options.steps,
                     .loss = loss,
                     .seconds_left = per_step * static_cast<double>(options.steps - done)});
    }
  }
  result.seconds = seconds();
  progress.note(result.name + ": choosing the weight of the English model ...");
  result.weight = best_weight<Model>(experiment.tuning);
  progress.note(result.name + ": examining ...");
  result.written = examine<Model>(experiment.written, result.weight, &result.wrong);
  result.misspelled = examine<Model>(experiment.misspelled, result.weight);
  const auto letters = letters_of(italian(243));
  result.alignment = Machine<Model>::alignment.of(letters, translations<Model>(letters, result.weight)[0]);
  result.alignment.subtitle += " (" + result.name + ")";
  for (const std::string& text : options.translate)
    result.answers.push_back(text_of_words(
        translations<Model>(letters_of(text), result.weight)[static_cast<std::size_t>(Search::rescored)]));
  progress.clear();
  return result;
}

}  // namespace translate
