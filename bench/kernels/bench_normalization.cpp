// Normalisation of 64 rows, which is what a pass of a small model brings, and what is left in the second-level cache.

#include <inlay/kernels/normalization.hpp>

#include "support/measure.hpp"

namespace {

namespace kernels = inlay::kernels;
using kernels::Centered;

constexpr std::size_t rows = 64, widest = 768;
constexpr float epsilon = 1e-5F;

alignas(64) float x[rows * widest], y[rows * widest], dy[rows * widest], dx[rows * widest];
alignas(64) float gain[widest], bias[widest], dgain[widest], dbias[widest];
float mean[rows], scale[rows];

std::size_t prepare(const benchmark::State& state) {
  const auto width = static_cast<std::size_t>(state.range(0));
  for (std::size_t i = 0; i < rows * width; ++i) {
    x[i] = static_cast<float>(i % 17) * 0.1F - 0.8F;
    dy[i] = static_cast<float>(i % 13) * 0.01F - 0.06F;
  }
  for (std::size_t j = 0; j < width; ++j) {
    gain[j] = 1;
    bias[j] = dgain[j] = dbias[j] = 0;
  }
  return width;
}

// `tensors`: how many of rows x width are read and written.
void count(benchmark::State& state, std::size_t width, std::size_t tensors, double seconds) {
  const std::size_t bytes = tensors * rows * width * sizeof(float);
  bench::count_bytes(state, static_cast<double>(bytes), seconds, bytes);
}

template <Centered C>
void forward(benchmark::State& state) {
  const std::size_t width = prepare(state);
  const double seconds = bench::fastest_call(state, [&] {
    kernels::normalize<C>(rows, width, epsilon, x, gain, C == Centered::yes ? bias : nullptr, y, mean, scale);
    benchmark::DoNotOptimize(y[0]);
    benchmark::ClobberMemory();
  });
  count(state, width, 2, seconds);
}

template <Centered C>
void backward(benchmark::State& state) {
  const std::size_t width = prepare(state);
  kernels::normalize<C>(rows, width, epsilon, x, gain, C == Centered::yes ? bias : nullptr, y, mean, scale);
  const double seconds = bench::fastest_call(state, [&] {
    kernels::normalize_gradients<C>(rows, width, x, mean, scale, dy, dgain, C == Centered::yes ? dbias : nullptr);
    kernels::normalize_backward<C>(rows, width, x, gain, mean, scale, dy, dx);
    benchmark::DoNotOptimize(dx[0]);
    benchmark::ClobberMemory();
  });
  count(state, width, 3, seconds);
}

constexpr auto widths = [](auto* benchmark) { benchmark->ArgName("width")->Arg(32)->Arg(128)->Arg(768); };

BENCHMARK_TEMPLATE(forward, Centered::yes)->Name("layer_norm/forward")->Apply(widths);
BENCHMARK_TEMPLATE(backward, Centered::yes)->Name("layer_norm/backward")->Apply(widths);
BENCHMARK_TEMPLATE(forward, Centered::no)->Name("rms_norm/forward")->Apply(widths);
BENCHMARK_TEMPLATE(backward, Centered::no)->Name("rms_norm/backward")->Apply(widths);

}  // namespace
