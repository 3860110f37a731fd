// Writing with `nano` on one thread, one token after the other, into an empty cache up to its context.
//
//   tokens/s   tokens written, sampling included
//   GB/s       of parameters read: each of them once a token
//   read%      of the speed at which as many bytes are read

#include <inlay/generation/generator.hpp>

#include "models/presets.hpp"
#include "support/measure.hpp"

namespace {

using Model = presets::Nano::Model;
using Generator = inlay::Generator<Model>;

inlay::ParametersOf<Model> parameters;

void decode(benchmark::State& state, const inlay::Sampling& sampling) {
  inlay::initialize<Model>(parameters, inlay::Seed{1});
  static Generator generator{parameters};
  constexpr std::size_t tokens = Model::context - 1;  // after a prompt of one
  const double seconds = bench::fastest_call(state, [&] {
    generator.reset();
    inlay::Token sum = 0;
    generator.write("T", tokens, sampling, [&](inlay::Token token) { sum += token; });
    benchmark::DoNotOptimize(sum);
  });
  const double rate = static_cast<double>(tokens) / seconds;
  constexpr std::size_t bytes = sizeof parameters;
  bench::count_bytes(state, static_cast<double>(bytes) * rate, 1, bytes);
  state.counters["tokens/s"] = rate;
}

BENCHMARK_CAPTURE(decode, greedy, inlay::Sampling{.temperature = 0.0F});
BENCHMARK_CAPTURE(decode, sampled, inlay::Sampling{.temperature = 0.8F, .top_k = 40});

}  // namespace
