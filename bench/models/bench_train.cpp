// Whole training steps: forward, backward, clipping, AdamW and the loss read, from tokens in memory to updated
// parameters. presets.hpp has the models.
//
//   tokens/s   rows trained on; a row predicts one token
//   GFLOP/s    by the customary count, 6 (12 layers width^2 + vocabulary width) + 12 layers width context for each row:
//              two operations a multiply-add, forward once and backward twice, attention over the whole context
//   executed   the same without the keys that are masked or padding, in GFLOP/s; what is computed a second time, and
//              everything that is not a matrix product, is not counted
//   peak%      executed, of what fused multiply-adds in registers reach on as many threads
//
// The micro presets train on names: INLAY_NAMES=names.txt bench_train --benchmark_filter=micro

#include <string>

#ifdef INLAY_WITH_TBB
#include <inlay/tbb.hpp>
#endif

#include "models/batches.hpp"
#include "models/presets.hpp"
#include "support/mapped.hpp"
#include "support/measure.hpp"

namespace {

template <class P>
bench::Batches<8, P::batch, P::config.context> batches;

enum class Text { random, names };

template <class P, class Executor>
void train(benchmark::State& state, Text text, const Executor& executor) {
  auto& data = batches<P>;
  if (text == Text::names)
    data.fill_with_names();
  else
    data.fill_randomly(P::config.vocabulary);
  if (bench::available_bytes() < 1.2 * static_cast<double>(sizeof(typename P::Trainer))) {
    state.SkipWithError("too little memory is free");
    return;
  }
  const bench::Mapped<typename P::Trainer> trainer;
  trainer->initialize(inlay::Seed{1});
  std::size_t turn = 0;
  const double seconds = bench::fastest_call(
      state,
      [&] {
        const inlay::AdamW optimizer{.learning_rate = 1e-3F, .beta2 = 0.99F, .weight_decay = 0.1F, .clip_norm = 1.0F};
        float loss = trainer->step(data[turn++ % data.count], optimizer, executor).loss;
        benchmark::DoNotOptimize(loss);
      },
      executor.max_workers(), text == Text::names ? data.count : 1);
  const double rows = static_cast<double>(data.rows()) / static_cast<double>(data.count);
  const double keys = static_cast<double>(data.attended_keys()) / static_cast<double>(data.rows());
  const auto context = static_cast<double>(P::config.context);
  bench::count_operations(state, rows * presets::operations_per_row(P::config, keys), seconds, executor.max_workers());
  state.counters["executed"] = state.counters["GFLOP/s"];
  state.counters["GFLOP/s"] = rows * presets::operations_per_row(P::config, context) / seconds * 1e-9;
  state.counters["tokens/s"] = rows / seconds;
  state.counters["us/step"] = seconds * 1e6;
}

template <class P>
void add(const std::string& name, Text text) {
  const auto serial = [text](benchmark::State& state) { train<P>(state, text, inlay::Serial{}); };
  benchmark::RegisterBenchmark((name + "/one thread").c_str(), serial)->Unit(benchmark::kMicrosecond)->UseRealTime();
}

template <class P>
void add_parallel([[maybe_unused]] const std::string& name, [[maybe_unused]] Text text) {
#ifdef INLAY_WITH_TBB
  const auto parallel = [text](benchmark::State& state) {
    const inlay::Tbb executor{2};
    train<P>(state, text, executor);
  };
  benchmark::RegisterBenchmark((name + "/two threads").c_str(), parallel)->Unit(benchmark::kMicrosecond)->UseRealTime();
#endif
}

[[maybe_unused]] const bool added = [] {
  add<presets::Micro16>("micro16", Text::names);
  add<presets::Micro32>("micro32", Text::names);
  add<presets::Micro64>("micro64", Text::names);
  add<presets::Mcu>("mcu", Text::random);
  add_parallel<presets::Mcu>("mcu", Text::random);
  add<presets::Nano>("nano", Text::random);
  add_parallel<presets::Nano>("nano", Text::random);
  add<presets::Gpt2>("gpt2", Text::random);
  add_parallel<presets::Gpt2>("gpt2", Text::random);
  return true;
}();

}  // namespace
