// It learns.
#include "support/catch.hpp"
#include "support/training.hpp"

#include <inlay/generation/generator.hpp>
#include <inlay/training/schedule.hpp>

#include <memory>

namespace {

// After a token x comes 3 x + 1 modulo 17; every 17 tokens the sequence has gone around.
constexpr std::size_t context = 12;
inlay::Token next(inlay::Token token) { return (3 * token + 1) % 17; }

OwnedBatch sequences() {
  OwnedBatch batch;
  for (inlay::Token start = 0; start < 17; ++start) {
    inlay::Token token = start;
    for (std::size_t i = 0; i < context; ++i) {
      batch.inputs.push_back(token);
      token = next(token);
      batch.labels.push_back(token);
    }
  }
  return batch;
}

template <inlay::GptConfig C>
void check_learns(const inlay::AdamW& optimizer, std::size_t steps) {
  using Model = inlay::Gpt<C>;
  using Trainer = inlay::Trainer<Model, inlay::TrainerConfig{.batch = 17}>;
  const auto trainer = std::make_unique<Trainer>();
  trainer->initialize(inlay::Seed{1});
  const OwnedBatch batch = sequences();
  for (std::size_t step = 0; step < steps; ++step) {
    inlay::AdamW now = optimizer;
    now.learning_rate =
        inlay::warmup_cosine(step, {.peak = optimizer.learning_rate, .last = 1e-4f, .warmup = 5, .total = steps});
    REQUIRE_FALSE(trainer->step(batch.view(), now, inlay::Serial{}).skipped);
  }
  const float loss = trainer->evaluate(batch.view(), inlay::Serial{});
  CAPTURE(loss);
  CHECK(loss < 0.02f);

  // And what it writes is the sequence.
  const auto generator = std::make_unique<inlay::Generator<Model>>(trainer->parameters());
  inlay::Token expected = 5;
  const inlay::Token prompt[] = {5};
  std::size_t right = 0;
  generator->write(std::span{prompt}, context - 1, inlay::Sampling{.temperature = 0.0f}, [&](inlay::Token token) {
    expected = next(expected);
    right += token == expected;
  });
  CHECK(right == context - 1);
}

}  // namespace

TEST_CASE("A tiny Gpt learns a deterministic sequence") {
  check_learns<inlay::GptConfig{.vocabulary = 17, .context = context, .width = 32, .heads = 2, .layers = 1}>(
      {.learning_rate = 1e-2f, .clip_norm = 1.0f}, 100);
}

TEST_CASE("So do its variants") {
  constexpr inlay::AdamW optimizer{.learning_rate = 1e-2f, .clip_norm = 1.0f};
  check_learns<inlay::GptConfig{.vocabulary = 17,
                                .context = context,
                                .width = 30,
                                .heads = 3,
                                .layers = 2,
                                .tied = false,
                                .biases = false,
                                .activation = inlay::Activation::relu,
                                .norm = inlay::NormKind::root_mean_square,
                                .norm_gain = false,
                                .positions = inlay::Positions::sinusoidal}>(optimizer, 100);
  check_learns<inlay::GptConfig{.vocabulary = 17,
                                .context = context,
                                .width = 32,
                                .heads = 1,
                                .layers = 2,
                                .tied = false,
                                .activation = inlay::Activation::gelu_erf,
                                .placement = inlay::NormPlacement::after,
                                .dropout = 0.05f}>(optimizer, 150);
}
