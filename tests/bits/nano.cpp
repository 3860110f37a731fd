// pinned: 3abe764b93ced197
// pinned without a fused multiply-add: 83d0e9763c59c4e8
// variants: O2
// The first fifty of the two thousand steps in which character_gpt learns: its `nano` shape and its recipe, on our
// text.
#include "bits/recipe.hpp"

using Model = inlay::Gpt<inlay::GptConfig{.vocabulary = 256,
                                          .context = 64,
                                          .width = 128,
                                          .heads = 4,
                                          .layers = 4,
                                          .biases = false,
                                          .activation = inlay::Activation::gelu_erf}>;
constexpr inlay::TrainerConfig config{.batch = 12};
constexpr recipe::Run<inlay::AdamW> run{
    .steps = 50,
    .packed = false,
    .warmup = 100,
    .total = 2000,
    .optimizer = {.learning_rate = 1e-3f, .beta2 = 0.99f, .weight_decay = 0.1f, .clip_norm = 1.0f}};

static recipe::Storage<Model, config> storage;
static inlay::Generator<Model> generator{storage.trainer.parameters()};

int main() {
  float loss = 0.0f;
  const std::uint64_t hash = recipe::run(storage, generator, run, inlay::Serial{}, loss);
  return recipe::print(hash, loss);
}
