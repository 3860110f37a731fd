// Encoder in variants that no golden file has, what is built on it, and a classifier that learns.

#include <inlay/generation/predictor.hpp>
#include <inlay/models/encoder.hpp>
#include <inlay/modules/compose.hpp>
#include <inlay/training/trainer.hpp>

#include "support/module_run.hpp"

using namespace module_test;
using inlay::Encoder;
using inlay::EncoderConfig;
using inlay::NormPlacement;
using inlay::Pool;
using inlay::Pooling;
using inlay::Sequential;
using reference::Matrix;
using reference::Place;

namespace {

constexpr Extent rows{.rows = 24};

// The encoder of a run, in double precision.
template <EncoderConfig C, class Run>
Matrix encode(const Place& p, const Run& run) {
  Matrix x = reference::embedding(p.part("token_embedding"), run.tokens);
  if (C.positions == inlay::Positions::learned) x = reference::learned_positions(p.part("position_embedding"), x);
  if (C.segments > 0) x = x + reference::embedding(p.part("segment_embedding"), run.segments);
  const auto norm = [&](const char* name, const Matrix& of) {
    return reference::normalization(p.part(name), of, C.norm == inlay::NormKind::layer);
  };
  if (C.embedding_norm) x = norm("embedding_norm", x);
  x = reference::dropout(p.part("dropout"), x, C.dropout);
  for (std::size_t layer = 0; layer < C.layers; ++layer) x = reference::block(p.part("blocks").layer(layer), x, C);
  return C.placement == NormPlacement::before ? norm("norm", x) : x;
}

template <EncoderConfig C, Extent E = rows>
void check(const reference::Offsets& offsets) {
  CAPTURE(C.width, C.heads, C.segments, C.dropout);
  compare_with_reference<Encoder<C>, E>(
      offsets, [](const Place& p, const ModuleRun<Encoder<C>, E>& run) { return encode<C>(p, run); });
}

constexpr EncoderConfig small{
    .vocabulary = 9, .context = 11, .width = 12, .heads = 3, .layers = 2, .hidden = 10, .segments = 2};

constexpr EncoderConfig of_pairs{
    .vocabulary = 8, .context = 8, .width = 16, .heads = 2, .layers = 2, .hidden = 32, .segments = 2};
struct PairClassifier : Sequential<Encoder<of_pairs>, Pool<16, Pooling::mean>, inlay::Linear<16, 2>> {
  static constexpr std::size_t context = of_pairs.context;
};

template <Pooling P>
Matrix pooled(const Place& p, const Matrix& x) {
  Matrix y(p.offsets->size() - 1, x.columns);
  for (std::size_t s = 0; s < y.rows; ++s) {
    const std::size_t begin = (*p.offsets)[s] - p.offsets->front(), end = (*p.offsets)[s + 1] - p.offsets->front();
    for (std::size_t j = 0; j < x.columns; ++j) {
      if (P == Pooling::first) y(s, j) = x(begin, j);
      if (P == Pooling::last) y(s, j) = x(end - 1, j);
      for (std::size_t i = begin; i < end && P == Pooling::mean; ++i)
        y(s, j) += x(i, j) / reference::Real(static_cast<double>(end - begin));
    }
  }
  return y;
}

}  // namespace

TEST_CASE("Encoder against the reference", "[encoder]") {
  check<small>({0, 11, 12, 20});
  constexpr EncoderConfig before = [] {
    EncoderConfig c = small;
    c.placement = NormPlacement::before;
    c.embedding_norm = false;
    c.segments = 0;
    c.dropout = 0.2f;
    c.gated = true;
    c.positions = inlay::Positions::rotary;
    c.norm = inlay::NormKind::root_mean_square;
    c.key_value_heads = 1;
    c.window = 4;
    return c;
  }();
  check<before>({7, 18, 19, 27});
  check<before, Extent{.rows = 24, .recompute = inlay::Recompute::block}>({7, 18, 19, 27});
}

TEST_CASE("Pool against the reference, in a Sequential whose other modules work on its rows", "[encoder]") {
  const auto check_pool = []<Pooling P>() {
    CAPTURE(static_cast<int>(P));
    const auto run = compare_with_reference<Pool<7, P>, rows>(
        {5, 8, 9, 20}, [](const Place& p, const Matrix& x) { return pooled<P>(p, x); });
    CHECK(run->y.size() == 3 * 7);

    using Classifier = Sequential<Encoder<small>, Pool<12, P>, inlay::Linear<12, 6>,
                                  inlay::Activate<inlay::Activation::tanh, 6>, inlay::Linear<6, 3>>;
    static_assert(Classifier::per_sequence);
    ModuleRun<Classifier, rows> classifier({5, 8, 9, 20}, 2);
    classifier.forward();
    classifier.backward();
    CHECK(classifier.y.size() == 3 * 3);
  };
  check_pool.operator()<Pooling::first>();
  check_pool.operator()<Pooling::last>();
  check_pool.operator()<Pooling::mean>();
}

TEST_CASE("Encoder: a row sees all of its own sequence and nothing of the others", "[encoder]") {
  ModuleRun<Encoder<small>, rows> run({0, 6, 14}, 1);
  run.forward();
  const std::vector<float> before = run.y;
  run.tokens[5] = (run.tokens[5] + 1) % 9;
  run.forward();
  for (std::size_t i = 0; i < 14; ++i) {
    const bool same = std::equal(&run.y[i * 12], &run.y[i * 12] + 12, &before[i * 12], numbers::same_bits);
    CHECK(same == (i >= 6));
  }
}

TEST_CASE("A classifier of pairs learns whether both texts have the same first token", "[encoder]") {
  using Model = PairClassifier;
  using Trainer = inlay::Trainer<Model, inlay::TrainerConfig{.batch = 64, .slices = 2}>;
  static Trainer trainer;
  trainer.initialize(inlay::Seed{1});
  std::vector<Token> tokens, segments, labels;
  std::vector<std::uint32_t> offsets;
  numbers::Source source(4);
  const auto draw = [&] {
    tokens.clear(), segments.clear(), labels.clear();
    offsets = {0};
    for (std::size_t s = 0; s < 64; ++s) {
      const std::size_t first = 1 + source.below(4), second = 1 + source.below(4);
      const Token a = static_cast<Token>(source.below(8));
      const Token b = s % 2 == 0 ? a : static_cast<Token>((a + 1 + source.below(7)) % 8);
      for (std::size_t i = 0; i < first + second; ++i) {
        tokens.push_back(i == 0 ? a : i == first ? b : static_cast<Token>(source.below(8)));
        segments.push_back(i < first ? 0 : 1);
      }
      labels.push_back(a == b ? 1 : 0);
      offsets.push_back(static_cast<std::uint32_t>(tokens.size()));
    }
  };
  // One text with one text of one token: what the mean of a pair can tell at once.
  float loss = 0.0f;
  for (std::size_t step = 0; step < 300; ++step) {
    draw();
    loss = trainer.step({{tokens, segments}, {labels}, offsets}, inlay::AdamW{.learning_rate = 3e-3f}, inlay::Serial{})
               .loss;
  }
  CHECK(loss < 0.3f);

  // One row for each pair.
  draw();
  static inlay::Predictor<Model, inlay::PredictorConfig{.rows = 64 * 8}> predictor{trainer.parameters()};
  const auto logits = predictor.predict({tokens, segments}, offsets);
  REQUIRE(logits.count() == 64);
  std::size_t right = 0;
  for (std::size_t s = 0; s < 64; ++s) right += (logits.row(s)[1] > logits.row(s)[0]) == (labels[s] == 1) ? 1u : 0u;
  CHECK(right >= 56);
}
