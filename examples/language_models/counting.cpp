// The n-grams. A block of text is a sequence; every twentieth block at a time, so that what has been counted on the way
// is spread over the whole text.

#include <inlay/models/ngram_generator.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <limits>

#include "language_models/experiment.hpp"
#include "language_models/models.hpp"
#include "support/format.hpp"
#include "support/interrupt.hpp"
#include "support/progress.hpp"
#include "support/windows.hpp"

namespace language_models {
namespace {

using Clock = std::chrono::steady_clock;
using inlay::Smoothing;

// One for each order, one after the other in the same bytes; the longer ones have room for what megabytes of text hold.
template <std::size_t Order>
using NGramOf = inlay::NGram<inlay::NGramConfig{.vocabulary = vocabulary,
                                                .order = Order,
                                                .capacity = Order < 2    ? 0
                                                            : Order == 2 ? 65'536
                                                            : Order == 3 ? 262'144
                                                            : Order == 4 ? 1'048'576
                                                                         : 3'145'728}>;
inlay::Overlay<NGramOf<1>, NGramOf<2>, NGramOf<3>, NGramOf<4>, NGramOf<5>, NGramOf<6>> storage;

// A block of text is a sequence: long enough that its beginning hardly counts, short enough for several in a part.
std::size_t block_length_of(std::size_t characters) {
  return std::clamp<std::size_t>(characters / (8 * milestones), 16, 4096);
}

template <class Model>
double bits(const Model& model, examples::Windows& windows) {
  const std::size_t wanted = std::min(scored_windows, windows.count());
  const std::size_t stride = windows.count() / wanted;
  double nats = 0;
  for (std::size_t window = 0; window < wanted; ++window) {
    const inlay::Batch batch = windows.row(window * stride, stride, 1);
    nats -= static_cast<double>(model.log_probability(batch.targets.labels, model.after(batch.inputs.first(1))));
  }
  return nats / std::log(2.0) / static_cast<double>(wanted * context);
}

const char* name_of(Smoothing smoothing) {
  switch (smoothing) {
    case Smoothing::maximum_likelihood:
      return "maximum likelihood";
    case Smoothing::witten_bell:
      return "Witten-Bell";
    case Smoothing::kneser_ney:
      return "Kneser-Ney";
    case Smoothing::modified_kneser_ney:
      return "modified Kneser-Ney";
  }
  return "";
}

template <std::size_t Order>
class Counting {
 public:
  explicit Counting(const Experiment& experiment)
      : experiment_{experiment}, windows_{experiment.corpus.validation(), context, 1} {
    model_.clear();
  }

  Result operator()(examples::Progress& progress, bool with_curve) {
    const auto begin = Clock::now();
    const std::span<const std::uint8_t> text = experiment_.corpus.training();
    Result result{.name = std::to_string(Order) + "-gram"};
    std::vector<inlay::Token> tokens;
    const std::size_t block_length = block_length_of(text.size());
    bool all = true;
    for (std::size_t part = 0; part < milestones && !examples::interrupted(); ++part) {
      progress.note(result.name + ": counting, part " + std::to_string(part + 1) + " of " + std::to_string(milestones));
      for (std::size_t at = part * block_length; at < text.size(); at += milestones * block_length) {
        const auto block = text.subspan(at, std::min(block_length, text.size() - at));
        tokens.assign(block.begin(), block.end());
        all = model_.count(tokens) && all;
      }
      if (!with_curve || part + 1 == milestones) continue;
      model_.finish();
      result.curve.push_back({static_cast<double>(model_.report().tokens), bits(model_, windows_)});
    }
    if (!all) {
      progress.clear();
      std::printf("%s: its table has room for %s n-grams; %s occurrences of others were not counted.\n",
                  result.name.c_str(), examples::grouped(Order > 1 ? NGramOf<Order>::capacity : 0).c_str(),
                  examples::grouped(model_.report().lost).c_str());
    }
    result.parameters = model_.report().n_grams + different_characters(text);
    result.parameters_are = "counts";
    score(result, Smoothing::modified_kneser_ney);
    if (with_curve) result.curve.push_back({static_cast<double>(model_.report().tokens), result.bits});
    result.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    return result;
  }

  void score(Result& result, Smoothing smoothing) {
    model_.finish(smoothing);
    result.detail = name_of(smoothing);
    result.bits = bits(model_, windows_);
  }

  void write(Result& result) {
    static inlay::NGramGenerator<NGramOf<Order>> generator{model_};
    for (const float temperature : temperatures) {
      std::string sample;
      generator.reset();
      generator.write("\n", experiment_.options.sample,
                      inlay::Sampling{.temperature = temperature, .seed = experiment_.options.seed},
                      [&](inlay::Token token) { sample += static_cast<char>(token); });
      result.samples.push_back(sample);
    }
  }

 private:
  static std::uint64_t different_characters(std::span<const std::uint8_t> text) {
    bool seen[vocabulary] = {};
    for (const std::uint8_t character : text) seen[character] = true;
    return static_cast<std::uint64_t>(std::count(std::begin(seen), std::end(seen), true));
  }

  const Experiment& experiment_;
  examples::Windows windows_;
  NGramOf<Order>& model_ = storage.get<Order - 1>();
};

}  // namespace

Counted count_n_grams(const Experiment& experiment) {
  Counted counted;
  examples::Progress progress;
  const auto order = [&]<std::size_t Order>(std::integral_constant<std::size_t, Order>) {
    if (examples::interrupted()) return;
    Counting<Order> counting{experiment};
    counted.orders.push_back(counting(progress, Order == 5));
    if (Order != 5) return;
    counted.five = counted.orders.back();
    counting.write(counted.five);
    for (const Smoothing smoothing : {Smoothing::maximum_likelihood, Smoothing::witten_bell, Smoothing::kneser_ney}) {
      progress.note(std::string{"5-gram: "} + name_of(smoothing));
      counted.smoothings.push_back(
          {.name = "5-gram", .parameters = counted.five.parameters, .parameters_are = "counts"});
      counting.score(counted.smoothings.back(), smoothing);
    }
  };
  [&]<std::size_t... I>(std::index_sequence<I...>) { (order(std::integral_constant<std::size_t, I + 1>{}), ...); }
  (std::make_index_sequence<6>{});
  progress.clear();
  return counted;
}

}  // namespace language_models
