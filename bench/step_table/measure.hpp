#pragma once
// Measures what the steps of a preset are made of.
//
// Samples of at least 2 ms, traced and untraced in turns; a quarter of them, the fastest, is what counts, so that
// interruptions spoil the others. Ticks are those of the processor's time stamp counter where it has one that is cheap
// to read (x86-64: some 10 ns), turned into seconds by each sample's own duration.

#include <inlay/inlay.hpp>

#include <algorithm>
#include <chrono>

#include "models/batches.hpp"
#include "models/presets.hpp"
#include "step_table/step_table.hpp"
#include "support/machine.hpp"
#include "support/mapped.hpp"

namespace bench {

struct Ticks {
  static std::uint64_t now() noexcept {
#if defined(__x86_64__)
    return __builtin_ia32_rdtsc();
#else
    return static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
#endif
  }
};
using StepTrace = inlay::Trace<Ticks>;

enum class Text { random, names };

template <class P>
Batches<8, P::batch, P::config.context> batches;

struct Sample {
  double seconds;
  std::uint64_t ticks;
  StepTrace trace;
};

// The fastest quarter.
inline void keep_fastest(std::vector<Sample>& samples) {
  std::sort(samples.begin(), samples.end(), [](const Sample& a, const Sample& b) { return a.ticks < b.ticks; });
  samples.resize((samples.size() + 3) / 4);
}

// Adds the spans of a sample of `steps` steps, in seconds. A lane is one of `lanes` that run at the same time.
inline void add(const Sample& sample, double steps, double lanes, StepTable& table) {
  const double tick = sample.seconds / static_cast<double>(sample.ticks);
  sample.trace.visit(
      [&](const inlay::Path& module, const char* kernel, const inlay::SpanTotals& totals, std::size_t lane) {
        const double share = tick / (lane == 0 ? 1.0 : lanes) / steps;
        table.kernels[{module.text().c_str(), kernel}] +=
            {static_cast<double>(totals.calls) / steps, static_cast<double>(totals.self_ticks) * share,
             static_cast<double>(totals.ticks) * share, static_cast<double>(totals.operations) / steps,
             static_cast<double>(totals.bytes) / steps};
      },
      inlay::Path{});
}

template <class P, class Executor>
StepTable measure(const std::string& name, Text text, const Executor& executor, double seconds) {
  using Trainer = typename P::Trainer;
  auto& data = batches<P>;
  if (text == Text::names)
    data.fill_with_names();
  else
    data.fill_randomly(P::config.vocabulary);
  const Mapped<Trainer> trainer;
  trainer->initialize(inlay::Seed{1});

  static StepTrace trace;
  const inlay::Traced traced{executor, trace};
  std::size_t steps = text == Text::names ? data.count : 1;  // of a sample; names differ in length, batch by batch
  std::size_t turn = 0;
  volatile float loss = 0;
  const auto sample = [&](const auto& with) {
    trace.clear();
    const double begin = wall_seconds();
    const std::uint64_t first = Ticks::now();
    for (std::size_t i = 0; i < steps; ++i) {
      const inlay::AdamW optimizer{.learning_rate = 1e-3F, .beta2 = 0.99F, .weight_decay = 0.1F, .clip_norm = 1.0F};
      loss = loss + trainer->step(data[turn++ % data.count], optimizer, with).loss;
    }
    const std::uint64_t ticks = Ticks::now() - first;
    return Sample{wall_seconds() - begin, ticks, trace};
  };
  while (sample(executor).seconds < 2e-3) steps *= 2;  // the warm-up as well
  sample(traced);

  std::vector<Sample> plain, with_spans;
  const double begin = wall_seconds();
  while (plain.size() < 4 || wall_seconds() - begin < seconds) {
    plain.push_back(sample(executor));
    with_spans.push_back(sample(traced));
  }
  keep_fastest(plain);
  keep_fastest(with_spans);

  StepTable table{
      name, executor.max_workers(), static_cast<double>(data.rows()) / static_cast<double>(data.count), 0, 0, {}};
  const std::size_t lanes = std::min({executor.max_workers(), Trainer::slices, Trainer::workers});
  for (const Sample& one : plain) table.untraced_seconds += one.seconds / static_cast<double>(plain.size() * steps);
  for (const Sample& one : with_spans) {
    table.seconds += one.seconds / static_cast<double>(with_spans.size() * steps);
    add(one, static_cast<double>(with_spans.size() * steps), static_cast<double>(lanes), table);
  }
  return table;
}

}  // namespace bench
