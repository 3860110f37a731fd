// The work whose instructions check.py counts: work CASE does what CASE names, on one thread, inside measured(), which
// is what the counter watches. Preparation and output stay outside of it.
//
//   micro16, mcu, nano   training steps of a preset of models/presets.hpp: forward, backward, clipping, AdamW;
//                        nano with one sequence instead of 12
//   context              a training step of a narrow model with a long context: attention is a third of it
//   prompt               reading half a context of nano into an empty cache
//   decode               writing with nano up to its context, the most probable token each time
//   sample               the same with a temperature and top-k
//
// Little work is enough: a run repeats its count to a few instructions. And little it has to be: the counter computes a
// fused multiply-add in software, and nano's whole batch took it a minute.

#include <cstdio>
#include <string_view>

#include "models/batches.hpp"
#include "models/presets.hpp"

namespace {

using Nano = presets::Nano::Model;
using LongContext =
    presets::Preset<inlay::GptConfig{.vocabulary = 32, .context = 256, .width = 32, .heads = 2, .layers = 1}, 1>;
using Generator = inlay::Generator<Nano>;

// Not inline: the counter finds it by its name.
template <class Work>
[[gnu::noinline]] void measured(Work&& work) {
  work();
}

enum class Text { random, names };

template <class P, std::size_t Sequences = P::batch>
float train(std::size_t steps, Text text) {
  static typename P::Trainer trainer;
  static bench::Batches<8, Sequences, P::config.context> batches;
  if (text == Text::names)
    batches.fill_with_names();
  else
    batches.fill_randomly(P::config.vocabulary);
  trainer.initialize(inlay::Seed{1});
  float loss = 0;
  measured([&] {
    const inlay::AdamW optimizer{.learning_rate = 1e-3F, .beta2 = 0.99F, .weight_decay = 0.1F, .clip_norm = 1.0F};
    for (std::size_t step = 0; step < steps; ++step)
      loss = trainer.step(batches[step % batches.count], optimizer, inlay::Serial{}).loss;
  });
  return loss;
}

Generator& generator() {
  static inlay::ParametersOf<Nano> parameters;
  inlay::initialize<Nano>(parameters, inlay::Seed{1});
  static Generator result{parameters};
  return result;
}

float prompt() {
  Generator& reader = generator();
  inlay::Token tokens[Nano::context / 2];
  bench::Numbers numbers;
  for (inlay::Token& token : tokens) token = numbers.below(Nano::vocabulary);
  measured([&] { reader.read(tokens); });
  return reader.logits()(0, 0);
}

float decode(const inlay::Sampling& sampling) {
  Generator& writer = generator();
  inlay::Token sum = 0;
  measured([&] { writer.write("T", Nano::context - 1, sampling, [&](inlay::Token token) { sum += token; }); });
  return static_cast<float>(sum);
}

}  // namespace

int main(int count, char** arguments) {
  const std::string_view name = count == 2 ? arguments[1] : "";
  float result = 0;
  if (name == "micro16")
    result = train<presets::Micro16>(8, Text::names);
  else if (name == "mcu")
    result = train<presets::Mcu>(2, Text::random);
  else if (name == "nano")
    result = train<presets::Nano, 1>(1, Text::random);
  else if (name == "context")
    result = train<LongContext>(1, Text::random);
  else if (name == "prompt")
    result = prompt();
  else if (name == "decode")
    result = decode({.temperature = 0.0F});
  else if (name == "sample")
    result = decode({.temperature = 0.8F, .top_k = 40});
  else
    return 2;
  std::printf("%.6f\n", static_cast<double>(result));
}
