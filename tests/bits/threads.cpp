// pinned: fd129e4f1442747b
// pinned without a fused multiply-add: 5a4bec801b47e1d0
// variants: O2
// The run of bits.cpp on one, two, three and eight threads: its hash, from each of them.
#include "bits/recipe.hpp"
#include "parallel/thread_pool.hpp"

static recipe::Storage<recipe::SmallModel, recipe::small_config> storage;
static inlay::Generator<recipe::SmallModel> generator{storage.trainer.parameters()};

int main() {
  float loss = 0.0f;
  const std::uint64_t hash = recipe::run(storage, generator, recipe::small_run, inlay::Serial{}, loss);
  for (const std::size_t threads : {1u, 2u, 3u, 8u}) {
    const std::uint64_t other = recipe::run(storage, generator, recipe::small_run, ThreadPool{threads}, loss);
    if (other != hash) {
      std::printf("other bits on %u threads than without: ", static_cast<unsigned>(threads));
      return recipe::print(other, loss);
    }
  }
  return recipe::print(hash, loss);
}
