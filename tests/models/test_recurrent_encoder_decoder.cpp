// RecurrentEncoderDecoder against the reference; decoded from its state, by a Translator too; trained in passes of any
// size, by any number of threads; its parameters, names and fingerprint.

#include <inlay/generation/translator.hpp>
#include <inlay/models/recurrent_encoder_decoder.hpp>
#include <inlay/training/trainer.hpp>

#include <string>

#include "parallel/thread_pool.hpp"
#include "support/module_run.hpp"
#include "support/recurrent_reference.hpp"
#include "support/training.hpp"

using namespace module_test;
using inlay::AlignmentKind;
using inlay::Cell;
using inlay::RecurrentEncoderDecoder;
using inlay::RecurrentEncoderDecoderConfig;
using reference::Matrix;
using reference::Place;

namespace {

constexpr RecurrentEncoderDecoderConfig base{
    .source_vocabulary = 9, .vocabulary = 11, .source_context = 12, .context = 12, .width = 25, .layers = 2};
constexpr RecurrentEncoderDecoderConfig gru = [] {
  RecurrentEncoderDecoderConfig c = base;
  c.cell = Cell::gru;
  c.alignment = AlignmentKind::multiplicative;
  c.source_vocabulary = 11;
  c.shared_embedding = true;
  c.tied = false;
  c.dropout = 0.2f;
  return c;
}();
constexpr RecurrentEncoderDecoderConfig elman = [] {
  RecurrentEncoderDecoderConfig c = base;
  c.cell = Cell::elman;
  c.biases = false;
  c.width = 16;
  c.layers = 1;
  return c;
}();
// No tensor of it is used twice: each gradient is one chain over the rows.
constexpr RecurrentEncoderDecoderConfig separate = [] {
  RecurrentEncoderDecoderConfig c = base;
  c.tied = false;
  c.dropout = 0.1f;
  return c;
}();
constexpr RecurrentEncoderDecoderConfig smallest{.source_vocabulary = 1,
                                                 .vocabulary = 2,
                                                 .source_context = 2,
                                                 .context = 2,
                                                 .width = 1,
                                                 .layers = 1,
                                                 .cell = Cell::elman,
                                                 .alignment = AlignmentKind::multiplicative};

template <RecurrentEncoderDecoderConfig C, class Run>
Matrix translate(const Place& p, const Run& run) {
  Place source = p;
  source.offsets = &run.source_offsets;
  source.random.first_row = run.call.memory.first_row;
  const char* const table = C.shared_embedding ? "token_embedding" : "source_embedding";
  Matrix m = reference::dropout(source.part("source_dropout"), reference::embedding(source.part(table), run.source),
                                C.dropout);
  std::vector<reference::RecurrentStates> states(C.layers);
  for (std::size_t layer = 0; layer < C.layers; ++layer)
    m = reference::recurrent(source.part("encoder").layer(layer), m, C.cell, C.dropout, nullptr, &states[layer]);
  Matrix h =
      reference::dropout(p.part("dropout"), reference::embedding(p.part("token_embedding"), run.tokens), C.dropout);
  for (std::size_t layer = 0; layer < C.layers; ++layer)
    h = reference::recurrent(p.part("decoder").layer(layer), h, C.cell, C.dropout, &states[layer]);
  const Matrix c = reference::alignment(p.part("attention"), h, m, run.source_offsets, C.source_context).y;
  Matrix joined(h.rows, 2 * C.width);
  for (std::size_t i = 0; i < h.rows; ++i)
    for (std::size_t j = 0; j < C.width; ++j) {
      joined(i, j) = c(i, j);
      joined(i, C.width + j) = h(i, j);
    }
  const Matrix last = reference::activation(inlay::Activation::tanh, reference::linear(p.part("combine"), joined));
  return C.tied ? reference::product(last, reference::transposed(p.part("token_embedding")("weight")))
                : reference::linear(p.part("logits"), last);
}

constexpr Extent extent{.rows = 24, .memory_rows = 24};

template <RecurrentEncoderDecoderConfig C, Extent E = extent>
void check(const reference::Offsets& offsets) {
  CAPTURE(C.width, C.dropout, static_cast<int>(C.cell));
  compare_with_reference<RecurrentEncoderDecoder<C>, E>(
      offsets,
      [](const Place& p, const ModuleRun<RecurrentEncoderDecoder<C>, E>& run) { return translate<C>(p, run); });
}

// One token at a time, both sequences at once, in memory filled with NaN.
template <RecurrentEncoderDecoderConfig C>
void check_stepping() {
  using M = RecurrentEncoderDecoder<C>;
  constexpr Extent inference{.rows = 24, .training = false, .memory_rows = 24};
  ModuleRun<M, inference> full({0, 9, 18}, 3);
  full.call.training = false;
  full.forward();
  static inlay::StateOf<M, 2> state;
  ModuleRun<M, inference>::poison(state);
  for (std::uint32_t step = 0; step < 9; ++step) {
    ModuleRun<M, inference> part({0, 1, 2}, 3);
    part.call.training = false;
    part.tokens = {full.tokens[step], full.tokens[9 + step]};
    part.starts = {step, step};
    part.call.packing.starts = part.starts.data();
    part.source = full.source;
    part.source_offsets = full.source_offsets;
    if (step > 0) part.source.clear();
    const auto f = part.forward_frame();
    M::forward(f.with(f.parameters, f.buffers, state, f.activations, f.workspace, f.stream), part.input(),
               Rows<float, C.vocabulary>(part.y.data(), 2));
    const auto same = [&](std::size_t row, std::size_t expected) {
      return std::equal(&part.y[row * C.vocabulary], &part.y[row * C.vocabulary] + C.vocabulary,
                        &full.y[expected * C.vocabulary], numbers::same_bits);
    };
    CHECK(same(0, step));
    CHECK(same(1, 9 + step));
  }
}

// Pairs of different lengths that own their numbers.
struct Pairs {
  std::vector<Token> sources, targets, labels;
  std::vector<std::uint32_t> source_offsets{0}, offsets{0};

  Pairs() {
    numbers::Source drawn(8);
    for (std::size_t s = 0; s < 6; ++s) {
      for (std::size_t i = 1 + drawn.below(12); i > 0; --i) sources.push_back(static_cast<Token>(drawn.below(9)));
      for (std::size_t i = 1 + drawn.below(12); i > 0; --i) {
        targets.push_back(static_cast<Token>(drawn.below(11)));
        labels.push_back(static_cast<Token>(drawn.below(11)));
      }
      source_offsets.push_back(static_cast<std::uint32_t>(sources.size()));
      offsets.push_back(static_cast<std::uint32_t>(targets.size()));
    }
  }
  template <class Trainer>
  typename Trainer::BatchType batch() const {
    return {{sources, source_offsets, targets}, {labels}, offsets};
  }
};

template <std::size_t Slices, class E>
std::vector<float> trained(const E& executor) {
  using Trainer = inlay::Trainer<RecurrentEncoderDecoder<gru>, inlay::TrainerConfig{.batch = 6, .slices = Slices}>;
  const auto trainer = std::make_unique<Trainer>();
  trainer->initialize(inlay::Seed{5});
  const Pairs pairs;
  std::vector<float> result;
  for (int step = 0; step < 4; ++step)
    result.push_back(
        trainer->step(pairs.batch<Trainer>(), inlay::AdamW{.learning_rate = 1e-2f, .clip_norm = 1.0f}, executor).loss);
  const std::vector<float> kept = numbers_kept_by(*trainer);
  result.insert(result.end(), kept.begin(), kept.end());
  return result;
}

template <class M>
std::size_t count_of() {
  const auto parameters = std::make_unique<inlay::ParametersOf<M>>();
  return inlay::parameter_count<M>(*parameters);
}

}  // namespace

TEST_CASE("RecurrentEncoderDecoder against the reference", "[recurrent]") {
  check<base>({0, 12, 13, 20});
  check<gru>({6, 18, 19, 26});
  check<gru, Extent{.rows = 24, .recompute = inlay::Recompute::block, .memory_rows = 24}>({6, 18, 19, 26});
  check<elman>({0, 12, 13, 20});
  check<separate>({0, 1});
  check<smallest>({0, 2, 3});
}

TEST_CASE("RecurrentEncoderDecoder from its state has the bits of the full pass", "[recurrent]") {
  check_stepping<base>();
  check_stepping<gru>();
  check_stepping<elman>();
}

TEST_CASE("RecurrentEncoderDecoder: what a Translator finds is what the full pass says", "[recurrent]") {
  using M = RecurrentEncoderDecoder<base>;
  using Run = ModuleRun<M, Extent{.rows = 12, .training = false, .memory_rows = 12}>;
  constexpr Token start = 1, end = 2;
  Run run({0, 5}, 7);
  run.call.training = false;
  // log P of a whole target, by one pass over it.
  const auto log_probability = [&](std::vector<Token> text, bool ended) {
    run.offsets = {0, static_cast<std::uint32_t>(text.size() + (ended ? 1 : 0))};
    text.insert(text.begin(), start);
    text.push_back(end);
    run.tokens.assign(text.begin(), text.begin() + run.offsets[1]);
    run.y.assign(run.offsets[1] * std::size_t{11}, NAN);
    run.forward();
    inlay::kernels::log_softmax(run.offsets[1], 11, run.y.data(), run.y.data());
    float sum = 0.0f;
    for (std::size_t i = 0; i < run.offsets[1]; ++i) sum += run.y[i * 11 + text[i + 1]];
    return sum;
  };
  static inlay::Translator<M, inlay::TranslatorConfig{.beams = 4}> translator{run.parameters};
  float greedy = 0.0f;
  for (const std::size_t beams : {1u, 4u}) {
    translator.translate(run.source, {.start = start, .end = end, .beams = beams, .length_penalty = 0.0f});
    REQUIRE(!translator.hypotheses().empty());
    for (const auto& found : translator.hypotheses()) {
      const auto text = found.text();
      CHECK(numbers::same_bits(found.log_probability, log_probability({text.begin(), text.end()}, found.ended)));
    }
    if (beams == 1) greedy = translator.hypotheses()[0].score;
  }
  CHECK((!translator.hypotheses()[0].ended || translator.hypotheses()[0].score >= greedy));
}

TEST_CASE("RecurrentEncoderDecoder: training has the same bits for any number of threads", "[recurrent]") {
  const std::vector<float> sliced = trained<4>(inlay::Serial{}), whole = trained<1>(inlay::Serial{});
  for (const std::size_t threads : {2u, 3u}) {
    CHECK(same_bits(trained<4>(ThreadPool{threads}), sliced));
    CHECK(same_bits(trained<1>(ThreadPool{threads}), whole));
  }
}

TEST_CASE("RecurrentEncoderDecoder: the gradient does not depend on how a slice is cut into passes", "[recurrent]") {
  const auto gradients = []<std::size_t RowsPerPass>() {
    using Trainer = inlay::Trainer<RecurrentEncoderDecoder<separate>,
                                   inlay::TrainerConfig{.batch = 6, .slices = 1, .rows_per_pass = RowsPerPass}>;
    static Trainer trainer;
    trainer.initialize(inlay::Seed{3});
    const Pairs pairs;
    // Twice, so that dropout's rows go on counting.
    for (int turn = 0; turn < 2; ++turn) trainer.accumulate(pairs.batch<Trainer>(), inlay::Serial{});
    return numbers_of<RecurrentEncoderDecoder<separate>>(trainer.gradients());
  };
  const std::vector<float> whole = gradients.operator()<72>();
  CHECK(same_bits(gradients.operator()<12>(), whole));
  CHECK(same_bits(gradients.operator()<24>(), whole));
}

TEST_CASE("RecurrentEncoderDecoder: the number of its parameters, and their names", "[recurrent]") {
  // (V_s + V) d + 2 L (2 g d^2 + g d) + 2 d^2 + d + A, and V d + V if untied
  CHECK(count_of<RecurrentEncoderDecoder<base>>() ==
        (9 + 11) * 25 + 4 * (2 * 4 * 625 + 4 * 25) + 2 * 625 + 25 + (2 * 625 + 2 * 25));
  CHECK(count_of<RecurrentEncoderDecoder<gru>>() ==
        11 * 25 + 4 * (2 * 3 * 625 + 3 * 25 + 25) + 2 * 625 + 25 + 625 + (11 * 25 + 11));
  CHECK(count_of<RecurrentEncoderDecoder<elman>>() == (9 + 11) * 16 + 2 * 2 * 256 + 2 * 256 + 2 * 256 + 16);
  std::vector<std::string> names;
  const auto parameters = std::make_unique<inlay::ParametersOf<RecurrentEncoderDecoder<elman>>>();
  inlay::visit<RecurrentEncoderDecoder<elman>>(
      [&](const inlay::Path& path, const auto&) { names.emplace_back(path.text().c_str()); }, *parameters);
  CHECK(names == std::vector<std::string>{"source_embedding.weight", "token_embedding.weight", "encoder.0.input.weight",
                                          "encoder.0.hidden.weight", "decoder.0.input.weight",
                                          "decoder.0.hidden.weight", "attention.query.weight",
                                          "attention.memory.weight", "attention.energy.weight", "combine.weight"});
}

TEST_CASE("RecurrentEncoderDecoder: the fingerprint tells configurations apart", "[recurrent]") {
  using C = RecurrentEncoderDecoderConfig;
  constexpr auto changed = []<class Change>(Change) {
    constexpr C c = [] {
      C result = base;
      Change{}(result);
      return result;
    }();
    return RecurrentEncoderDecoder<c>::fingerprint();
  };
  const std::uint64_t prints[] = {
      RecurrentEncoderDecoder<base>::fingerprint(),
      changed([](C& c) { c.cell = Cell::gru; }),
      changed([](C& c) { c.alignment = AlignmentKind::multiplicative; }),
      changed([](C& c) { c.tied = false; }),
      changed([](C& c) { c.biases = false; }),
      changed([](C& c) { c.layers = 3; }),
      changed([](C& c) { c.width = 8; }),
      changed([](C& c) { c.source_vocabulary = 11; }),
      changed([](C& c) { c.source_vocabulary = 11, c.shared_embedding = true; }),
  };
  for (const std::uint64_t& one : prints)
    for (const std::uint64_t& other : prints) CHECK((one == other) == (&one == &other));
  CHECK(changed([](C& c) { c.dropout = 0.1f; }) == prints[0]);
  CHECK(changed([](C& c) { c.context = 99; }) == prints[0]);
}
