// character_gpt train. The recipe is nanoGPT's for a processor: AdamW, decay of every matrix, a short warm-up, a cosine
// down to a tenth, clipping at 1.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <stdexcept>

#include "character_gpt/report.hpp"
#include "character_gpt/run.hpp"
#include "support/executor.hpp"
#include "support/format.hpp"
#include "support/interrupt.hpp"
#include "support/peak.hpp"
#include "support/progress.hpp"
#include "support/windows.hpp"

namespace character_gpt {
namespace {

using examples::Csv;
using Clock = std::chrono::steady_clock;

// Every byte of training and of writing samples, in .bss.
Trainer trainer;
inlay::Generator<Model> generator{trainer.parameters()};

constexpr std::size_t least_text = 20 * (config.context + 1);  // two windows in the tenth that is held out
// Windows that the figures on the way are computed from, spread over the held-out text, and the last one: all of them
// but where they are so many that it would take long.
constexpr std::size_t quick_validation = 8 * windows_per_step, last_validation = 4096;

double seconds_since(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

class Training {
 public:
  Training(const Run& run, const examples::Corpus& corpus);
  int operator()();

 private:
  double estimated_seconds_per_step();
  void step();
  double validation_loss(std::size_t windows);
  void record(double validation_loss);
  void show_progress();
  void show_sample();
  void save();

  const Run& run_;
  const examples::Corpus& corpus_;
  examples::Windows training_, validation_;
  const examples::Executor executor_;
  const double peak_;  // operations a second
  Csv metrics_;
  examples::Progress progress_;

  const double earlier_seconds_;  // of the runs that this one goes on from
  Clock::time_point begin_ = Clock::now();
  double loss_sum_ = 0, step_seconds_ = 0;  // since the last record, over this many steps:
  std::uint64_t steps_ = 0;
  double rate_ = 0;  // tokens a second, at the last record
  double last_validation_ = Csv::empty;
  inlay::StepReport last_{};
};

Training::Training(const Run& run, const examples::Corpus& corpus)
    : run_{run},
      corpus_{corpus},
      training_{corpus.training(), config.context, windows_per_step},
      validation_{corpus.validation(), config.context, windows_per_step},
      executor_{run.threads},
      peak_{examples::peak_operations_per_second(run.threads)},
      metrics_{run.metrics_file(), column_names(), static_cast<double>(trainer.state().step)},
      earlier_seconds_{metrics_.rows().empty() ? 0 : metrics_.rows().back()[seconds]} {}

int Training::operator()() {
  print_plan(run_, corpus_, trainer.state().step, {.peak = peak_, .seconds_per_step = estimated_seconds_per_step()});
  const std::uint64_t sample_steps[] = {run_.steps / 40, run_.steps / 10, run_.steps / 4, run_.steps / 2};
  begin_ = Clock::now();
  auto last_save = begin_;
  while (trainer.state().step < run_.steps && !examples::interrupted()) {
    step();
    const std::uint64_t done = trainer.state().step;
    if (done == run_.steps) break;
    if (done % run_.validation_interval() == 0)
      record(validation_loss(quick_validation));
    else if (done % run_.record_interval() == 0)
      record(Csv::empty);
    if (std::ranges::find(sample_steps, done) != std::end(sample_steps)) show_sample();
    if (progress_.due()) show_progress();
    if (seconds_since(last_save) >= run_.save_every) {
      save();
      last_save = Clock::now();
    }
  }
  if (trainer.state().step < run_.steps) {
    record(Csv::empty);
    save();
    progress_.clear();
    print_how_to_resume(run_, trainer.state().step);
    return 130;  // as of a program that SIGINT ended
  }
  save();  // before the last validation, which may take a while
  progress_.note("validating on the held-out text ...");
  const std::size_t windows = std::min(last_validation, validation_.count());
  const double loss = validation_loss(windows);
  record(loss);
  draw_losses(run_, metrics_.rows());
  show_sample();
  std::printf("Validation loss %s nats a character (%s bits), over %s of the %s windows of the held-out text.\n",
              examples::fixed(loss, 3).c_str(), examples::fixed(loss / 0.6931471805599453, 3).c_str(),
              examples::grouped(windows).c_str(), examples::grouped(validation_.count()).c_str());
  std::printf("%s steps in %s.\n", examples::grouped(run_.steps).c_str(),
              examples::duration(earlier_seconds_ + seconds_since(begin_)).c_str());
  print_closing(run_);
  return 0;
}

// A step costs about three forward passes, and those change nothing.
double Training::estimated_seconds_per_step() {
  const inlay::Batch batch = training_.random(run_.seed, 0);
  trainer.evaluate(batch, executor_);  // touches the memory
  const auto begin = Clock::now();
  for (int pass = 0; pass < 3; ++pass) trainer.evaluate(batch, executor_);
  return seconds_since(begin);
}

void Training::step() {
  const auto begin = Clock::now();
  const std::uint64_t warmup = std::min<std::uint64_t>(100, run_.steps / 10);
  const std::uint64_t step = trainer.state().step;
  const float learning_rate = inlay::warmup_cosine(
      step, {.peak = peak_learning_rate, .last = last_learning_rate, .warmup = warmup, .total = run_.steps});
  last_ = trainer.step(
      training_.random(run_.seed, step),
      inlay::AdamW{.learning_rate = learning_rate, .beta1 = 0.9F, .beta2 = 0.99F, .weight_decay = 0.1F, .clip_norm = 1},
      executor_);
  if (last_.skipped) {
    progress_.clear();
    std::printf("Step %s is skipped: the gradient of %s is not finite.\n", examples::grouped(step).c_str(),
                last_.skipped_tensor.c_str());
  }
  step_seconds_ += seconds_since(begin);
  loss_sum_ += static_cast<double>(last_.loss);
  ++steps_;
}

// Spread over the held-out text; the mean over windows, which all have the same length.
double Training::validation_loss(std::size_t windows) {
  windows = std::min(windows, validation_.count());
  const std::size_t stride = validation_.count() / windows;
  double sum = 0;
  for (std::size_t window = 0; window < windows; window += windows_per_step) {
    const std::size_t now = std::min(windows_per_step, windows - window);
    const float loss = trainer.evaluate(validation_.row(window * stride, stride, now), executor_);
    sum += static_cast<double>(loss) * static_cast<double>(now);
  }
  return sum / static_cast<double>(windows);
}

void Training::record(double validation_loss) {
  if (steps_ == 0) return;
  const auto steps = static_cast<double>(steps_);
  rate_ = steps * tokens_per_step / step_seconds_;
  if (validation_loss == validation_loss) last_validation_ = validation_loss;
  metrics_.append({static_cast<double>(trainer.state().step), loss_sum_ / steps, validation_loss,
                   static_cast<double>(last_.learning_rate), rate_, earlier_seconds_ + seconds_since(begin_)});
  loss_sum_ = step_seconds_ = 0;
  steps_ = 0;
}

void Training::show_progress() {
  const double rate = rate_ > 0 ? rate_ : static_cast<double>(steps_) * tokens_per_step / step_seconds_;
  const double tokens_left = static_cast<double>((run_.steps - trainer.state().step) * tokens_per_step);
  progress_.show({.step = trainer.state().step,
                  .steps = run_.steps,
                  .loss = steps_ > 0 ? loss_sum_ / static_cast<double>(steps_) : metrics_.rows().back()[train_loss],
                  .validation_loss = last_validation_,
                  .tokens_per_second = rate,
                  .fraction_of_peak = rate * operations_per_token / peak_,
                  .seconds_left = tokens_left / rate});
}

void Training::show_sample() {
  std::string text;
  const inlay::Sampling sampling{
      .temperature = 0.8F, .seed = run_.seed, .past_context = inlay::PastContext::keep_newest_half};
  generator.reset();
  generator.write("\n", 300, sampling, [&](inlay::Token token) { text += static_cast<char>(token); });
  progress_.clear();
  print_sample(trainer.state().step, text);
}

void Training::save() {
  const inlay::io::Metadata metadata = run_.metadata();
  const inlay::io::DataPosition position{.position = trainer.state().step, .fingerprint = corpus_.fingerprint};
  const auto require = [](const inlay::io::Status& status) {
    if (!status) throw std::runtime_error(status.message());
  };
  require(inlay::io::save_training(run_.training_file().string(), trainer, metadata, position));
  require(inlay::io::save_weights<Model>(run_.model_file().string(), trainer.parameters(), metadata));
  draw_losses(run_, metrics_.rows());
}

}  // namespace

int train(const TrainOptions& options) {
  const Run run = make_run(options, trainer);
  if (!options.resume) trainer.initialize(inlay::Seed{run.seed});
  if (trainer.state().step >= run.steps)
    throw std::runtime_error(*options.resume + ": expected fewer than " + std::to_string(run.steps) +
                             " steps behind it, found " + std::to_string(trainer.state().step) +
                             "; to go on, give a larger --steps");
  const examples::Corpus corpus = examples::load_corpus(run.data, least_text);
  if (run.fingerprint != 0 && run.fingerprint != corpus.fingerprint)
    throw std::runtime_error(run.data.string() + ": expected the text that the run began with, fingerprint " +
                             examples::hexadecimal(run.fingerprint) + ", found " +
                             examples::hexadecimal(corpus.fingerprint) +
                             "; to go on with other text, name it with --data");
  // What no checkpoint can hold, a path that is not UTF-8, is better found now than at the first save.
  if (const auto encoded = inlay::io::encode_safetensors({}, run.metadata()); !encoded)
    throw std::runtime_error("the path of the data, " + run.data.string() + ": " + encoded.message());
  std::filesystem::create_directories(run.out);
  examples::catch_interrupts();
  return Training{run, corpus}();
}

}  // namespace character_gpt
