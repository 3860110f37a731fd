// A program that trains and generates with every part of a Gpt, for what is in it: see CMakeLists.txt.
#include <inlay/inlay.hpp>

#include <cstdio>

namespace {

constexpr std::size_t context = 32;

// One model with each kind of part, so that no function of the core is left out.
using Model = inlay::Gpt<inlay::GptConfig{.vocabulary = 256,
                                          .context = context,
                                          .width = 32,
                                          .heads = 2,
                                          .layers = 2,
                                          .activation = inlay::Activation::gelu_erf,
                                          .dropout = 0.1f}>;
using Other = inlay::Gpt<inlay::GptConfig{.vocabulary = 256,
                                          .context = context,
                                          .width = 30,
                                          .heads = 3,
                                          .layers = 1,
                                          .tied = false,
                                          .activation = inlay::Activation::gelu_tanh,
                                          .norm = inlay::NormKind::root_mean_square,
                                          .placement = inlay::NormPlacement::after,
                                          .positions = inlay::Positions::sinusoidal}>;

template <class M>
struct Program {
  using Trainer = inlay::Trainer<M, inlay::TrainerConfig{.batch = 4}>;
  static Trainer trainer;
  static inlay::Generator<M> generator;

  static int run() {
    static inlay::Token inputs[4 * context], labels[4 * context];
    for (std::size_t i = 0; i < 4 * context; ++i) {
      inputs[i] = static_cast<inlay::Token>('a' + i % 7);
      labels[i] = static_cast<inlay::Token>('a' + (i + 1) % 7);
    }
    trainer.initialize(inlay::Seed{1});
    inlay::StepReport report{};
    for (std::size_t step = 0; step < 60; ++step) {
      const inlay::AdamW optimizer{
          .learning_rate = inlay::warmup_cosine(step, {.peak = 1e-2f, .warmup = 5, .total = 60}), .clip_norm = 1.0f};
      report = trainer.step({inputs, {labels}}, optimizer, inlay::Serial{});
    }
    const float loss = trainer.evaluate({inputs, {labels}}, inlay::Serial{});
    std::size_t right = 0, expected = 0;
    generator.write("abcd", 12, inlay::Sampling{.top_k = 2, .top_p = 0.5f},
                    [&](inlay::Token token) { right += token == 'a' + (4 + expected++) % 7; });
    std::printf("loss %.4f, %d of 12 tokens right\n", static_cast<double>(loss), static_cast<int>(right));
    return report.skipped || !(loss < 1.0f) || right < 10;
  }
};
// Storage of static duration: all-zero at the start, so none of it is in the file.
template <class M>
typename Program<M>::Trainer Program<M>::trainer;
template <class M>
inlay::Generator<M> Program<M>::generator{Program<M>::trainer.parameters()};

// Not a template, as in most programs: a compiler that runs constructors itself does so here.
inlay::Trainer<Model, inlay::TrainerConfig{.batch = 2}> plain_trainer;
inlay::Generator<Model> plain_generator{plain_trainer.parameters()};

}  // namespace

int main() {
  plain_trainer.initialize(inlay::Seed{2});
  plain_generator.write("ab", 1, inlay::Sampling{}, [](inlay::Token) {});
  return Program<Model>::run() + Program<Other>::run();
}
