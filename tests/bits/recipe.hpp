#pragma once
// A short training run, then some decoding, and a hash of all that came out: every loss, every parameter, both moments,
// every logit and every token.

#include <inlay/inlay.hpp>

#include "data/text.hpp"

#include <cstdio>

namespace recipe {

using inlay::Token;

template <class Optimizer>
struct Run {
  std::size_t steps;
  bool packed;  // sequences of different lengths instead of whole contexts
  std::size_t warmup, total;
  Optimizer optimizer;
  std::size_t decoded = 64;
};

// Sequences out of the text, at places that only the step and the sequence decide.
template <class Model, std::size_t Batch>
struct Data {
  static constexpr std::size_t rows = Batch * Model::context;
  Token inputs[rows], labels[rows];
  std::uint32_t offsets[Batch + 1];

  inlay::Batch fill(std::size_t step, bool packed) {
    std::uint32_t row = 0;
    for (std::size_t s = 0; s < Batch; ++s) {
      const auto words = inlay::kernels::random_words({20, step}, 1, s, 0);
      const std::size_t length = packed ? Model::context - words.word[1] % (Model::context / 2) : Model::context;
      const std::size_t first = words.word[0] % (text_of_the_tests.size() - length);
      offsets[s] = row;
      for (std::size_t i = 0; i < length; ++i, ++row) {
        inputs[row] = static_cast<unsigned char>(text_of_the_tests[first + i]);
        labels[row] = static_cast<unsigned char>(text_of_the_tests[first + i + 1]);
      }
    }
    offsets[Batch] = row;
    if (packed) labels[0] = inlay::ignored_label;
    return {{inputs, row},
            {{labels, row}},
            packed ? std::span<const std::uint32_t>(offsets) : std::span<const std::uint32_t>()};
  }
};

// The storage of a run, all-zero at the start.
template <class Model, inlay::TrainerConfig C>
struct Storage {
  inlay::Trainer<Model, C> trainer;
  Data<Model, C.batch> data;
};

template <class Model, inlay::TrainerConfig C, class Optimizer, inlay::Executor E>
std::uint64_t run(Storage<Model, C>& storage, inlay::Generator<Model>& generator, const Run<Optimizer>& run,
                  const E& executor, float& last_loss) {
  auto& trainer = storage.trainer;
  inlay::Hash hash;
  trainer.initialize(inlay::Seed{7});
  for (std::size_t step = 0; step < run.steps; ++step) {
    Optimizer optimizer = run.optimizer;
    optimizer.learning_rate = inlay::warmup_cosine(
        step, {.peak = run.optimizer.learning_rate, .last = 1e-4f, .warmup = run.warmup, .total = run.total});
    const auto report = trainer.step(storage.data.fill(step, run.packed), optimizer, executor);
    hash.real(report.loss);
    hash.real(report.gradient_norm);
    last_loss = report.loss;
  }
  const auto add = [&](const inlay::Path&, const auto&... tensor) {
    (hash.reals({tensor.data(), tensor.size()}), ...);
  };
  inlay::visit<Model>(add, trainer.parameters(), trainer.moment(0), trainer.moment(1));
  hash.real(trainer.evaluate(storage.data.fill(run.steps, run.packed), executor));

  generator.reset();
  const inlay::Sampling sampling{.temperature = 0.8f,
                                 .top_k = 40,
                                 .top_p = 0.95f,
                                 .repetition_penalty = 1.05f,
                                 .past_context = inlay::PastContext::keep_newest_half};
  generator.write(
      "The ", run.decoded, sampling,
      [&](Token token) {
        hash.number(token);
        hash.reals({generator.logits().data(), Model::vocabulary});
      },
      executor);
  return hash.value();
}

// As the programs of this folder print a hash.
inline int print(std::uint64_t hash, float loss) {
  std::printf("%08lx%08lx\n", static_cast<unsigned long>(hash >> 32), static_cast<unsigned long>(hash & 0xffffffffu));
  return loss > 2.0f && loss < 4.0f ? 0 : 1;  // that it learned something, and not everything
}

// The run of bits.cpp and of the bare-metal test: small, and something of everything.
using SmallModel = inlay::Gpt<inlay::GptConfig{.vocabulary = 256,
                                               .context = 20,
                                               .width = 24,
                                               .heads = 2,
                                               .layers = 2,
                                               .activation = inlay::Activation::gelu_erf,
                                               .dropout = 0.1f}>;
inline constexpr inlay::TrainerConfig small_config{.batch = 5};
inline constexpr Run<inlay::AdamW> small_run{
    .steps = 50,
    .packed = true,
    .warmup = 5,
    .total = 50,
    .optimizer = {.learning_rate = 1e-2f, .beta2 = 0.99f, .weight_decay = 0.1f, .clip_norm = 1.0f}};

}  // namespace recipe
