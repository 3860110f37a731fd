// Two losses side by side: against the sum of both, with weights and ignored labels, cut into passes and slices.

#include <inlay/modules/compose.hpp>
#include <inlay/modules/linear.hpp>
#include <inlay/training/beside.hpp>
#include <inlay/training/real_loss.hpp>
#include <inlay/training/trainer.hpp>

#include <cmath>
#include <memory>
#include <vector>

#include "parallel/thread_pool.hpp"
#include "support/catch.hpp"
#include "support/numbers.hpp"
#include "support/training.hpp"

namespace {

using inlay::Beside;
using inlay::Huber;
using inlay::Logistic;
using inlay::MeanSquaredError;
using inlay::Rows;
using inlay::Serial;
using inlay::SoftmaxCrossEntropy;
using inlay::Token;

constexpr std::size_t classes = 3, numbers_out = 5, width = classes + numbers_out;
using First = SoftmaxCrossEntropy<classes, 0.1f>;
using Second = Huber<numbers_out, 0.5f>;
using Both = Beside<First, Second, 0.25f>;
constexpr inlay::Extent extent{.rows = 12};

// Every third row has no label; weights, where there are some, differ between the two.
struct Targets {
  std::vector<Token> labels;
  std::vector<float> values, first_weights, second_weights;

  Targets(std::size_t rows, bool weighted, std::uint32_t seed) {
    numbers::Source source(seed);
    for (std::size_t i = 0; i < rows; ++i)
      labels.push_back(i % 3 == 1 ? inlay::ignored_label : static_cast<Token>(source.below(classes)));
    values = source.list(rows * numbers_out, 2.0f);
    if (!weighted) return;
    first_weights = source.list(rows, 0.4f, 1.0f);
    second_weights = source.list(rows, 0.4f, 1.0f);
    second_weights[1] = 0.0f;  // a row that nobody counts
    if (rows > 4) second_weights[3] = 0.0f;
  }
  Both::Targets view() const { return {{labels, first_weights}, {{values.data(), labels.size()}, second_weights}}; }
};

void check(std::size_t rows, bool weighted) {
  CAPTURE(rows, weighted);
  const Targets targets(rows, weighted, static_cast<std::uint32_t>(rows));
  numbers::Source source(11);
  const std::vector<float> y = source.list(rows * width, 3.0f);
  std::vector<float> first(rows * classes), second(rows * numbers_out), both = y;
  for (std::size_t i = 0; i < rows; ++i)
    for (std::size_t j = 0; j < width; ++j)
      (j < classes ? first[i * classes + j] : second[i * numbers_out + j - classes]) = y[i * width + j];

  // What each of the two says alone.
  First::Workspace<extent> of_first;
  Second::Workspace<extent> of_second;
  Both::Workspace<extent> workspace;
  double first_loss = 0.0, second_loss = 0.0, loss = 2.0, alone = 0.0;
  const auto parts = targets.view();
  First::backward(Serial{}, of_first, Rows<float, classes>(first.data(), rows), parts.first, first_loss);
  Second::backward(Serial{}, of_second, Rows<float, numbers_out>(second.data(), rows), parts.second, second_loss);
  Both::forward(Serial{}, workspace, Rows<const float, width>(y.data(), rows), parts, alone);
  Both::backward(Serial{}, workspace, Rows<float, width>(both.data(), rows), parts, loss);
  CHECK(alone == first_loss + 0.25 * second_loss);
  CHECK(std::abs(loss - 2.0 - alone) < 1e-12);
  for (std::size_t i = 0; i < rows; ++i)
    for (std::size_t j = 0; j < width; ++j)
      CHECK(both[i * width + j] ==
            (j < classes ? first[i * classes + j] : 0.25f * second[i * numbers_out + j - classes]));

  double total = 0.0, expected = 0.0;
  Both::add_weight(parts, total);
  for (std::size_t i = 0; i < rows; ++i) {
    const float of_label = targets.labels[i] == inlay::ignored_label ? 0.0f
                           : weighted                                ? targets.first_weights[i]
                                                                     : 1.0f;
    const float of_value = weighted ? targets.second_weights[i] : 1.0f;
    expected += static_cast<double>(std::max(of_label, of_value));
  }
  CHECK(total == expected);
  // Parts of the targets have the rows of their own.
  if (rows > 2) {
    const auto part = Both::part(parts, 1, 2);
    CHECK(Both::rows(part) == 2);
    CHECK(Both::weight(part, 1) == Both::weight(parts, 2));
  }
}

struct TwoHeads : inlay::Sequential<inlay::Linear<4, 9>, inlay::Linear<9, width>> {
  static constexpr std::size_t context = 3;
};
template <std::size_t Slices, std::size_t RowsPerPass>
using Trainer =
    inlay::Trainer<TwoHeads, inlay::TrainerConfig{.batch = 4, .slices = Slices, .rows_per_pass = RowsPerPass}, Both>;

struct Data {
  std::vector<float> x = numbers::Source(5).list(12 * 4);
  Targets targets{12, true, 9};

  auto batch(std::size_t first, std::size_t count) const {
    return inlay::TrainingBatch<Rows<const float, 4>, Both::Targets>{
        .inputs = {x.data() + first * 4, count}, .targets = Both::part(targets.view(), first, count)};
  }
};

}  // namespace

TEST_CASE("Beside: the losses and gradients of both, the second with its share") {
  for (const std::size_t rows : {1u, 2u, 5u, 12u}) {
    check(rows, false);
    if (rows > 1) check(rows, true);
  }
  CHECK(Both::width == width);
}

TEST_CASE("Beside: three heads, one in another") {
  using Three = Beside<SoftmaxCrossEntropy<2>, Beside<MeanSquaredError<1>, Logistic<1>>>;
  static_assert(Three::width == 4);
  const std::vector<Token> labels{1, inlay::ignored_label};
  const std::vector<float> values{0.5f, -1.0f}, answers{1.0f, 0.0f};
  const Three::Targets targets{{labels}, {{{values.data(), 2}}, {{answers.data(), 2}}}};
  std::vector<float> y{0.0f, 0.0f, 2.5f, 0.0f, 7.0f, 7.0f, 0.0f, 0.0f};
  Three::Workspace<inlay::Extent{.rows = 2}> workspace;
  double loss = 0.0, weight = 0.0;
  Three::add_weight(targets, weight);
  Three::backward(Serial{}, workspace, Rows<float, 4>(y.data(), 2), targets, loss);
  CHECK(weight == 2.0);
  CHECK(std::abs(loss - (std::log(2.0) + 4.0 + 1.0 + 2.0 * std::log(2.0))) < 1e-5);
  const std::vector<float> expected{0.5f, -0.5f, 4.0f, -0.5f, 0.0f, 0.0f, 2.0f, 0.5f};
  for (std::size_t i = 0; i < 8; ++i) CHECK(std::abs(y[i] - expected[i]) < 1e-6f);
}

TEST_CASE("Beside: micro-batches, passes and threads leave the bits of the large batch") {
  const Data data;
  const inlay::Sgd optimizer{.learning_rate = 0.1f};
  const auto whole = std::make_unique<Trainer<1, 6>>(), parts = std::make_unique<Trainer<1, 6>>();
  for (Trainer<1, 6>* trainer : {whole.get(), parts.get()}) trainer->initialize(inlay::Seed{3});
  whole->accumulate(data.batch(0, 12), Serial{});
  for (std::size_t first = 0; first < 12; first += 6) parts->accumulate(data.batch(first, 6), Serial{});
  CHECK(same_bits(numbers_of<TwoHeads>(whole->gradients()), numbers_of<TwoHeads>(parts->gradients())));
  const auto report = whole->update(optimizer, Serial{}), other = parts->update(optimizer, Serial{});
  CHECK(same_bits(report.loss, other.loss));
  CHECK(same_bits(report.gradient_norm, other.gradient_norm));
  CHECK(same_bits(numbers_of<TwoHeads>(whole->parameters()), numbers_of<TwoHeads>(parts->parameters())));

  // Before the step: the mean over rows that evaluate() gives too.
  const auto fresh = std::make_unique<Trainer<2, 3>>(), threads = std::make_unique<Trainer<2, 3>>();
  for (Trainer<2, 3>* trainer : {fresh.get(), threads.get()}) trainer->initialize(inlay::Seed{3});
  CHECK(std::abs(fresh->evaluate(data.batch(0, 12), Serial{}) - report.loss) < 1e-6f);
  for (int step = 0; step < 3; ++step) {
    const float serial_loss = fresh->step(data.batch(0, 12), optimizer, Serial{}).loss;
    CHECK(same_bits(serial_loss, threads->step(data.batch(0, 12), optimizer, ThreadPool{2}).loss));
  }
  CHECK(same_bits(numbers_kept_by(*fresh), numbers_kept_by(*threads)));
}
