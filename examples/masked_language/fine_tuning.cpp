#include "masked_language/fine_tuning.hpp"

#include <inlay/training/schedule.hpp>

#include <algorithm>

#include "masked_language/gaps.hpp"
#include "support/interrupt.hpp"
#include "support/progress.hpp"

namespace masked_language {
namespace {

constexpr float peak_rate = 1e-3F;
constexpr std::uint64_t labelled = 1ULL << 40;  // a step that pre-training does not reach: other places

// In .bss: all of training, and what answers.
inlay::Trainer<Classifier, inlay::TrainerConfig{.batch = batch}> trainer;
PredictorOf<Classifier> predictor{trainer.parameters(), trainer.buffers()};

double percent_right(const Passages& exam, const examples::Executor& executor) {
  std::size_t right = 0;
  for (std::size_t first = 0; first < exam.count(); first += passages_per_pass) {
    const std::size_t count = std::min(passages_per_pass, exam.count() - first);
    std::vector<std::uint32_t> offsets;
    for (std::size_t i = 0; i <= count; ++i) offsets.push_back(static_cast<std::uint32_t>(i * context));
    const auto logits = predictor.predict(exam.inputs(first, count), offsets, executor);
    for (std::size_t i = 0; i < count; ++i) {
      const std::span scores{logits.row(i), 2};
      right += static_cast<Token>(std::ranges::max_element(scores) - scores.begin()) == exam.answers[first + i];
    }
  }
  return 100.0 * static_cast<double>(right) / static_cast<double>(exam.count());
}

double most_frequent_label(const Passages& exam) {
  std::size_t most = 0;
  for (const Token label : exam.answers)
    most = std::max(most, static_cast<std::size_t>(std::ranges::count(exam.answers, label)));
  return 100.0 * static_cast<double>(most) / static_cast<double>(exam.count());
}

std::optional<std::vector<ClassScore>> learn(const Experiment& experiment, const Passages& lesson, const Passages& exam,
                                             const std::string& name, const inlay::ParametersOf<Encoder>* start) {
  const Options& options = experiment.options;
  trainer.initialize(inlay::Seed{options.seed});
  // The two layers of the head begin with N(0, 1 / width) instead of N(0, 0.02^2), which suits wider models: they would
  // hardly hear what the encoder says.
  const auto widen = [](auto& layer) {
    for (float& value : layer.weight) value *= 1.0F / (0.02F * inlay::simd::sqrt(static_cast<float>(width)));
  };
  widen(Classifier::at<2>(trainer.parameters()));
  widen(Classifier::at<4>(trainer.parameters()));
  if (start != nullptr) Classifier::at<0>(trainer.parameters()) = *start;
  std::vector<ClassScore> curve{{0, percent_right(exam, experiment.executor)}};
  examples::Progress progress;
  const std::uint64_t interval = std::max<std::uint64_t>(1, options.fine_steps / milestones);
  double loss = 0;
  for (std::uint64_t step = 0; step < options.fine_steps; ++step) {
    if (examples::interrupted()) {
      progress.clear();
      return {};
    }
    Passages now;
    for (std::size_t row = 0; row < batch; ++row) {
      const auto random = inlay::kernels::random_words({options.seed, step}, 0x6c657373, row, 0);
      now.append(lesson, random.word[0] % lesson.count());
    }
    const float rate = inlay::warmup_cosine(
        step,
        {.peak = peak_rate, .last = peak_rate / 20, .warmup = options.fine_steps / 10, .total = options.fine_steps});
    const auto report =
        trainer.step({now.inputs(), {now.answers}},
                     inlay::AdamW{.learning_rate = rate, .weight_decay = 0.01F, .clip_norm = 1}, experiment.executor);
    const auto here = static_cast<double>(report.loss);
    loss = step == 0 ? here : loss + 0.1 * (here - loss);
    if ((step + 1) % interval == 0 || step + 1 == options.fine_steps)
      curve.push_back({step + 1, percent_right(exam, experiment.executor)});
    if (progress.due()) progress.show({.what = name, .step = step + 1, .steps = options.fine_steps, .loss = loss});
  }
  progress.clear();
  return curve;
}

}  // namespace

std::optional<FineTuning> fine_tune(const Experiment& experiment, Question question) {
  const Options& options = experiment.options;
  const std::string name = question == Question::order ? "order" : "pairs";
  const Passages lesson = experiment.text.random(question, options.seed, labelled, options.labels);
  const Passages exam = experiment.text.held_out(question, exam_most);
  const auto pre_trained =
      learn(experiment, lesson, exam, name + " from pre-training", &masked_language::pre_trained().encoder);
  if (!pre_trained) return {};
  const auto random = learn(experiment, lesson, exam, name + " from random weights", nullptr);
  if (!random) return {};
  return FineTuning{*pre_trained, *random, exam.count(), most_frequent_label(exam)};
}

}  // namespace masked_language
