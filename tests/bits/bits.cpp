// pinned: fd129e4f1442747b
// pinned without a fused multiply-add: 5a4bec801b47e1d0
// Fifty steps and 64 tokens of a small model with dropout, GELU by erf, layer normalisation and packed sequences.
#include "bits/recipe.hpp"

static recipe::Storage<recipe::SmallModel, recipe::small_config> storage;
static inlay::Generator<recipe::SmallModel> generator{storage.trainer.parameters()};

int main() {
  float loss = 0.0f;
  const std::uint64_t hash = recipe::run(storage, generator, recipe::small_run, inlay::Serial{}, loss);
  return recipe::print(hash, loss);
}
