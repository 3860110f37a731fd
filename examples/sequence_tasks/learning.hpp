#pragma once
// Trains a model on a task and examines it. A training sequence is a problem with its answer; what the model is to
// predict is the same sequence one place later, and only the answer counts in the loss. In the examination it reads the
// problem and writes the answer one digit at a time.

#include <inlay/generation/generator.hpp>
#include <inlay/training/schedule.hpp>
#include <inlay/training/trainer.hpp>

#include <chrono>

#include "sequence_tasks/attention_maps.hpp"
#include "sequence_tasks/problems.hpp"
#include "sequence_tasks/report.hpp"
#include "support/interrupt.hpp"
#include "support/progress.hpp"

namespace sequence_tasks {

// In .bss, and in one translation unit each: all of training, and what answers and shows itself.
template <class Model>
struct Machine {
  using Trainer = inlay::Trainer<Model, inlay::TrainerConfig{.batch = 128}>;
  static inline Trainer trainer;
  static inline inlay::Generator<Model> generator{trainer.parameters()};
  static inline AttentionMaps<Model> attention{trainer.parameters(), trainer.buffers()};
};

// Gpt begins with N(0, 0.02^2), which suits models that normalise. Here nothing does: what passes through three small
// matrices is lost, and so are its gradients. Ten times as much is about 1 / sqrt(width).
template <class Model>
void begin(std::uint64_t seed) {
  auto& trainer = Machine<Model>::trainer;
  trainer.initialize(inlay::Seed{seed});
  inlay::visit<Model>(
      [](const inlay::Path&, auto& tensor) {
        for (float& value : tensor) value *= 10.0F;
      },
      trainer.parameters());
}

// One step's problems, written as what goes in and what has to come out.
template <class Task>
class Exercise {
 public:
  explicit Exercise(std::size_t problems) : problems_{problems} {}

  inlay::Batch of_step(std::uint64_t seed, std::uint64_t step) {
    inputs_.clear();
    labels_.clear();
    for (std::size_t row = 0; row < problems_; ++row) {
      const auto sequence = Task::sequence_of(training_problem<Task>(seed, step, row));
      for (std::size_t i = 0; i + 1 < sequence.size(); ++i) {
        inputs_.push_back(sequence[i]);
        labels_.push_back(i + 1 < Task::given ? inlay::ignored_label : sequence[i + 1]);
      }
    }
    return {inputs_, {labels_}};
  }

 private:
  std::size_t problems_;
  std::vector<Token> inputs_, labels_;
};

// The problem of a sequence, with the model's own answer.
template <class Task, class Model>
typename Task::Sequence answered(typename Task::Sequence sequence) {
  auto& generator = Machine<Model>::generator;
  const auto given = std::span{sequence}.first(Task::given);
  std::size_t place = Task::given;
  generator.reset();
  generator.write(std::span<const Token>{given}, Task::answer, inlay::Sampling{.temperature = 0},
                  [&](Token token) { sequence[place++] = token; });
  return sequence;
}

template <class Task, class Model>
Examination examine(std::size_t count) {
  constexpr std::size_t shown = 3;
  Examination exam;
  for (const std::uint64_t problem : unseen_problems<Task>(count)) {
    const auto sequence = Task::sequence_of(problem), given = answered<Task, Model>(sequence);
    ++exam.problems;
    if (given == sequence)
      ++exam.right;
    else if (exam.wrong.size() < shown)
      exam.wrong.push_back(Task::text(given) + ", right is " + Task::text(sequence));
  }
  return exam;
}

// How the model reads the first unseen problem that it solves, or the first of all where it solves none of some.
template <class Task, class Model>
examples::HeatMaps draw_attention() {
  const auto problems = unseen_problems<Task>(100);
  auto sequence = Task::sequence_of(problems.front());
  for (const std::uint64_t problem : problems)
    if (const auto solved = Task::sequence_of(problem); answered<Task, Model>(solved) == solved) {
      sequence = solved;
      break;
    }
  sequence = answered<Task, Model>(sequence);
  examples::HeatMaps maps{.title = Task::text(sequence),
                          .subtitle = "rows: what has been read; columns: what it looks at; right: what it writes",
                          .maps = Machine<Model>::attention.of(std::span{sequence}.first(Model::context))};
  for (std::size_t i = 0; i < Model::context; ++i) {
    maps.rows.push_back(name_of_token(sequence[i]));
    maps.results.push_back(i + 1 < Task::given ? "" : name_of_token(sequence[i + 1]));
  }
  maps.columns = maps.rows;
  return maps;
}

template <class Task, class Model>
bool learn(const Options& options, const examples::Executor& executor, Plan plan) {
  using Clock = std::chrono::steady_clock;
  auto& trainer = Machine<Model>::trainer;
  begin<Model>(options.seed);
  plan.counted = inlay::parameter_count<Model>(trainer.parameters());
  plan.bytes = inlay::footprint<typename Machine<Model>::Trainer>.total();
  plan.steps = options.steps.value_or(plan.steps);
  plan.batch = options.batch.value_or(plan.batch);
  plan.problems += ", as " + Task::text(Task::sequence_of(unseen_problems<Task>(1).front()));
  print_plan(options, plan);

  Exercise<Task> exercise{plan.batch};
  Outcome outcome{};
  examples::Progress progress;
  const auto begin = Clock::now();
  const auto seconds = [&] { return std::chrono::duration<double>(Clock::now() - begin).count(); };
  double loss = 0;  // of the last steps, a running mean
  for (std::uint64_t step = 0; step < plan.steps; ++step) {
    if (examples::interrupted()) {
      progress.clear();
      return false;
    }
    const float rate = inlay::warmup_cosine(
        step, {.peak = plan.peak_rate, .last = plan.peak_rate / 100, .warmup = plan.steps / 50, .total = plan.steps});
    const auto step_report = trainer.step(exercise.of_step(options.seed, step),
                                          inlay::Adam{.learning_rate = rate, .clip_norm = 1}, executor);
    const auto now = static_cast<double>(step_report.loss);
    outcome.losses.push_back(now);
    loss = step == 0 ? now : loss + 0.05 * (now - loss);
    if (progress.due()) {
      const double per_step = seconds() / static_cast<double>(step + 1);
      progress.show({.step = step + 1,
                     .steps = plan.steps,
                     .loss = loss,
                     .seconds_left = per_step * static_cast<double>(plan.steps - step - 1)});
    }
  }
  outcome.seconds = seconds();
  progress.note("examining ...");
  outcome.examination = examine<Task, Model>(options.exam);
  outcome.attention = draw_attention<Task, Model>();
  progress.clear();
  report(options, plan, outcome);
  return true;
}

}  // namespace sequence_tasks
