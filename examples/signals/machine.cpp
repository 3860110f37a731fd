#include "signals/machine.hpp"

#include <inlay/io/checkpoint.hpp>
#include <inlay/training/beside.hpp>
#include <inlay/training/real_loss.hpp>
#include <inlay/training/schedule.hpp>
#include <inlay/training/trainer.hpp>

#include <chrono>
#include <cmath>
#include <stdexcept>

#include "support/interrupt.hpp"
#include "support/progress.hpp"

namespace signals {
namespace {

using Clock = std::chrono::steady_clock;

// An error of 0.1 g in every forecast counts as 0.06 nats of the name do: by the end both losses are about as large.
using Loss = inlay::Beside<inlay::SoftmaxCrossEntropy<activities>, inlay::Huber<forecast>, 12.0F>;
using Trainer = inlay::Trainer<Model, inlay::TrainerConfig{.batch = batch}, Loss>;

Trainer trainer;
Stream signal_stream{trainer.parameters(), trainer.buffers()};

// One step's signals: none is ever seen twice.
class Lesson {
 public:
  Trainer::BatchType of_step(std::uint64_t seed, std::uint64_t step) {
    std::size_t row = 0;
    for (std::size_t sequence = 0; sequence < batch; ++sequence) {
      Motion motion{seed << 40U | (batch * step + sequence)};
      // Begins anywhere, not with a change.
      for (std::size_t i = 0; i < (step * batch + sequence) * 97 % (4 * rate); ++i) motion.next();
      for (auto& sample : samples_) sample = motion.next();
      for (std::size_t i = 0; i < context; ++i, ++row) {
        labels_(row) = static_cast<Token>(samples_[i].activity);
        for (std::size_t axis = 0; axis < axes; ++axis) {
          const float now = samples_[i].acceleration[axis];
          inputs_(row, axis) = now;
          for (std::size_t steps = 1; steps <= ahead; ++steps)
            values_(row, (steps - 1) * axes + axis) = samples_[i + steps].acceleration[axis] - now;
        }
      }
    }
    return {.inputs = inlay::Rows<const float, axes>{inputs_}, .targets = {{labels_.values}, {values_}}};
  }

 private:
  Motion::Sample samples_[context + ahead];
  inlay::Tensor<float, batch * context, axes> inputs_;
  inlay::Tensor<Token, batch * context> labels_;
  inlay::Tensor<float, batch * context, forecast> values_;
};

void count_label(const Recording& recording, std::size_t at, std::size_t named, Results& results) {
  if (recording.labels.empty() || recording.labels[at] == Recording::no_label) return;
  const std::size_t label = recording.labels[at];
  const bool right = named == label;
  ++results.labelled;
  ++results.named[label][named];
  results.right += right;
  if (recording.since_change[at] < rate) return;
  ++results.settled;
  results.settled_right += right;
}

// The errors of what was said at a sample, once those after it are there.
void count_errors(const Recording& recording, std::size_t at, const Answers& answers, ForecastErrors& errors) {
  const auto& x = recording.samples;
  for (std::size_t steps = 1; steps <= ahead; ++steps)
    for (std::size_t axis = 0; axis < axes; ++axis) {
      const double truth = x[at + steps][axis], now = x[at][axis], before = x[at - 1][axis];
      const auto square = [&](double value) { return (value - truth) * (value - truth); };
      errors.model[steps - 1] += square(answers.next[at][steps - 1][axis]);
      errors.last_value[steps - 1] += square(now);
      errors.straight_line[steps - 1] += square(now + static_cast<double>(steps) * (now - before));
    }
}

}  // namespace

std::optional<std::vector<double>> train(const Options& options, const examples::Executor& executor) {
  static Lesson lesson;
  trainer.initialize(inlay::Seed{options.seed});
  std::vector<double> losses;
  examples::Progress progress;
  const auto begin = Clock::now();
  double loss = 0;  // of the last steps, a running mean
  for (std::uint64_t step = 0; step < options.steps; ++step) {
    if (examples::interrupted()) {
      progress.clear();
      return std::nullopt;
    }
    const float rate_now = inlay::warmup_cosine(
        step, {.peak = 4e-3F, .last = 4e-5F, .warmup = options.steps / 50, .total = options.steps});
    const auto report = trainer.step(lesson.of_step(options.seed, step),
                                     inlay::AdamW{.learning_rate = rate_now, .clip_norm = 1.0F}, executor);
    losses.push_back(static_cast<double>(report.loss));
    loss = step == 0 ? losses.back() : loss + 0.02 * (losses.back() - loss);
    if (progress.due()) {
      const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
      progress.show(
          {.step = step + 1,
           .steps = options.steps,
           .loss = loss,
           .seconds_left = seconds / static_cast<double>(step + 1) * static_cast<double>(options.steps - step - 1)});
    }
  }
  progress.clear();
  return losses;
}

void load(const std::filesystem::path& path) {
  trainer.initialize(inlay::Seed{1});
  const auto status = inlay::io::load_weights<Model>(path.string(), trainer.parameters());
  if (!status) throw std::runtime_error(status.message());
}
void save(const std::filesystem::path& path) {
  const auto status = inlay::io::save_weights<Model>(path.string(), trainer.parameters());
  if (!status) throw std::runtime_error(status.message());
}

Answers stream(const Recording& recording, Results& results) {
  Answers answers;
  signal_stream.reset();
  for (std::size_t i = 0; i < recording.samples.size(); ++i) {
    const float* const sample = recording.samples[i].data();
    const auto begin = Clock::now();
    const auto outputs = signal_stream.push({sample, 1});
    results.microseconds.push_back(std::chrono::duration<float, std::micro>(Clock::now() - begin).count());
    const Answer answer{outputs.row(0)};
    answers.activity.push_back(static_cast<std::size_t>(answer.activity()));
    auto& next = answers.next.emplace_back();
    for (std::size_t steps = 1; steps <= ahead; ++steps)
      for (std::size_t axis = 0; axis < axes; ++axis) next[steps - 1][axis] = answer.next(sample, steps, axis);
    count_label(recording, i, answers.activity[i], results);
    // From the second sample on there is a straight line.
    if (i >= ahead + 1) count_errors(recording, i - ahead, answers, results.errors);
  }
  results.samples += recording.samples.size() - (ahead + 1);
  return answers;
}

void finish(Results& results) {
  const auto mean = [&](double& sum) { sum = std::sqrt(sum / static_cast<double>(results.samples * axes)); };
  for (std::size_t steps = 0; steps < ahead; ++steps) {
    mean(results.errors.model[steps]);
    mean(results.errors.last_value[steps]);
    mean(results.errors.straight_line[steps]);
  }
}

std::size_t parameters() { return inlay::parameter_count<Model>(trainer.parameters()); }

}  // namespace signals
