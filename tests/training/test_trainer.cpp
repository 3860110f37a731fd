// What a step reports, what it changes, and what it leaves alone.
#include "parallel/thread_pool.hpp"
#include "support/catch.hpp"
#include "support/training.hpp"

#include <cmath>
#include <limits>
#include <memory>
#include <string_view>

namespace {

using inlay::Serial;

using Model =
    inlay::Gpt<inlay::GptConfig{.vocabulary = 23, .context = 8, .width = 16, .heads = 2, .layers = 2, .tied = false}>;
using Trainer = inlay::Trainer<Model, inlay::TrainerConfig{.batch = 4, .slices = 2}>;
using Single = inlay::Trainer<Model, inlay::TrainerConfig{.batch = 4, .slices = 1}>;

template <class T = Trainer>
std::unique_ptr<T> make() {
  auto trainer = std::make_unique<T>();
  trainer->initialize(inlay::Seed{2});
  return trainer;
}
const OwnedBatch batch(32, 23, 9);
const inlay::AdamW optimizer{.learning_rate = 2e-3f, .clip_norm = 1.0f};

bool is_close(double a, double b, double tolerance) {
  return std::abs(a - b) <= tolerance * std::max(1.0, std::abs(b));
}

}  // namespace

TEST_CASE("A report has the mean loss, the norm of the mean gradient and the learning rate") {
  const auto trainer = make();
  trainer->accumulate(batch.view(), Serial{});
  auto sum = numbers_of<Model>(trainer->gradients(0));
  const auto second = numbers_of<Model>(trainer->gradients(1));
  double squares = 0.0;
  for (std::size_t i = 0; i < sum.size(); ++i) squares += std::pow(static_cast<double>(sum[i] + second[i]) / 32.0, 2);
  const auto report = trainer->update(optimizer, Serial{});
  CHECK(is_close(report.gradient_norm, std::sqrt(squares), 1e-5));
  CHECK(report.learning_rate == 2e-3f);
  CHECK_FALSE(report.skipped);
  CHECK(std::string_view{report.skipped_tensor.c_str()}.empty());
  CHECK(is_close(report.loss, std::log(23.0), 0.02));  // a new model knows nothing
  CHECK(trainer->state().step == 1);
  CHECK(trainer->state().optimizer.updates == 1);
  CHECK(trainer->state().skipped_steps == 0);
  // The gradients are zero again.
  for (const float value : numbers_of<Model>(trainer->gradients(0))) REQUIRE(value == 0.0f);
  for (const float value : numbers_of<Model>(trainer->gradients(1))) REQUIRE(value == 0.0f);
  // And the loss goes down.
  float loss = report.loss;
  for (int step = 0; step < 20; ++step) loss = trainer->step(batch.view(), optimizer, Serial{}).loss;
  CHECK(loss < 0.97f * report.loss);
}

TEST_CASE("The same seed begins with the same bits, another one with others") {
  const auto first = numbers_kept_by(*make());
  CHECK(same_bits(first, numbers_kept_by(*make())));
  const auto other = make();
  other->initialize(inlay::Seed{3});
  CHECK_FALSE(same_bits(first, numbers_kept_by(*other)));
  // initialize() forgets everything that was before it.
  for (int step = 0; step < 3; ++step) other->step(batch.view(), optimizer, Serial{});
  other->accumulate(batch.view(), Serial{});
  other->initialize(inlay::Seed{2});
  CHECK(same_bits(first, numbers_kept_by(*other)));
  CHECK(other->state().step == 0);
  const auto fresh = make();
  CHECK(same_bits(fresh->step(batch.view(), optimizer, Serial{}).loss,
                  other->step(batch.view(), optimizer, Serial{}).loss));
  CHECK(same_bits(numbers_kept_by(*fresh), numbers_kept_by(*other)));
}

TEST_CASE("All-zero storage is a valid trainer") {
  static Trainer trainer;  // .bss, never initialized
  const auto report = trainer.step(batch.view(), optimizer, Serial{});
  CHECK_FALSE(report.skipped);
  CHECK(is_close(report.loss, std::log(23.0), 1e-6));  // all logits are zero
  CHECK(report.gradient_norm == 0.0f);                 // nothing to distinguish anything by
  CHECK(trainer.state().step == 1);
  CHECK(is_close(trainer.evaluate(batch.view(), Serial{}), std::log(23.0), 1e-6));
}

TEST_CASE("A gradient that is not finite skips the step, is counted, and names the tensor") {
  const float infinity = std::numeric_limits<float>::infinity();
  const auto trainer = make();
  for (int step = 0; step < 2; ++step) trainer->step(batch.view(), optimizer, Serial{});

  const auto check_skipped = [&](const OwnedBatch& bad, std::string_view name) {
    const auto before = numbers_kept_by(*trainer);
    const auto state = trainer->state();
    const auto report = trainer->step(bad.view(), optimizer, Serial{});
    CHECK(report.skipped);
    CHECK(std::string_view{report.skipped_tensor.c_str()} == name);
    CHECK(same_bits(before, numbers_kept_by(*trainer)));
    CHECK(trainer->state().step == state.step + 1);
    CHECK(trainer->state().skipped_steps == state.skipped_steps + 1);
    CHECK(trainer->state().optimizer.updates == state.optimizer.updates);
    CHECK(same_bits(trainer->state().optimizer.beta2_power, state.optimizer.beta2_power));
  };

  SECTION("an infinite weight in the batch") {
    OwnedBatch bad = batch;
    bad.weights.assign(32, 1.0f);
    bad.weights[7] = infinity;
    check_skipped(bad, "token_embedding.weight");
  }
  SECTION("a parameter that is no number") {
    auto& weight = trainer->parameters().blocks.layers[1].feed_forward.up.weight(3, 5);
    const float good = weight;
    weight = std::numeric_limits<float>::quiet_NaN();
    check_skipped(batch, "token_embedding.weight");
    weight = good;
  }
  SECTION("one tensor alone") {
    // The logits are 1e38 * 0; only their weights' gradient, h^T dz, is too large.
    auto& parameters = trainer->parameters();
    for (float& weight : parameters.logits.weight) weight = 0.0f;
    for (float& gain : parameters.norm.gain) gain = 1e38f;
    OwnedBatch heavy = batch;
    heavy.weights.assign(32, 100.0f);
    check_skipped(heavy, "logits.weight");
    // With one row alone nothing cancels: infinities, and no NaN.
    heavy.labels.assign(32, inlay::ignored_label);
    heavy.labels[3] = 5;
    check_skipped(heavy, "logits.weight");
    trainer->state().skipped_steps = 1;
    for (float& gain : parameters.norm.gain) gain = 1.0f;
  }
  SECTION("all together, although each is finite") {
    auto& parameters = trainer->parameters();
    for (float& weight : parameters.logits.weight) weight = 0.0f;
    for (float& gain : parameters.norm.gain) gain = 1e30f;
    check_skipped(batch, "all together");
    for (float& gain : parameters.norm.gain) gain = 1.0f;
  }
  // Training goes on as if nothing had been.
  const auto report = trainer->step(batch.view(), optimizer, Serial{});
  CHECK_FALSE(report.skipped);
  CHECK(trainer->state().skipped_steps == 1);
}

TEST_CASE("A skipped step in between changes nothing but the counters") {
  const auto plain = make(), disturbed = make();
  OwnedBatch bad = batch;
  bad.weights.assign(32, std::numeric_limits<float>::infinity());
  plain->step(batch.view(), optimizer, Serial{});
  plain->step(batch.view(), optimizer, Serial{});
  disturbed->step(batch.view(), optimizer, Serial{});
  disturbed->step(bad.view(), optimizer, Serial{});
  disturbed->step(batch.view(), optimizer, Serial{});
  CHECK(same_bits(numbers_kept_by(*plain), numbers_kept_by(*disturbed)));
}

TEST_CASE("Ignored labels count neither in the loss nor in its weight") {
  const auto reference = make<Single>(), ignoring = make<Single>(), weighted = make<Single>();
  OwnedBatch ignored = batch, zeros = batch;
  zeros.weights.assign(32, 1.0f);
  for (std::size_t i = 16; i < 32; ++i) {
    ignored.labels[i] = inlay::ignored_label;
    zeros.weights[i] = 0.0f;
  }
  const auto expected = reference->step(batch.part(0, 16).view(), optimizer, Serial{});
  const auto report = ignoring->step(ignored.view(), optimizer, Serial{});
  CHECK(same_bits(report.loss, expected.loss));
  CHECK(same_bits(report.gradient_norm, expected.gradient_norm));
  CHECK(numbers_kept_by(*ignoring) == numbers_kept_by(*reference));  // values: zeros may differ in sign
  const auto with_zeros = weighted->step(zeros.view(), optimizer, Serial{});
  CHECK(same_bits(with_zeros.loss, expected.loss));
  CHECK(numbers_kept_by(*weighted) == numbers_kept_by(*reference));

  // Nothing but ignored labels: no gradient, and no division by zero.
  ignored.labels.assign(32, inlay::ignored_label);
  const auto nothing = make<Single>();
  const auto empty = nothing->step(ignored.view(), inlay::Sgd{.learning_rate = 1.0f}, Serial{});
  CHECK(empty.loss == 0.0f);
  CHECK(empty.gradient_norm == 0.0f);
  CHECK_FALSE(empty.skipped);
  CHECK(numbers_kept_by(*nothing) == numbers_kept_by(*make<Single>()));
}

TEST_CASE("Weights of rows are relative") {
  const auto ones = make<Single>(), twos = make<Single>(), triple = make<Single>(), repeated = make<Single>();
  OwnedBatch doubled = batch;
  doubled.weights.assign(32, 2.0f);
  const auto expected = ones->step(batch.view(), optimizer, Serial{});
  const auto report = twos->step(doubled.view(), optimizer, Serial{});
  CHECK(same_bits(report.loss, expected.loss));
  CHECK(same_bits(report.gradient_norm, expected.gradient_norm));
  CHECK(same_bits(numbers_kept_by(*ones), numbers_kept_by(*twos)));

  // A weight of three is the sequence three times.
  OwnedBatch heavy = batch, thrice = batch;
  heavy.weights.assign(32, 1.0f);
  for (std::size_t i = 0; i < 8; ++i) heavy.weights[i] = 3.0f;
  for (int copy = 0; copy < 2; ++copy)
    for (std::size_t i = 0; i < 8; ++i) {
      thrice.inputs.push_back(batch.inputs[i]);
      thrice.labels.push_back(batch.labels[i]);
    }
  const auto a = triple->step(heavy.view(), optimizer, Serial{});
  const auto b = repeated->step(thrice.view(), optimizer, Serial{});
  CHECK(is_close(a.loss, b.loss, 1e-6));
  CHECK(is_close(a.gradient_norm, b.gradient_norm, 1e-5));
  CHECK(relative_difference(numbers_of<Model>(triple->moment(0)), numbers_of<Model>(repeated->moment(0))) < 1e-4);
}

TEST_CASE("evaluate() leaves everything as it was") {
  using Dropping = inlay::Gpt<inlay::GptConfig{
      .vocabulary = 23, .context = 8, .width = 16, .heads = 2, .layers = 1, .dropout = 0.3f}>;
  using T = inlay::Trainer<Dropping, inlay::TrainerConfig{.batch = 4, .slices = 2}>;
  const auto watched = make<T>(), plain = make<T>();
  const OwnedBatch other(80, 23, 77);
  for (int step = 0; step < 3; ++step) {
    // Also between two micro-batches.
    watched->accumulate(batch.view(), Serial{});
    plain->accumulate(batch.view(), Serial{});
    const auto before = numbers_kept_by(*watched);
    const float loss = watched->evaluate(other.view(), Serial{});
    CHECK(same_bits(loss, watched->evaluate(other.view(), ThreadPool{3})));
    CHECK(same_bits(before, numbers_kept_by(*watched)));
    watched->accumulate(other.view(), Serial{});
    plain->accumulate(other.view(), Serial{});
    const auto a = watched->update(optimizer, Serial{}), b = plain->update(optimizer, Serial{});
    CHECK(same_bits(a.loss, b.loss));
    CHECK(same_bits(a.gradient_norm, b.gradient_norm));
    CHECK(same_bits(numbers_kept_by(*watched), numbers_kept_by(*plain)));
    CHECK(watched->state().step == plain->state().step);
  }
  // Without dropout it is the loss that a step reports.
  const auto trainer = make();
  const float loss = trainer->evaluate(batch.view(), Serial{});
  CHECK(same_bits(loss, trainer->step(batch.view(), optimizer, Serial{}).loss));
}

TEST_CASE("The footprint is the size of the object") {
  constexpr inlay::Footprint f = inlay::footprint<Trainer>;
  static_assert(f.total() == sizeof(Trainer));
  static_assert(f.parameters == sizeof(Trainer::Parameters) && f.gradients == 2 * f.parameters);
  static_assert(f.optimizer == 2 * f.parameters && f.slices == 2 && f.workers == 2);
  static_assert(f.activations > 0 && f.scratch > 0 && f.other < 8192);
  static_assert(std::is_trivial_v<Trainer>);
  SUCCEED("checked by the compiler");
}
