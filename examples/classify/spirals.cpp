// classify --task spirals: a small multilayer perceptron on two spirals, by four ways of descending from the same
// start.

#include <inlay/memory/footprint.hpp>
#include <inlay/models/mlp.hpp>
#include <inlay/training/real_loss.hpp>
#include <inlay/training/trainer.hpp>

#include <chrono>
#include <cstdio>

#include "classify/answers.hpp"
#include "classify/tasks.hpp"
#include "support/format.hpp"
#include "support/plot.hpp"
#include "support/progress.hpp"

namespace classify {
namespace {

using examples::fixed, examples::grouped, examples::Series;
using Clock = std::chrono::steady_clock;

constexpr std::size_t mini_batch = 20;
using Model =
    inlay::Mlp<inlay::MlpConfig{.inputs = 2, .hidden = {32, 32}, .outputs = 1, .activation = inlay::Activation::relu}>;
using Trainer = inlay::Trainer<Model, inlay::TrainerConfig{.batch = mini_batch, .slices = 1}, inlay::Logistic<1>>;

Trainer trainer;
Answers<Model> answers{trainer.parameters()};

struct Way {
  const char* name;
  std::size_t batch;  // 0: all points
};

class Comparison {
 public:
  explicit Comparison(const Options& options)
      : options_{options},
        training_{spirals(options.points.value_or(400), options.seed)},
        unseen_{spirals(training_.count(), options.seed + 1)},
        epochs_{options.epochs.value_or(100)} {}

  void operator()();

 private:
  template <class Optimizer>
  void descend(const Way& way, const Optimizer& optimizer);
  void draw_regions(std::size_t right);

  const Options& options_;
  const Points training_, unseen_;
  const std::uint64_t epochs_;
  examples::Progress progress_;
  std::vector<Series> curves_;
  std::string result_ = "spirals: ";
};

void Comparison::operator()() {
  trainer.initialize(inlay::Seed{options_.seed});
  std::printf("Points  %s to learn from, as many unseen ones, on two spirals\n", grouped(training_.count()).c_str());
  std::printf("Model   2 - 32 - 32 - 1, relu: %s parameters; all of training in %s\n",
              grouped(inlay::parameter_count<Model>(trainer.parameters())).c_str(),
              examples::bytes(inlay::footprint<Trainer>.total()).c_str());
  std::printf("Work    %s epochs each, from the same initial weights; mini-batches of %zu\n\n",
              grouped(epochs_).c_str(), mini_batch);
  // Rates were tried in steps of 1, 2, 5, 10: each is a half to the whole of the one with the least loss at the end. A
  // momentum of 0.9 makes steps ten times as long in the end, so its rate is a tenth of SGD's.
  descend({.name = "full batch", .batch = 0}, inlay::Sgd{.learning_rate = 1.0F});
  descend({.name = "SGD", .batch = mini_batch}, inlay::Sgd{.learning_rate = 0.5F});
  descend({.name = "momentum", .batch = mini_batch}, inlay::Sgd{.learning_rate = 0.05F, .momentum = 0.9F});
  descend({.name = "Adam", .batch = mini_batch}, inlay::Adam{.learning_rate = 1e-2F});
  draw_regions(answers.right(unseen_));
  examples::write_svg(options_.picture("loss"),
                      examples::Plot{.title = "Two spirals, four ways down",
                                     .subtitle = "the same initial weights, " + grouped(training_.count()) + " points",
                                     .x_label = "epoch",
                                     .y_label = "logistic loss of all points",
                                     .series = curves_});
  std::printf("\n%s  the losses\n%s  what the network that Adam trained answers\n\n", options_.picture("loss").c_str(),
              options_.picture("regions").c_str());
  std::printf("%s of %s unseen points after %s epochs\n", result_.c_str(), grouped(unseen_.count()).c_str(),
              grouped(epochs_).c_str());
}

template <class Optimizer>
void Comparison::descend(const Way& way, const Optimizer& optimizer) {
  const auto begin = Clock::now();
  trainer.initialize(inlay::Seed{options_.seed});  // the same start, and no moments of the one before
  const std::size_t batch = way.batch == 0 ? training_.count() : way.batch;
  const auto loss_of_all = [&] {
    return static_cast<double>(trainer.evaluate({training_.rows(), {training_.target_rows()}}, inlay::Serial{}));
  };
  Series curve{.label = way.name, .x = {0}, .y = {loss_of_all()}, .color = curves_.size()};
  for (std::uint64_t epoch = 1; epoch <= epochs_; ++epoch) {
    const Points points = shuffled(training_, options_.seed, epoch);
    for (std::size_t first = 0; first < points.count(); first += batch) {
      const std::size_t now = std::min(batch, points.count() - first);
      trainer.step({points.rows().part(first, now), {points.target_rows().part(first, now)}}, optimizer,
                   inlay::Serial{});
    }
    curve.x.push_back(static_cast<double>(epoch));
    curve.y.push_back(loss_of_all());
    if (epoch < epochs_ && progress_.due()) {
      const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
      progress_.show({.step = epoch,
                      .steps = epochs_,
                      .loss = curve.y.back(),
                      .seconds_left = seconds / static_cast<double>(epoch) * static_cast<double>(epochs_ - epoch)});
    }
  }
  progress_.clear();
  const std::size_t seen = answers.right(training_), right = answers.right(unseen_);
  std::printf("%-12s%7s steps   loss %s   %zu of %zu, unseen %zu of %zu\n", way.name,
              grouped(trainer.state().step).c_str(), fixed(curve.y.back(), 3).c_str(), seen, training_.count(), right,
              unseen_.count());
  result_ += (curves_.empty() ? "" : ", ") + std::string{way.name} + " " + grouped(right);
  curves_.push_back(std::move(curve));
}

void Comparison::draw_regions(std::size_t right) {
  examples::Regions picture{.title = "Two spirals",
                            .subtitle = grouped(right) + " of " + grouped(unseen_.count()) + " unseen points",
                            .x_label = "x0",
                            .y_label = "x1",
                            .first = "first",
                            .second = "second",
                            .x_low = -1,
                            .x_high = 1,
                            .y_low = -1,
                            .y_high = 1,
                            .points = unseen_.drawn()};
  answers.fill(picture);
  examples::write_svg(options_.picture("regions"), picture);
}

}  // namespace

void learn_spirals(const Options& options) { Comparison{options}(); }

}  // namespace classify
