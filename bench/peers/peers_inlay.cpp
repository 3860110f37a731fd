// inlay's part of a comparison (turns.h): whole training steps of a preset of bench/models/presets.hpp, or writing with
// `nano`, one token after the other, which is called `decode`. It also answers with the peak of fused multiply-adds,
// measured right after its turn.
//
//   peers_inlay mcu|nano|gpt2|decode

#include <inlay/inlay.hpp>

#include <new>
#include <optional>
#include <string_view>

#ifdef INLAY_WITH_TBB
#include <inlay/tbb.hpp>
#endif

#include "models/batches.hpp"
#include "models/presets.hpp"
#include "support/machine.hpp"
#include "support/mapped.hpp"
#include "turns.h"

namespace {

int threads = 1;
volatile float loss;  // what was computed is read
volatile inlay::Token last_token;

// One training step of P, its trainer in memory that the system gives: the trainer of GPT-2 has two gigabytes.
template <class P>
class Training {
 public:
  using Trainer = typename P::Trainer;
  using Data = bench::Batches<8, P::batch, P::config.context>;

  static bool begin() {
    try {
      trainer_.emplace();
    } catch (const std::bad_alloc&) {
      return false;
    }
    data_.fill_randomly(P::config.vocabulary);
    (*trainer_)->initialize(inlay::Seed{1});
    return true;
  }

  static void step() {
    if (threads == 1) return step_with(inlay::Serial{});
#ifdef INLAY_WITH_TBB
    static const inlay::Tbb executor{2};
    step_with(executor);
#endif
  }

  // By the count of bench_train: without the keys that are masked, which an average row sees (context + 1) / 2 of.
  static double operations() {
    constexpr auto keys = static_cast<double>(P::config.context + 1) / 2;
    return static_cast<double>(P::batch * P::config.context) * presets::operations_per_row(P::config, keys);
  }

 private:
  template <class Executor>
  static void step_with(const Executor& executor) {
    const inlay::AdamW optimizer{.learning_rate = 1e-3F, .beta2 = 0.99F, .weight_decay = 0.1F, .clip_norm = 1.0F};
    loss = (*trainer_)->step(data_[turn_++ % Data::count], optimizer, executor).loss;
  }

  static inline std::optional<bench::Mapped<Trainer>> trainer_;
  static inline Data data_;
  static inline std::size_t turn_ = 0;
};

// Fills an empty cache up to the context of `nano`, greedily.
class Decoding {
 public:
  using Model = presets::Nano::Model;
  static constexpr std::size_t tokens = Model::context - 1;  // after a prompt of one

  static bool begin() {
    inlay::initialize<Model>(parameters_, inlay::Seed{1});
    return true;
  }
  static void step() {
    static inlay::Generator<Model> generator{parameters_};
    generator.reset();
    generator.write("T", tokens, inlay::Sampling{.temperature = 0.0F}, [](inlay::Token token) { last_token = token; });
  }
  // Each matrix once for each token, and two multiply-adds for each key and channel.
  static double operations() {
    constexpr auto keys = static_cast<double>(tokens + 1) / 2;
    return static_cast<double>(tokens) * presets::operations_per_row(Model::config, keys) / 3;
  }

 private:
  static inline inlay::ParametersOf<Model> parameters_;
};

template <class Work>
int take_turns(const char* name, const inlay::GptConfig& config, std::size_t batch, std::size_t tokens,
               bool two_threads) {
  if (!Work::begin()) {
    std::fprintf(stderr, "peers_inlay: not enough memory for %s\n", name);
    return 2;
  }
  std::printf(
      "{\"name\": \"inlay\", \"preset\": \"%s\", \"layers\": %zu, \"heads\": %zu, \"width\": %zu, "
      "\"context\": %zu, \"batch\": %zu, \"vocabulary\": %zu, \"tokens\": %zu, \"operations\": %.6g, \"threads\": "
      "%s}\n",
      name, config.layers, config.heads, config.width, config.context, batch, config.vocabulary, tokens,
      Work::operations(), two_threads ? "[1, 2]" : "[1]");
  std::fflush(stdout);
  for (double seconds = 0; turns_next(&threads, &seconds);) {
    const double step = turns_step_seconds(Work::step, threads, seconds);
    const double peak = bench::fresh_peak_operations_per_second(static_cast<std::size_t>(threads));
    std::printf("{\"step_seconds\": %.9g, \"peak_gflops\": %.5g}\n", step, peak * 1e-9);
    std::fflush(stdout);
  }
  return 0;
}

template <class P>
int train(const char* name) {
#ifdef INLAY_WITH_TBB
  constexpr bool two_threads = true;
#else
  constexpr bool two_threads = false;
#endif
  return take_turns<Training<P>>(name, P::config, P::batch, P::batch * P::config.context, two_threads);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view preset = argc == 2 ? argv[1] : "";
  if (preset == "mcu") return train<presets::Mcu>("mcu");
  if (preset == "nano") return train<presets::Nano>("nano");
  if (preset == "gpt2") return train<presets::Gpt2>("gpt2");
  if (preset == "decode") return take_turns<Decoding>("decode", presets::Nano::config, 1, Decoding::tokens, false);
  std::fprintf(stderr, "usage: peers_inlay mcu|nano|gpt2|decode\n");
  return 2;
}
