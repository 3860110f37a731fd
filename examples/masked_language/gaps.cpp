#include "masked_language/gaps.hpp"

#include <inlay/training/masking.hpp>
#include <inlay/training/schedule.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "support/interrupt.hpp"
#include "support/progress.hpp"

namespace masked_language {
namespace {

constexpr float peak_rate = 4e-3F;

// All of training, and what answers, in .bss.
inlay::Trainer<Gaps, inlay::TrainerConfig{.batch = batch}> trainer;
PredictorOf<Gaps> predictor{trainer.parameters(), trainer.buffers()};

// More than BERT's 15 %: on this little text the model learns faster from more questions.
constexpr float gap_rate = 0.3F;

inlay::Masking masking_of(const Text& text) {
  return {.mask = Vocabulary::gap,
          .first_ordinary = Vocabulary::first_word,
          .vocabulary = static_cast<Token>(text.vocabulary().size()),
          .rate = gap_rate};
}

// Words that the model can give, most likely first: special tokens are no answers.
double log_of_sum(std::span<const float> logits) {
  const double greatest = static_cast<double>(*std::ranges::max_element(logits));
  double sum = 0;
  for (const float logit : logits) sum += std::exp(static_cast<double>(logit) - greatest);
  return greatest + std::log(sum);
}
std::span<const float> of_words(const Text& text, const float* logits) {
  return std::span{logits, text.vocabulary().size()}.subspan(Vocabulary::first_word);
}

// The held-out passages with their gaps: each chosen word is one.
struct Exam {
  Passages passages;
  std::vector<Token> words;  // of the gaps; ignored_label elsewhere
};
Exam exam_of(const Text& text) {
  Exam exam{text.held_out(Question::part, exam_most), {}};
  inlay::Masking masking = masking_of(text);
  masking.rate = 0.15F;
  masking.share_masked = 1;
  exam.words.resize(exam.passages.tokens.size());
  inlay::mask_tokens(masking, {}, exam.passages.tokens, exam.passages.tokens, exam.words);
  return exam;
}

GapScore examine(const Experiment& experiment, const Exam& exam) {
  GapScore score;
  for (std::size_t first = 0; first < exam.passages.count(); first += passages_per_pass) {
    const std::size_t count = std::min(passages_per_pass, exam.passages.count() - first);
    std::vector<std::uint32_t> offsets;
    for (std::size_t i = 0; i <= count; ++i) offsets.push_back(static_cast<std::uint32_t>(i * context));
    const auto logits = predictor.predict(exam.passages.inputs(first, count), offsets, experiment.executor);
    for (std::size_t row = 0; row < count * context; ++row) {
      const Token word = exam.words[first * context + row];
      if (word == inlay::ignored_label) continue;
      const auto words = of_words(experiment.text, logits.row(row));
      const auto answer = static_cast<std::size_t>(std::ranges::max_element(words) - words.begin());
      ++score.gaps;
      score.right += answer + Vocabulary::first_word == word;
      score.loss += log_of_sum(words) - static_cast<double>(words[word - Vocabulary::first_word]);
    }
  }
  score.loss /= static_cast<double>(score.gaps);
  return score;
}

GapScore by_counting(const Text& text, const Exam& exam) {
  const Vocabulary& vocabulary = text.vocabulary();
  double all = 0;
  for (Token token = Vocabulary::first_word; token < vocabulary.size(); ++token)
    all += static_cast<double>(vocabulary.count(token));
  GapScore score;
  for (const Token word : exam.words) {
    if (word == inlay::ignored_label) continue;
    ++score.gaps;
    score.right += word == Vocabulary::first_word;  // they are in the order of their frequency
    score.loss -= std::log(static_cast<double>(vocabulary.count(word)) / all);
  }
  score.loss /= static_cast<double>(score.gaps);
  return score;
}

}  // namespace

const inlay::ParametersOf<Gaps>& pre_trained() { return trainer.parameters(); }
std::size_t bytes_to_pre_train() { return sizeof(trainer); }

std::optional<PreTraining> pre_train(const Experiment& experiment) {
  using Clock = std::chrono::steady_clock;
  const Options& options = experiment.options;
  trainer.initialize(inlay::Seed{options.seed});
  const Exam exam = exam_of(experiment.text);
  PreTraining result;
  result.counting = by_counting(experiment.text, exam);
  examples::Progress progress;
  const auto begin = Clock::now();
  const auto seconds = [&] { return std::chrono::duration<double>(Clock::now() - begin).count(); };
  const std::uint64_t interval = std::max<std::uint64_t>(1, options.steps / milestones);
  const inlay::Masking masking = masking_of(experiment.text);
  std::vector<Token> labels(batch * context);
  std::vector<float> weights(batch * context, 1.0F);
  // The second question of BERT, whether the second text follows the first: the answer is one of two special tokens in
  // the place of the first one, which weighs as much as all gaps of a passage.
  for (std::size_t i = 0; i < batch; ++i) weights[i * context] = gap_rate * static_cast<float>(context);
  double loss = 0;  // of the last steps, a running mean
  for (std::uint64_t step = 0; step < options.steps; ++step) {
    if (examples::interrupted()) {
      progress.clear();
      return {};
    }
    Passages passages = experiment.text.random(Question::follows, options.seed, step, batch);
    inlay::mask_tokens(masking, {options.seed, step}, passages.tokens, passages.tokens, labels);
    for (std::size_t i = 0; i < batch; ++i)
      labels[i * context] = passages.answers[i] == 1 ? Vocabulary::start : Vocabulary::separator;
    const float rate = inlay::warmup_cosine(step, {.peak = peak_rate,
                                                   .last = peak_rate / 20,
                                                   .warmup = std::min<std::uint64_t>(200, options.steps / 10),
                                                   .total = options.steps});
    const auto report =
        trainer.step({passages.inputs(), {labels, weights}},
                     inlay::AdamW{.learning_rate = rate, .beta2 = 0.98F, .weight_decay = 0.01F, .clip_norm = 1},
                     experiment.executor);
    const auto now = static_cast<double>(report.loss);
    result.losses.push_back(now);
    loss = step == 0 ? now : loss + 0.05 * (now - loss);
    const std::uint64_t done = step + 1;
    if (done % interval == 0 || done == options.steps) {
      result.curve.push_back(examine(experiment, exam));
      result.curve.back().step = done;
    }
    if (progress.due()) {
      const double per_step = seconds() / static_cast<double>(done);
      examples::ProgressReport shown{.what = "pre-training",
                                     .step = done,
                                     .steps = options.steps,
                                     .loss = loss,
                                     .tokens_per_second = static_cast<double>(batch * context) / per_step,
                                     .seconds_left = per_step * static_cast<double>(options.steps - done)};
      if (!result.curve.empty()) shown.validation_loss = result.curve.back().loss;
      progress.show(shown);
    }
  }
  result.seconds = seconds();
  progress.clear();
  return result;
}

std::vector<std::vector<Candidate>> candidates(const Experiment& experiment, std::span<const Token> tokens,
                                               std::size_t most) {
  std::vector<std::vector<Candidate>> result;
  const auto logits = predictor.predict({tokens}, experiment.executor);
  for (std::size_t row = 0; row < tokens.size(); ++row) {
    if (tokens[row] != Vocabulary::gap) continue;
    const auto words = of_words(experiment.text, logits.row(row));
    const double whole = log_of_sum(words);
    std::vector<Candidate> all;
    for (std::size_t i = 0; i < words.size(); ++i)
      all.push_back({static_cast<Token>(i) + Vocabulary::first_word, std::exp(static_cast<double>(words[i]) - whole)});
    const auto count = static_cast<std::ptrdiff_t>(std::min(most, all.size()));
    std::ranges::partial_sort(all, all.begin() + count, std::ranges::greater{}, &Candidate::probability);
    result.emplace_back(all.begin(), all.begin() + count);
  }
  return result;
}

}  // namespace masked_language
