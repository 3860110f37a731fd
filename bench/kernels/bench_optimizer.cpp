// What happens to gradients once they are there, for as many parameters as `micro16` and `nano` have, and for more than
// second-level caches hold. Bytes count each array twice, read and written.

#include <inlay/kernels/optimizer.hpp>

#include "support/measure.hpp"

namespace {

namespace kernels = inlay::kernels;

constexpr std::size_t most = std::size_t{8} << 20;
alignas(64) float parameters[most], gradients[most], first_moments[most], second_moments[most];

std::size_t prepare(const benchmark::State& state) {
  const auto size = static_cast<std::size_t>(state.range(0));
  for (std::size_t i = 0; i < size; ++i) {
    parameters[i] = static_cast<float>(i % 17) * 0.01F;
    first_moments[i] = 0.001F;
    second_moments[i] = 0.001F;
  }
  return size;
}

void count(benchmark::State& state, std::size_t size, std::size_t arrays, double seconds) {
  const std::size_t bytes = arrays * size * sizeof(float);
  bench::count_bytes(state, 2.0 * static_cast<double>(bytes), seconds, bytes);
  state.counters["parameters/s"] = static_cast<double>(size) / seconds;
}

// The betas are 1: gradients are zero after an update, and moments that decay would sink to denormal numbers, which no
// training sees. The instructions are the same.
void adam(benchmark::State& state) {
  const std::size_t size = prepare(state);
  const kernels::AdamStep step{.learning_rate = 1e-3F,
                               .beta1 = 1,
                               .beta2 = 1,
                               .epsilon = 1e-8F,
                               .decoupled_decay = 0.1F,
                               .added_decay = 0,
                               .correction1 = 1,
                               .correction2 = 1,
                               .factor = 1};
  const double seconds = bench::fastest_call(state, [&] {
    kernels::adam(size, step, parameters, gradients, first_moments, second_moments);
    benchmark::DoNotOptimize(parameters[0]);
    benchmark::ClobberMemory();
  });
  count(state, size, 4, seconds);
}

// The gradients of one slice, added to those of the first.
void merge(benchmark::State& state) {
  const std::size_t size = prepare(state);
  const double seconds = bench::fastest_call(state, [&] {
    kernels::take(size, gradients, parameters);
    benchmark::DoNotOptimize(parameters[0]);
    benchmark::ClobberMemory();
  });
  count(state, size, 2, seconds);
}

constexpr auto sizes = [](auto* benchmark) {
  benchmark->ArgName("parameters")->Arg(3 << 10)->Arg(800 << 10)->Arg(most);
};

BENCHMARK(adam)->Apply(sizes);
BENCHMARK(merge)->Apply(sizes);

}  // namespace
