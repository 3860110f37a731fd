// Causal attention of one head over one sequence, as a pass of a model runs it.
//
// Operations: the products alone, over the keys that a row sees. Forward has two (Q K^T, P V), backward five
// (Q K^T again, dO V^T, P^T dO, dS K, dS^T Q); the exponentials come on top and are not counted.

#include <inlay/kernels/attention.hpp>
#include <inlay/kernels/attention_backward.hpp>

#include "support/measure.hpp"

namespace {

namespace kernels = inlay::kernels;

constexpr std::size_t most_keys = 1024, widest_head = 64, heads = 4;
constexpr std::size_t most_values = most_keys * widest_head * heads;

// Rows hold all heads, as in a model; the head that is measured is the first.
alignas(64) float query[most_values], key[most_values], value[most_values], output[most_values];
alignas(64) float doutput[most_values], dquery[most_values], dkey[most_values], dvalue[most_values];
alignas(64) float scratch[kernels::attention_backward_floats(most_keys, widest_head)];
float row_maximum[most_keys], row_scale[most_keys];

kernels::AttentionShape prepare(const benchmark::State& state) {
  const auto context = static_cast<std::size_t>(state.range(0));
  const auto head_width = static_cast<std::size_t>(state.range(1));
  const std::size_t stride = heads * head_width;
  for (std::size_t i = 0; i < context * stride; ++i) {
    query[i] = static_cast<float>(i % 7) * 0.1F - 0.3F;
    key[i] = static_cast<float>(i % 11) * 0.1F - 0.5F;
    value[i] = static_cast<float>(i % 5) * 0.1F - 0.2F;
    doutput[i] = static_cast<float>(i % 13) * 0.01F - 0.06F;
    dkey[i] = dvalue[i] = 0;
  }
  return {context, context, 0, head_width, stride, stride, head_width == 32 ? 0.17677670F : 0.125F, true};
}

void forward_once(const kernels::AttentionShape& shape) {
  kernels::attend(shape, query, key, value, output, row_maximum, row_scale, {}, scratch);
  benchmark::DoNotOptimize(output[0]);
  benchmark::ClobberMemory();
}

// Two operations for each element of Q K^T that is not masked and each column.
double operations_of_product(const kernels::AttentionShape& shape) {
  const auto keys = static_cast<double>(shape.keys);
  return 2 * static_cast<double>(shape.head_width) * keys * (keys + 1) / 2;
}

void forward(benchmark::State& state) {
  const kernels::AttentionShape shape = prepare(state);
  const double seconds = bench::fastest_call(state, [&] { forward_once(shape); });
  bench::count_operations(state, 2 * operations_of_product(shape), seconds);
}

void backward(benchmark::State& state) {
  const kernels::AttentionShape shape = prepare(state);
  forward_once(shape);
  const double seconds = bench::fastest_call(state, [&] {
    kernels::attend_backward(shape, query, key, value, output, doutput, row_maximum, row_scale, {dquery, dkey, dvalue},
                             {}, scratch);
    benchmark::DoNotOptimize(dquery[0]);
    benchmark::ClobberMemory();
  });
  bench::count_operations(state, 5 * operations_of_product(shape), seconds);
}

BENCHMARK(forward)->ArgsProduct({{64, 256, 1024}, {32, 64}})->ArgNames({"context", "head_width"});
BENCHMARK(backward)->ArgsProduct({{64, 256, 1024}, {32, 64}})->ArgNames({"context", "head_width"});

}  // namespace
