// Softmax and cross-entropy of 64 rows of logits, at the vocabularies of names, bytes and GPT-2.

#include <inlay/kernels/softmax.hpp>

#include "support/measure.hpp"

namespace {

namespace kernels = inlay::kernels;

constexpr std::size_t rows = 64, widest = 50257;
alignas(64) float logits[rows * widest], y[rows * widest];

std::size_t prepare(const benchmark::State& state) {
  const auto width = static_cast<std::size_t>(state.range(0));
  for (std::size_t i = 0; i < rows * width; ++i) logits[i] = static_cast<float>(i % 1009) * 0.01F - 5.0F;
  return width;
}

void count(benchmark::State& state, std::size_t width, double seconds) {
  const std::size_t bytes = 2 * rows * width * sizeof(float);
  bench::count_bytes(state, static_cast<double>(bytes), seconds, bytes);
  state.counters["numbers/s"] = static_cast<double>(rows * width) / seconds;
}

void softmax(benchmark::State& state) {
  const std::size_t width = prepare(state);
  const double seconds = bench::fastest_call(state, [&] {
    kernels::softmax(rows, width, logits, y);
    benchmark::DoNotOptimize(y[0]);
    benchmark::ClobberMemory();
  });
  count(state, width, seconds);
}

// The loss, and the logits replaced by their gradient; the gradients of one call are the logits of the next, which
// changes nothing about the work.
void cross_entropy(benchmark::State& state) {
  const std::size_t width = prepare(state);
  const double seconds = bench::fastest_call(state, [&] {
    float loss = 0;
    for (std::size_t i = 0; i < rows; ++i)
      loss += kernels::cross_entropy_row(width, logits + i * width, static_cast<std::uint32_t>(i % width), 0.0F, 1.0F);
    benchmark::DoNotOptimize(loss);
    benchmark::ClobberMemory();
  });
  count(state, width, seconds);
}

BENCHMARK(softmax)->ArgName("vocabulary")->Arg(27)->Arg(256)->Arg(50257);
BENCHMARK(cross_entropy)->ArgName("vocabulary")->Arg(27)->Arg(256)->Arg(50257);

}  // namespace
