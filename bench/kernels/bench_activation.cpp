// Activations of 64 rows of a feed-forward of width 128, hidden width 512.

#include <inlay/kernels/activation.hpp>

#include "support/measure.hpp"

namespace {

namespace kernels = inlay::kernels;
using inlay::Activation;

constexpr std::size_t numbers = 64 * 512;
alignas(64) float x[numbers], y[numbers], dy[numbers], dx[numbers];

void prepare() {
  for (std::size_t i = 0; i < numbers; ++i) {
    x[i] = static_cast<float>(i % 1009) * 0.01F - 5.0F;
    dy[i] = static_cast<float>(i % 13) * 0.01F - 0.06F;
  }
}

void count(benchmark::State& state, std::size_t tensors, double seconds) {
  constexpr std::size_t bytes = numbers * sizeof(float);
  bench::count_bytes(state, static_cast<double>(tensors * bytes), seconds, tensors * bytes);
  state.counters["numbers/s"] = static_cast<double>(numbers) / seconds;
}

template <Activation A>
void forward(benchmark::State& state) {
  prepare();
  const double seconds = bench::fastest_call(state, [] {
    kernels::activate<A>(numbers, x, y);
    benchmark::DoNotOptimize(y[0]);
    benchmark::ClobberMemory();
  });
  count(state, 2, seconds);
}

template <Activation A>
void backward(benchmark::State& state) {
  prepare();
  const double seconds = bench::fastest_call(state, [] {
    kernels::activate_backward<A>(numbers, x, dy, dx);
    benchmark::DoNotOptimize(dx[0]);
    benchmark::ClobberMemory();
  });
  count(state, 3, seconds);
}

BENCHMARK_TEMPLATE(forward, Activation::relu)->Name("relu/forward");
BENCHMARK_TEMPLATE(backward, Activation::relu)->Name("relu/backward");
BENCHMARK_TEMPLATE(forward, Activation::gelu_erf)->Name("gelu_erf/forward");
BENCHMARK_TEMPLATE(backward, Activation::gelu_erf)->Name("gelu_erf/backward");
BENCHMARK_TEMPLATE(forward, Activation::gelu_tanh)->Name("gelu_tanh/forward");
BENCHMARK_TEMPLATE(backward, Activation::gelu_tanh)->Name("gelu_tanh/backward");
BENCHMARK_TEMPLATE(forward, Activation::silu)->Name("silu/forward");
BENCHMARK_TEMPLATE(backward, Activation::silu)->Name("silu/backward");

}  // namespace
