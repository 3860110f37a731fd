// pinned: a2f64eb37a6a0a51
// pinned without a fused multiply-add: a53ade90cba1d84a
// What bits.cpp leaves out: normalisation after the blocks, RMS norm, GELU by tanh, sinusoidal positions, an output
// layer of its own, widths off every vector, one slice, recomputation, and gradient descent with momentum.
#include "bits/recipe.hpp"

using Model = inlay::Gpt<inlay::GptConfig{.vocabulary = 256,
                                          .context = 19,
                                          .width = 21,
                                          .heads = 3,
                                          .layers = 2,
                                          .hidden = 50,
                                          .tied = false,
                                          .activation = inlay::Activation::gelu_tanh,
                                          .norm = inlay::NormKind::root_mean_square,
                                          .placement = inlay::NormPlacement::after,
                                          .positions = inlay::Positions::sinusoidal}>;
constexpr inlay::TrainerConfig config{.batch = 5, .slices = 1, .recompute = inlay::Recompute::block};
constexpr recipe::Run<inlay::Sgd> run{
    .steps = 50,
    .packed = true,
    .warmup = 5,
    .total = 50,
    .optimizer = {.learning_rate = 0.3f, .momentum = 0.9f, .weight_decay = 1e-4f, .clip_norm = 1.0f}};

static recipe::Storage<Model, config> storage;
static inlay::Generator<Model> generator{storage.trainer.parameters()};

int main() {
  float loss = 0.0f;
  const std::uint64_t hash = recipe::run(storage, generator, run, inlay::Serial{}, loss);
  return recipe::print(hash, loss);
}
