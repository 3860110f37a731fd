// The promise: one model, one seed, one input give the same bits for any number of threads, for any executor, and
// whatever floating-point mode the caller has set.
#include "parallel/thread_pool.hpp"
#include "support/catch.hpp"
#include "support/float_mode.hpp"
#include "support/training.hpp"

#include <memory>

#if defined(INLAY_TEST_TBB)
#include <inlay/tbb.hpp>
#endif

namespace {

// Parallel over slices: each runs the whole network on one thread.
using SmallModel = inlay::Gpt<inlay::GptConfig{.vocabulary = 37,
                                               .context = 12,
                                               .width = 24,
                                               .heads = 3,
                                               .layers = 2,
                                               .activation = inlay::Activation::gelu_erf,
                                               .dropout = 0.1f}>;
using Sliced = inlay::Trainer<SmallModel, inlay::TrainerConfig{.batch = 8, .slices = 4}>;

// Parallel inside the kernels: one slice, and shapes that the drivers really cut.
using WideModel = inlay::Gpt<inlay::GptConfig{.vocabulary = 48,
                                              .context = 24,
                                              .width = 40,
                                              .heads = 4,
                                              .layers = 1,
                                              .tied = false,
                                              .activation = inlay::Activation::gelu_tanh,
                                              .dropout = 0.1f}>;
using Whole = inlay::Trainer<WideModel, inlay::TrainerConfig{.batch = 7, .slices = 1, .rows_per_pass = 168}>;
static_assert(Whole::rows_per_pass * 40 * 40 > inlay::parallel::least_multiply_adds, "too small to be cut");
static_assert(Whole::rows_per_pass / 64 >= 2, "normalisations have to be cut too");

using Result = std::vector<float>;

void add(const std::vector<float>& more, Result& result) { result.insert(result.end(), more.begin(), more.end()); }

// The gradients of one batch, then everything that some steps leave behind.
template <class Trainer, class E>
Result train(const E& executor, std::size_t steps) {
  const auto trainer = std::make_unique<Trainer>();
  trainer->initialize(inlay::Seed{5});
  const std::size_t rows = Trainer::context * 9;  // more than a usual batch, and not a multiple of the slices
  const OwnedBatch batch(rows, Trainer::ModelType::vocabulary, 3);
  Result result;
  trainer->accumulate(batch.view(), executor);
  add(numbers_kept_by(*trainer), result);
  for (std::size_t step = 0; step < steps; ++step) {
    const auto report =
        step == 0 ? trainer->update(inlay::AdamW{.learning_rate = 3e-3f, .clip_norm = 1.0f}, executor)
                  : trainer->step(batch.view(), inlay::AdamW{.learning_rate = 3e-3f, .clip_norm = 1.0f}, executor);
    result.push_back(report.loss);
    result.push_back(report.gradient_norm);
  }
  result.push_back(trainer->evaluate(batch.view(), executor));
  add(numbers_kept_by(*trainer), result);
  return result;
}

#if defined(INLAY_SMALL_RUNNER)
constexpr std::size_t many_steps = 15;  // in an emulator, where a thread is a hundred times slower to begin
#else
constexpr std::size_t many_steps = 100;
#endif

template <class Trainer>
void check_executors(std::size_t steps) {
  const Result serial = train<Trainer>(inlay::Serial{}, steps);
  for (const float value : serial) REQUIRE(value - value == 0.0f);
  for (const std::size_t threads : {1u, 2u, 3u, 8u}) {
    CAPTURE(threads);
    CHECK(same_bits(train<Trainer>(ThreadPool{threads}, steps), serial));
#if defined(INLAY_TEST_TBB)
    CHECK(same_bits(train<Trainer>(inlay::Tbb{threads}, steps), serial));
#endif
  }
}

}  // namespace

TEST_CASE("The same bits for 1, 2, 3 and 8 threads, parallel over slices") { check_executors<Sliced>(many_steps); }

TEST_CASE("The same bits for 1, 2, 3 and 8 threads, parallel inside the kernels") {
  check_executors<Whole>(many_steps);
}

TEST_CASE("The same bits whatever floating-point mode the caller has set, and the mode comes back") {
  const Result sliced = train<Sliced>(inlay::Serial{}, 5);
  const Result whole = train<Whole>(inlay::Serial{}, 5);
  for (const FloatMode& mode : all_float_modes()) {
    CAPTURE(mode.name);
    const ScopedFloatMode caller{mode};
    const auto before = ScopedFloatMode::current();
    CHECK(same_bits(train<Sliced>(inlay::Serial{}, 5), sliced));
    CHECK(same_bits(train<Sliced>(ThreadPool{3}, 5), sliced));
    CHECK(same_bits(train<Whole>(ThreadPool{3}, 5), whole));
#if defined(INLAY_TEST_TBB)
    CHECK(same_bits(train<Sliced>(inlay::Tbb{3}, 5), sliced));
#endif
    CHECK(ScopedFloatMode::current() == before);
  }
}

TEST_CASE("Numbers below the normal range count, even where the caller flushes them") {
  if (!inlay::simd::keeps_denormals) return;
  // With weights this small every gradient is a denormal until the mean is taken.
  OwnedBatch batch(Sliced::context * 8, SmallModel::vocabulary, 3);
  batch.weights.assign(batch.inputs.size(), 6e-41f);
  const auto run = [&](inlay::StepReport& report) {
    const auto trainer = std::make_unique<Sliced>();
    trainer->initialize(inlay::Seed{5});
    const auto before = numbers_of<SmallModel>(trainer->parameters());
    report = trainer->step(batch.view(), inlay::Sgd{.learning_rate = 1.0f}, inlay::Serial{});
    CHECK_FALSE(same_bits(before, numbers_of<SmallModel>(trainer->parameters())));
    return numbers_of<SmallModel>(trainer->parameters());
  };
  inlay::StepReport expected, report;
  const auto reference = run(expected);
  CHECK_FALSE(expected.skipped);
  CHECK(expected.loss > 3.0f);
  CHECK(expected.loss < 4.5f);
  for (const FloatMode& mode : all_float_modes()) {
    CAPTURE(mode.name);
    const ScopedFloatMode caller{mode};
    CHECK(same_bits(run(report), reference));
    CHECK(same_bits(report.loss, expected.loss));
  }
}
