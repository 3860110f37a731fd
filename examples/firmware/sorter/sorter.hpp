#pragma once
// The model and its training: all of it in less than 200 KB, with one moment (Lion) where AdamW has two.

#include <inlay/generation/generator.hpp>
#include <inlay/models/gpt.hpp>
#include <inlay/training/schedule.hpp>
#include <inlay/training/trainer.hpp>

#include "sorter/task.hpp"

namespace sorter {

using Model = inlay::Gpt<inlay::GptConfig{.vocabulary = 10,
                                          .context = context,
                                          .width = 32,
                                          .heads = 4,
                                          .layers = 1,
                                          .hidden = 64,
                                          .tied = false,
                                          .activation = inlay::Activation::relu}>;
constexpr std::size_t batch = 32, steps = 2000;
// A pass of one sequence at a time: more would be faster where there is a cache, and cost 3 KB a row.
using Trainer = inlay::Trainer<
    Model, inlay::TrainerConfig{
               .batch = batch, .slices = 1, .rows_per_pass = context, .workers = 1, .moments = inlay::Lion::moments}>;
using Generator = inlay::Generator<Model>;

// What the program has in RAM. The board adds its stack and a few words of its own.
struct Memory {
  Trainer trainer;
  inlay::Tensor<Token, batch, context> inputs, labels;
};
static_assert(sizeof(Memory) + sizeof(Generator) + INLAY_FIRMWARE_STACK <= 200'000,
              "the sorter is to train in 200 KB of RAM, its stack included");

inline inlay::StepReport train_step(Memory& memory) {
  const std::uint64_t step = memory.trainer.state().step;
  for (std::uint32_t row = 0; row < batch; ++row) {
    const Sequence sequence = sequence_of(training_question(step, row));
    for (std::size_t i = 0; i < context; ++i) {
      memory.inputs(row, i) = sequence[i];
      memory.labels(row, i) = i + 1 < digits ? inlay::ignored_label : sequence[i + 1];
    }
  }
  const float rate = inlay::warmup_cosine(step, {.peak = 1e-3f, .last = 2e-5f, .warmup = 50, .total = steps});
  return memory.trainer.step({memory.inputs.values, {memory.labels.values}},
                             inlay::Lion{.learning_rate = rate, .weight_decay = 0.1f, .clip_norm = 1.0f},
                             inlay::Serial{});
}

// Six digits, sorted by the model.
inline std::array<Token, digits> answer(Generator& generator, const Sequence& sequence) {
  std::array<Token, digits> result{};
  std::size_t count = 0;
  generator.reset();
  generator.write(std::span(sequence).first(digits), digits, inlay::Sampling{.temperature = 0.0f},
                  [&](Token token) { result[count++] = token; });
  return result;
}

// How many of `count` questions that were never trained on get an exact answer.
inline std::uint32_t right_answers(Generator& generator, std::uint32_t count) {
  std::uint32_t right = 0;
  for (std::uint32_t n = 0; n < count; ++n) {
    const Sequence sequence = sequence_of(unseen_question(n));
    const auto given = answer(generator, sequence);
    bool same = true;
    for (std::size_t i = 0; i < digits; ++i) same = same && given[i] == sequence[digits + i];
    right += same;
  }
  return right;
}

}  // namespace sorter
