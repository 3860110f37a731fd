// Writing from the key/value cache, one token after the other, into an empty cache up to the context: `nano`, whose
// weights stay in the second-level cache, and `gpt2`, whose 500 MB come from memory for each token; one stream through
// the Generator, and eight streams in one call of the model, whose weights are then read once for eight tokens.
//
//   tokens/s         of all streams, in the fastest pass; of one stream, choosing the token is included
//   p50, p99, worst  microseconds from one token of a stream to the next, over all passes
//   GB/s, read%      of parameters, each read once a call; of the speed at which as many bytes are read by one thread

#include <inlay/generation/generator.hpp>

#include <algorithm>
#include <vector>

#ifdef INLAY_WITH_TBB
#include <inlay/tbb.hpp>
#endif

#include "models/presets.hpp"
#include "support/mapped.hpp"
#include "support/measure.hpp"

namespace {

// pass(next) writes a context full of tokens, and calls next() after each.
template <class Pass>
void measure(benchmark::State& state, std::size_t streams, std::size_t bytes, Pass&& pass) {
  std::vector<double> intervals;
  double fastest = 1e9;
  pass([] {});  // warm-up
  for ([[maybe_unused]] auto _ : state) {
    const double begin = bench::wall_seconds();
    double last = begin;
    const std::size_t before = intervals.size();
    pass([&] {
      const double now = bench::wall_seconds();
      intervals.push_back(now - last);
      last = now;
    });
    fastest = std::min(fastest, (last - begin) / static_cast<double>(intervals.size() - before));
  }
  if (intervals.empty()) return;
  std::sort(intervals.begin(), intervals.end());
  const auto percentile = [&](std::size_t percent) { return intervals[(intervals.size() - 1) * percent / 100] * 1e6; };
  bench::count_bytes(state, static_cast<double>(bytes), fastest, bytes);
  state.counters["tokens/s"] = static_cast<double>(streams) / fastest;
  state.counters["p50"] = percentile(50);
  state.counters["p99"] = percentile(99);
  state.counters["worst"] = percentile(100);
}

template <class Model>
using Parameters = bench::Mapped<inlay::ParametersOf<Model>>;

template <class Model, class Executor>
void one_stream(benchmark::State& state, const inlay::Sampling& sampling, const Executor& executor) {
  using Generator = inlay::Generator<Model, inlay::GeneratorConfig{.workers = 2}>;
  if (bench::available_bytes() < 1.2 * static_cast<double>(sizeof(inlay::ParametersOf<Model>))) {
    state.SkipWithError("too little memory is free");
    return;
  }
  const Parameters<Model> parameters;
  inlay::initialize<Model>(*parameters, inlay::Seed{1});
  const auto generator = std::make_unique<Generator>(*parameters);
  measure(state, 1, sizeof(*parameters), [&](auto next) {
    generator->reset();
    inlay::Token sum = 0;
    const inlay::Token prompt[] = {'T'};
    generator->write(
        std::span<const inlay::Token>(prompt), Model::context - 1, sampling,
        [&](inlay::Token token) {
          sum += token;
          next();
        },
        executor);
    benchmark::DoNotOptimize(sum);
  });
}

// Everything that `Streams` sequences need to be written side by side.
template <class Model, std::size_t Streams>
struct Streaming {
  static constexpr inlay::Extent extent{.rows = Streams, .training = false};
  inlay::BuffersOf<Model> buffers;
  inlay::StateOf<Model, Streams> state;
  inlay::ActivationsOf<Model, extent> activations;
  inlay::WorkspaceOf<Model, extent> workspace;
  inlay::Tensor<float, Streams, Model::vocabulary> logits;
};

template <class Model, std::size_t Streams>
void streams(benchmark::State& state) {
  using S = Streaming<Model, Streams>;
  if (bench::available_bytes() < 1.2 * static_cast<double>(sizeof(inlay::ParametersOf<Model>))) {
    state.SkipWithError("too little memory is free");
    return;
  }
  const Parameters<Model> parameters;
  inlay::initialize<Model>(*parameters, inlay::Seed{1});
  const bench::Mapped<S> streaming;
  std::uint32_t offsets[Streams + 1], starts[Streams];
  inlay::Token tokens[Streams];
  for (std::size_t s = 0; s <= Streams; ++s) offsets[s] = static_cast<std::uint32_t>(s);
  const inlay::Serial executor;
  measure(state, Streams, sizeof(*parameters), [&](auto next) {
    for (std::size_t position = 0; position < Model::context; ++position) {
      for (std::size_t s = 0; s < Streams; ++s) {
        starts[s] = static_cast<std::uint32_t>(position);
        tokens[s] = static_cast<inlay::Token>((7 * position + 31 * s) % Model::vocabulary);
      }
      const inlay::Call call{.packing = {offsets, Streams, starts}, .logits = inlay::Logits::last_of_each_sequence};
      const inlay::Forward<inlay::ParametersOf<Model>, inlay::BuffersOf<Model>, inlay::StateOf<Model, Streams>,
                           inlay::ActivationsOf<Model, S::extent>, inlay::WorkspaceOf<Model, S::extent>, inlay::Serial>
          frame{*parameters, streaming->buffers, streaming->state, streaming->activations, streaming->workspace,
                call,        executor,           inlay::Stream{}};
      Model::forward(frame, tokens, inlay::Rows<float, Model::vocabulary>(streaming->logits, Streams));
      benchmark::DoNotOptimize(streaming->logits(0, 0));
      next();
    }
  });
}

template <class Preset>
void add(const std::string& name) {
  using Model = typename Preset::Model;
  const auto register_one = [&](const char* what, auto run) {
    benchmark::RegisterBenchmark((name + "/" + what).c_str(), run)->Unit(benchmark::kMillisecond)->UseRealTime();
  };
  const inlay::Sampling greedy{.temperature = 0.0F}, sampled{.temperature = 0.8F, .top_k = 40};
  register_one("greedy", [=](benchmark::State& state) { one_stream<Model>(state, greedy, inlay::Serial{}); });
  register_one("sampled", [=](benchmark::State& state) { one_stream<Model>(state, sampled, inlay::Serial{}); });
#ifdef INLAY_WITH_TBB
  register_one("greedy, two threads",
               [=](benchmark::State& state) { one_stream<Model>(state, greedy, inlay::Tbb{2}); });
#endif
  register_one("eight streams", [](benchmark::State& state) { streams<Model, 8>(state); });
}

[[maybe_unused]] const bool added = [] {
  add<presets::Nano>("nano");
  add<presets::Gpt2>("gpt2");
  return true;
}();

}  // namespace
