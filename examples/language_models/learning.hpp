#pragma once
// Trains one of the models that learn: AdamW, a short warm-up, a cosine down to a tenth, clipping at 1; windows at
// random positions, the same ones for every model.

#include <inlay/generation/generator.hpp>
#include <inlay/training/schedule.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>

#include "language_models/experiment.hpp"
#include "language_models/models.hpp"
#include "support/format.hpp"
#include "support/interrupt.hpp"
#include "support/progress.hpp"
#include "support/windows.hpp"

namespace language_models {

inline constexpr double bits_per_nat = 1.4426950408889634;

// In .bss, and in one translation unit each: all of training, and what writes.
template <class Model>
struct Machine {
  static inline TrainerOf<Model> trainer;
  static inline inlay::Generator<Model> generator{trainer.parameters()};
};

template <class Model>
Plan plan(const char* name, std::string detail) {
  return {name, std::move(detail), inlay::parameter_count<Model>(Machine<Model>::trainer.parameters()),
          sizeof(TrainerOf<Model>)};
}

template <class Model>
double validation_bits(examples::Windows& windows, const examples::Executor& executor) {
  const std::size_t wanted = std::min(scored_windows, windows.count());
  const std::size_t stride = windows.count() / wanted;
  double sum = 0;
  for (std::size_t window = 0; window < wanted; window += windows_per_step) {
    const std::size_t now = std::min(windows_per_step, wanted - window);
    const float loss = Machine<Model>::trainer.evaluate(windows.row(window * stride, stride, now), executor);
    sum += static_cast<double>(loss) * static_cast<double>(now);
  }
  return bits_per_nat * sum / static_cast<double>(wanted);
}

template <class Model>
Result learn(const Experiment& experiment, const Plan& plan, float peak_learning_rate) {
  using Clock = std::chrono::steady_clock;
  const Options& options = experiment.options;
  auto& trainer = Machine<Model>::trainer;
  trainer.initialize(inlay::Seed{options.seed});
  examples::Windows training{experiment.corpus.training(), context, windows_per_step};
  examples::Windows validation{experiment.corpus.validation(), context, windows_per_step};
  examples::Progress progress;
  Result result{.name = plan.name, .detail = plan.detail, .parameters = plan.parameters};

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
                                                   .last = peak_learning_rate / 10,
                                                   .warmup = std::min<std::uint64_t>(100, options.steps / 10),
                                                   .total = options.steps});
    const auto report = trainer.step(
        training.random(options.seed, step),
        inlay::AdamW{.learning_rate = rate, .beta2 = 0.99F, .weight_decay = 0.1F, .clip_norm = 1}, experiment.executor);
    if (report.skipped) {
      progress.clear();
      std::printf("%s: step %s is skipped: the gradient of %s is not finite.\n", plan.name.c_str(),
                  examples::grouped(step).c_str(), report.skipped_tensor.c_str());
    }
    const double now = bits_per_nat * static_cast<double>(report.loss);
    loss = step == 0 ? now : loss + 0.1 * (now - loss);
    const std::uint64_t done = step + 1;
    if (done % interval == 0 && done < options.steps)
      result.curve.push_back(
          {static_cast<double>(done * tokens_per_step), validation_bits<Model>(validation, experiment.executor)});
    if (progress.due()) {
      const double per_step = seconds() / static_cast<double>(done);
      examples::ProgressReport shown{.what = plan.name,
                                     .step = done,
                                     .steps = options.steps,
                                     .loss = loss,
                                     .tokens_per_second = static_cast<double>(tokens_per_step) / per_step,
                                     .seconds_left = per_step * static_cast<double>(options.steps - done)};
      if (!result.curve.empty()) shown.validation_loss = result.curve.back().bits;
      progress.show(shown);
    }
  }
  result.bits = validation_bits<Model>(validation, experiment.executor);
  result.curve.push_back({static_cast<double>(options.steps * tokens_per_step), result.bits});
  result.seconds = seconds();

  auto& generator = Machine<Model>::generator;
  for (const float temperature : temperatures) {
    std::string text;
    generator.reset();
    generator.write(
        "\n", options.sample,
        inlay::Sampling{
            .temperature = temperature, .seed = options.seed, .past_context = inlay::PastContext::keep_newest_half},
        [&](inlay::Token token) { text += static_cast<char>(token); });
    result.samples.push_back(text);
  }
  progress.clear();
  return result;
}

}  // namespace language_models
