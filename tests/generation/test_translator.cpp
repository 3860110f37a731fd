// Translator: against an exhaustive search, and a small model that learns to turn its source round.

#include <algorithm>
#include <cmath>
#include <memory>
#include <vector>

#include <inlay/generation/translator.hpp>
#include <inlay/models/encoder_decoder.hpp>
#include <inlay/training/trainer.hpp>

#include "support/catch.hpp"
#include "support/numbers.hpp"

using inlay::EncoderDecoderConfig;
using inlay::Token;
using inlay::Translation;
using inlay::Translator;
using inlay::TranslatorConfig;

namespace {

constexpr Token start = 1, end = 2;

constexpr EncoderDecoderConfig tiny{.source_vocabulary = 5,
                                    .vocabulary = 5,
                                    .source_context = 4,
                                    .context = 4,
                                    .width = 8,
                                    .heads = 2,
                                    .layers = 1,
                                    .hidden = 8};
using Tiny = inlay::EncoderDecoder<tiny>;

// log P of the tokens that follow `target`, by a full pass.
std::vector<double> log_probabilities(const inlay::ParametersOf<Tiny>& parameters, const std::vector<Token>& source,
                                      const std::vector<Token>& target) {
  constexpr inlay::Extent extent{.rows = 4, .training = false, .memory_rows = 4};
  static inlay::BuffersOf<Tiny> buffers;
  inlay::initialize_buffers_at<Tiny>(buffers);
  static inlay::ActivationsOf<Tiny, extent> activations;
  static inlay::WorkspaceOf<Tiny, extent> workspace;
  const std::uint32_t offsets[2] = {0, static_cast<std::uint32_t>(target.size())};
  const std::uint32_t source_offsets[2] = {0, static_cast<std::uint32_t>(source.size())};
  const inlay::Call call{.packing = {offsets, 1}};
  const inlay::Serial serial;
  const inlay::Forward<inlay::ParametersOf<Tiny>, inlay::BuffersOf<Tiny>, inlay::Empty, decltype(activations),
                       decltype(workspace), inlay::Serial>
      frame{parameters, buffers, inlay::detail::nothing, activations, workspace, call, serial, inlay::Stream{}};
  std::vector<float> logits(target.size() * 5);
  Tiny::forward(frame, {source, source_offsets, target}, inlay::Rows<float, 5>(logits.data(), target.size()));
  const float* const last = &logits[(target.size() - 1) * 5];
  double sum = 0.0;
  for (std::size_t j = 0; j < 5; ++j) sum += std::exp(static_cast<double>(last[j]));
  std::vector<double> result;
  for (std::size_t j = 0; j < 5; ++j) result.push_back(static_cast<double>(last[j]) - std::log(sum));
  return result;
}

struct Found {
  std::vector<Token> text;
  double log_probability, score;
};

double normalized(double log_probability, std::size_t length, double penalty) {
  return log_probability / std::pow((5.0 + static_cast<double>(length)) / 6.0, penalty);
}

// Every target that ends within the context, or fills it.
void search(const inlay::ParametersOf<Tiny>& parameters, const std::vector<Token>& source, std::vector<Token> target,
            double so_far, double penalty, std::vector<Found>& all) {
  const std::vector<double> next = log_probabilities(parameters, source, target);
  const std::vector<Token> text(target.begin() + 1, target.end());
  for (Token token = 0; token < 5; ++token) {
    const double total = so_far + next[token];
    std::vector<Token> longer = target;
    longer.push_back(token);
    if (token == end)
      all.push_back({text, total, normalized(total, text.size() + 1, penalty)});
    else if (longer.size() <= 4)
      search(parameters, source, longer, total, penalty, all);
  }
}

// A beam search that never stops before the context is full.
std::vector<Found> patient_search(const inlay::ParametersOf<Tiny>& parameters, const std::vector<Token>& source,
                                  std::size_t beams, double penalty) {
  std::vector<Found> open{{{}, 0.0, 0.0}}, ended;
  for (std::size_t step = 0; step < 4; ++step) {
    std::vector<Found> next;
    for (const Found& one : open) {
      std::vector<Token> target{start};
      target.insert(target.end(), one.text.begin(), one.text.end());
      const std::vector<double> likely = log_probabilities(parameters, source, target);
      for (Token token = 0; token < 5; ++token) {
        Found longer = one;
        longer.text.push_back(token);
        longer.log_probability += likely[token];
        longer.score = normalized(longer.log_probability, longer.text.size(), penalty);
        next.push_back(std::move(longer));
      }
    }
    std::stable_sort(next.begin(), next.end(),
                     [](const Found& a, const Found& b) { return a.log_probability > b.log_probability; });
    open.clear();
    for (std::size_t i = 0; i < next.size() && open.size() < beams; ++i) {
      if (next[i].text.back() != end) {
        open.push_back(next[i]);
      } else if (i < beams) {
        ended.push_back(next[i]);
        ended.back().text.pop_back();
      }
    }
  }
  std::stable_sort(ended.begin(), ended.end(), [](const Found& a, const Found& b) { return a.score > b.score; });
  ended.resize(std::min(ended.size(), beams));
  return ended;
}

// The larger the scale, the surer of itself the model is.
void fill(inlay::ParametersOf<Tiny>& parameters, std::uint32_t seed, float scale = 0.7f) {
  numbers::Source source(seed);
  inlay::visit<Tiny>([&](const inlay::Path&, auto& tensor) { source.fill(tensor.data(), tensor.size(), scale); },
                     parameters);
}

}  // namespace

TEST_CASE("Translator: one beam takes the likeliest token at each step", "[translator]") {
  static inlay::ParametersOf<Tiny> parameters;
  static Translator<Tiny> translator{parameters};
  for (std::uint32_t seed = 0; seed < 20; ++seed) {
    fill(parameters, seed);
    const std::vector<Token> source{static_cast<Token>(seed % 5), 3, 4};
    std::vector<Token> expected;
    for (std::vector<Token> target{start}; expected.size() < 4;) {
      const std::vector<double> next = log_probabilities(parameters, source, target);
      const Token token = static_cast<Token>(std::max_element(next.begin(), next.end()) - next.begin());
      if (token == end) break;
      expected.push_back(token);
      target.push_back(token);
    }
    const auto found = translator.translate(source, {.start = start, .end = end});
    CHECK(std::equal(found.begin(), found.end(), expected.begin(), expected.end()));
    REQUIRE(translator.hypotheses().size() == 1);
    CHECK(translator.hypotheses()[0].ended == (expected.size() < 4));
  }
}

TEST_CASE("Translator: with enough beams it finds what an exhaustive search finds", "[translator]") {
  static inlay::ParametersOf<Tiny> parameters;
  // As many beams as there are beginnings of a length: none is ever dropped, and every text that ends early is found.
  using Wide = Translator<Tiny, TranslatorConfig{.beams = 128}>;
  static Wide wide{parameters};
  static Translator<Tiny, TranslatorConfig{.beams = 3}> narrow{parameters};
  for (std::uint32_t seed = 0; seed < 10; ++seed)
    for (const float penalty : {0.0f, 0.6f, 1.0f, -0.5f}) {
      CAPTURE(seed, penalty);
      fill(parameters, seed);
      const std::vector<Token> source{static_cast<Token>(seed % 5), 3};
      std::vector<Found> all;
      search(parameters, source, {start}, 0.0, static_cast<double>(penalty), all);
      std::sort(all.begin(), all.end(), [](const Found& a, const Found& b) { return a.score > b.score; });
      const auto found = wide.translate(source, {.start = start, .end = end, .length_penalty = penalty});
      CHECK(std::equal(found.begin(), found.end(), all[0].text.begin(), all[0].text.end()));
      // What ended stands before what was cut off.
      const auto best = wide.hypotheses().begin();
      REQUIRE(best->ended);
      CHECK(std::equal(best->text().begin(), best->text().end(), all[0].text.begin(), all[0].text.end()));
      CHECK(std::fabs(static_cast<double>(best->score) - all[0].score) < 1e-4);
      CHECK(std::fabs(static_cast<double>(best->log_probability) - all[0].log_probability) < 1e-4);
      CHECK(std::is_sorted(wide.hypotheses().begin(), wide.hypotheses().end(), [](const auto& a, const auto& b) {
        return a.ended != b.ended ? a.ended : a.score > b.score;
      }));

      // A narrow beam finds nothing better, and each of its scores is that of its text.
      narrow.translate(source, {.start = start, .end = end, .length_penalty = penalty});
      REQUIRE(!narrow.hypotheses().empty());
      for (const auto& h : narrow.hypotheses()) {
        if (!h.ended) continue;
        const auto same = std::find_if(all.begin(), all.end(), [&](const Found& f) {
          return std::equal(f.text.begin(), f.text.end(), h.text().begin(), h.text().end());
        });
        REQUIRE(same != all.end());
        CHECK(std::fabs(static_cast<double>(h.score) - same->score) < 1e-4);
      }
    }
}

TEST_CASE("Translator: that a search stops early costs nothing", "[translator]") {
  static inlay::ParametersOf<Tiny> parameters;
  static Translator<Tiny, TranslatorConfig{.beams = 3}> translator{parameters};
  for (std::uint32_t seed = 0; seed < 20; ++seed)
    for (const float scale : {0.7f, 3.0f})
      for (const float penalty : {0.0f, 0.6f, 2.0f, -0.5f}) {
        CAPTURE(seed, scale, penalty);
        fill(parameters, seed, scale);
        const std::vector<Token> source{static_cast<Token>(seed % 5), 3};
        translator.translate(source, {.start = start, .end = end, .length_penalty = penalty});
        const std::vector<Found> patient = patient_search(parameters, source, 3, static_cast<double>(penalty));
        REQUIRE(translator.hypotheses().size() >= patient.size());
        for (std::size_t i = 0; i < patient.size(); ++i) {
          const auto& h = translator.hypotheses()[i];
          CHECK(h.ended);
          CHECK(std::equal(h.text().begin(), h.text().end(), patient[i].text.begin(), patient[i].text.end()));
        }
      }
}

TEST_CASE("EncoderDecoder learns to turn a sequence round, and Translator writes it", "[translator]") {
  constexpr EncoderDecoderConfig config{.source_vocabulary = 11,
                                        .vocabulary = 11,
                                        .source_context = 6,
                                        .context = 7,
                                        .width = 24,
                                        .heads = 2,
                                        .layers = 1,
                                        .hidden = 48,
                                        .shared_embedding = true,
                                        .placement = inlay::NormPlacement::before};
  using Model = inlay::EncoderDecoder<config>;
  using Trainer = inlay::Trainer<Model, inlay::TrainerConfig{.batch = 64, .slices = 2}>;
  static Trainer trainer;
  trainer.initialize(inlay::Seed{1});
  numbers::Source source(4);
  std::vector<Token> sources, targets, labels;
  std::vector<std::uint32_t> source_offsets, offsets;
  const auto draw = [&] {
    sources.clear(), targets.clear(), labels.clear();
    source_offsets = offsets = {0};
    for (std::size_t s = 0; s < 64; ++s) {
      const std::size_t length = 1 + source.below(6);
      std::vector<Token> text;
      for (std::size_t i = 0; i < length; ++i) text.push_back(static_cast<Token>(3 + source.below(8)));
      sources.insert(sources.end(), text.begin(), text.end());
      targets.push_back(start);
      targets.insert(targets.end(), text.rbegin(), text.rend());
      labels.insert(labels.end(), text.rbegin(), text.rend());
      labels.push_back(end);
      source_offsets.push_back(static_cast<std::uint32_t>(sources.size()));
      offsets.push_back(static_cast<std::uint32_t>(targets.size()));
    }
  };
  for (std::size_t step = 0; step < 400; ++step) {
    draw();
    trainer.step({{sources, source_offsets, targets}, {labels}, offsets}, inlay::AdamW{.learning_rate = 4e-3f},
                 inlay::Serial{});
  }
  draw();
  static Translator<Model, TranslatorConfig{.beams = 3}> translator{trainer.parameters()};
  std::size_t right = 0;
  for (std::size_t s = 0; s < 64; ++s) {
    const std::span<const Token> text =
        std::span<const Token>(sources).subspan(source_offsets[s], source_offsets[s + 1] - source_offsets[s]);
    const auto found = translator.translate(text, {.start = start, .end = end});
    right += std::equal(found.begin(), found.end(), text.rbegin(), text.rend()) ? 1u : 0u;
  }
  CHECK(right >= 60);
}
