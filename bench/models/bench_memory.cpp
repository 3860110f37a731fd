// What memory costs in time: the bytes of a trainer against the time of a step, for the recomputation policies, the
// number of slices and the rows of a pass. nano on one and on two threads; gpt2 (2 to 3 GB) where the machine has that
// much free memory.
//
//   bench_memory [nano|gpt2]     prints tables in Markdown, and draws memory.svg in the build folder
//
// Configurations of nano take turns, a few steps each, so that all see the same machine; a figure is the fastest turn,
// by processor time on one thread and by time that passes on two. A configuration is
//
//   recompute   what backward computes again instead of reading it (Recompute in modules/module.hpp)
//   slices      parts of the batch with gradients of their own; with one slice threads work inside the kernels
//   rows        of a pass; lanes: passes that can run at the same time, each with activations of its own
//
// All memory is asked for at once and touched when it is used first.

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#ifdef INLAY_WITH_TBB
#include <inlay/tbb.hpp>
#endif

#include "models/batches.hpp"
#include "models/presets.hpp"
#include "support/format.hpp"
#include "support/machine.hpp"
#include "support/mapped.hpp"
#include "support/picture.hpp"

namespace {

using inlay::Recompute;

constexpr double mebi = 1024.0 * 1024.0;
constexpr double limit_of_nano = 40 * mebi;

struct Configuration {
  Recompute recompute;
  std::size_t slices, rows, lanes;
  bool is_default;
  inlay::Footprint footprint;
  std::function<void(std::size_t threads)> step;
  double milliseconds[2];  // of a step, on one thread and on two

  double mebibytes() const { return static_cast<double>(footprint.total()) / mebi; }
  bool fits() const { return static_cast<double>(footprint.total()) <= limit_of_nano; }
};

const char* name_of(Recompute recompute) {
  return recompute == Recompute::none ? "none" : recompute == Recompute::cheap ? "cheap" : "block";
}

#ifdef INLAY_WITH_TBB
const inlay::Tbb& two_threads() {
  static const inlay::Tbb executor{2};
  return executor;
}
#endif

std::size_t most_threads() {
#ifdef INLAY_WITH_TBB
  return 2;
#else
  return 1;
#endif
}

template <class P, inlay::TrainerConfig C>
Configuration configuration() {
  using Trainer = inlay::Trainer<typename P::Model, C>;
  static bench::Batches<2, P::batch, P::config.context> batches;
  batches.fill_randomly(P::config.vocabulary);
  const auto trainer = std::make_shared<bench::Mapped<Trainer>>();
  (*trainer)->initialize(inlay::Seed{1});
  const auto step = [trainer, turn = std::size_t{0}](std::size_t threads) mutable {
    const inlay::AdamW optimizer{.learning_rate = 1e-4F, .weight_decay = 0.1F, .clip_norm = 1.0F};
    const inlay::Batch batch = batches[turn++ % batches.count];
#ifdef INLAY_WITH_TBB
    if (threads == 2) {
      (*trainer)->step(batch, optimizer, two_threads());
      return;
    }
#endif
    if (threads == 1) (*trainer)->step(batch, optimizer, inlay::Serial{});
  };
  const bool is_default = C.slices == 0 && C.rows_per_pass == 0 && C.workers == 0 && C.recompute == Recompute::none;
  constexpr inlay::Footprint footprint = Trainer::footprint();
  return {C.recompute, Trainer::slices, Trainer::rows_per_pass, footprint.workers, is_default, footprint,
          step,        {1e9, 1e9}};
}

// Of a step, in a turn of `steps`.
double milliseconds(const Configuration& c, std::size_t threads, std::size_t steps) {
  const auto now = threads == 1 ? bench::thread_seconds : bench::wall_seconds;
  const double begin = now();
  for (std::size_t i = 0; i < steps; ++i) c.step(threads);
  return (now() - begin) * 1e3 / static_cast<double>(steps);
}

void print(const std::vector<Configuration>& configurations) {
  std::puts("| recompute | slices | rows | lanes | MiB    | of it activations | ms, one thread | ms, two threads |");
  std::puts("|-----------|--------|------|-------|--------|-------------------|----------------|-----------------|");
  for (const Configuration& c : configurations) {
    const std::string two = most_threads() == 2 ? examples::fixed(c.milliseconds[1], 2) : "-";
    std::printf("| %-9s | %6zu | %4zu | %5zu | %6.1f | %17.1f | %14.2f | %15s |%s\n", name_of(c.recompute), c.slices,
                c.rows, c.lanes, c.mebibytes(), static_cast<double>(c.footprint.activations) / mebi, c.milliseconds[0],
                two.c_str(), c.is_default ? " default" : "");
  }
}

void print_fastest(const std::vector<Configuration>& configurations) {
  for (std::size_t threads = 1; threads <= most_threads(); ++threads) {
    const Configuration* fastest = nullptr;
    const Configuration* standard = nullptr;
    for (const Configuration& c : configurations) {
      if (c.is_default) standard = &c;
      if (c.fits() && (fastest == nullptr || c.milliseconds[threads - 1] < fastest->milliseconds[threads - 1]))
        fastest = &c;
    }
    std::printf("Fastest within 40 MiB on %zu thread%s: recompute %s, slices %zu, rows %zu, lanes %zu: %.2f ms",
                threads, threads == 1 ? "" : "s", name_of(fastest->recompute), fastest->slices, fastest->rows,
                fastest->lanes, fastest->milliseconds[threads - 1]);
    std::printf("; the default takes %.2f ms\n", standard->milliseconds[threads - 1]);
  }
}

// For each policy the configurations that no smaller one beats.
void draw(std::vector<Configuration> configurations) {
  std::ranges::sort(configurations, {}, &Configuration::mebibytes);
  examples::Plot plot{.title = "What memory buys: a step of nano",
                      .subtitle = "for each policy of recomputation the configurations that no smaller one beats",
                      .x_label = "MiB of the trainer",
                      .y_label = most_threads() == 2 ? "ms a step on two threads" : "ms a step"};
  for (const Recompute recompute : {Recompute::none, Recompute::cheap, Recompute::block}) {
    examples::Series series{.label = name_of(recompute),
                            .style = examples::Series::Style::points,
                            .color = static_cast<std::size_t>(recompute)};
    for (const Configuration& c : configurations) {
      const double time = c.milliseconds[most_threads() - 1];
      if (c.recompute != recompute || (!series.y.empty() && time >= series.y.back())) continue;
      series.x.push_back(c.mebibytes());
      series.y.push_back(time);
    }
    plot.series.push_back(std::move(series));
  }
  bench::draw("memory.svg", plot);
}

template <Recompute R>
void add_nano(std::vector<Configuration>& to) {
  using P = presets::Nano;
  const auto add = [&]<std::size_t slices, std::size_t rows, std::size_t workers>() {
    to.push_back(
        configuration<
            P, inlay::TrainerConfig{
                   .batch = P::batch, .slices = slices, .rows_per_pass = rows, .workers = workers, .recompute = R}>());
  };
  add.template operator()<1, 64, 0>();
  add.template operator()<1, 192, 0>();
  add.template operator()<1, 768, 0>();
  add.template operator()<2, 64, 0>();
  add.template operator()<2, 128, 0>();
  add.template operator()<2, 384, 0>();
  add.template operator()<4, 64, 2>();
  add.template operator()<4, 192, 2>();
  add.template operator()<0, 0, 0>();  // what a trainer chooses by itself
}

void measure_nano() {
  std::vector<Configuration> configurations;
  add_nano<Recompute::none>(configurations);
  add_nano<Recompute::cheap>(configurations);
  add_nano<Recompute::block>(configurations);
  const std::size_t rounds = bench::in_brief() ? 1 : 12;
  for (std::size_t round = 0; round < rounds; ++round)
    for (std::size_t threads = 1; threads <= most_threads(); ++threads)
      for (Configuration& c : configurations) {
        c.step(threads);  // whatever the other configurations left in the caches
        double& fastest = c.milliseconds[threads - 1];
        fastest = std::min(fastest, milliseconds(c, threads, 2));
      }
  std::printf("nano: 4 layers, width 128, context 64, batch 12; the fastest of %zu turns\n\n", rounds);
  print(configurations);
  std::puts("");
  print_fastest(configurations);
  draw(configurations);
}

template <Recompute R>
void add_gpt2(std::vector<Configuration>& to) {
  using P = presets::Gpt2;
  constexpr inlay::TrainerConfig config{.batch = P::batch, .recompute = R};
  constexpr std::size_t bytes = sizeof(inlay::Trainer<P::Model, config>);
  if (bench::available_bytes() < 1.2 * bytes) {
    std::printf("gpt2 with recompute %s is left out: its trainer has %.0f MiB, and %.0f MiB of memory are available\n",
                name_of(R), bytes / mebi, bench::available_bytes() / mebi);
    return;
  }
  Configuration c = configuration<P, config>();
  for (std::size_t threads = most_threads(); threads > 0; --threads) {
    c.step(threads);
    for (int turn = 0; turn < (bench::in_brief() ? 1 : 3); ++turn)
      c.milliseconds[threads - 1] = std::min(c.milliseconds[threads - 1], milliseconds(c, threads, 1));
  }
  c.step = nullptr;  // gives the memory back: one trainer at a time
  to.push_back(std::move(c));
}

void measure_gpt2() {
  std::vector<Configuration> configurations;
  add_gpt2<Recompute::none>(configurations);
  add_gpt2<Recompute::cheap>(configurations);
  add_gpt2<Recompute::block>(configurations);
  if (configurations.empty()) return;
  std::puts("gpt2: 12 layers, width 768, context 64, batch 4, vocabulary 50257\n");
  print(configurations);
}

}  // namespace

int main(int count, char** arguments) {
  const std::string which = count > 1 ? arguments[1] : "";
  if (!which.empty() && which != "nano" && which != "gpt2") {
    std::fputs("bench_memory [nano|gpt2]\n", stderr);
    return 2;
  }
  if (which != "gpt2") measure_nano();
  if (which.empty()) std::puts("");
  if (which != "nano") measure_gpt2();
}
