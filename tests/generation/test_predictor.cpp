// Predictor: the forward pass of the model that a trainer holds, with another memory.

#include <inlay/generation/predictor.hpp>
#include <inlay/models/gpt.hpp>
#include <inlay/modules/compose.hpp>
#include <inlay/modules/frozen.hpp>
#include <inlay/training/trainer.hpp>

#include <cmath>
#include <memory>
#include <vector>

#include "parallel/thread_pool.hpp"
#include "support/catch.hpp"

namespace {

using inlay::Serial, inlay::Token;

using Gpt = inlay::Gpt<inlay::GptConfig{
    .vocabulary = 13, .context = 7, .width = 9, .heads = 3, .layers = 2, .positions = inlay::Positions::sinusoidal}>;

// Of a sensor's three numbers at each of nine moments: which of four classes.
using Norm = inlay::LayerNorm<inlay::NormConfig{.width = 10}>;
using Feed = inlay::FeedForward<10, 20, inlay::Activation::relu>;
using Body = inlay::Sequential<
    inlay::Linear<3, 10>, inlay::LearnedPositions<9, 10>,
    inlay::Residual<inlay::Sequential<
        Norm, inlay::Attention<inlay::AttentionConfig{.width = 10, .heads = 2, .context = 9, .causal = false}>>>,
    inlay::Residual<inlay::Sequential<Norm, Feed>>>;
struct Classifier : inlay::Sequential<inlay::Frozen<Body, inlay::InputGradient::no>, Norm, inlay::Linear<10, 4>> {
  static constexpr std::size_t context = 9;
};

}  // namespace

TEST_CASE("A predictor's outputs are those that the trainer's loss comes from") {
  const auto trainer = std::make_unique<inlay::Trainer<Gpt, inlay::TrainerConfig{.batch = 2}>>();
  trainer->initialize(inlay::Seed{2});
  for (float& value : trainer->parameters().token_embedding.weight) value *= 20.0f;
  std::vector<Token> inputs, labels;
  for (Token i = 0; i < 14; ++i) {
    inputs.push_back(i * i % 13);
    labels.push_back((i + 5) % 13);
  }
  const auto predictor = std::make_unique<inlay::Predictor<Gpt, inlay::PredictorConfig{.rows = 14}>>(
      trainer->parameters(), trainer->buffers());
  const std::uint32_t offsets[] = {0, 7, 14};
  const auto logits = predictor->predict(inputs, offsets);
  REQUIRE(logits.count() == 14);
  double loss = 0.0;
  for (std::size_t i = 0; i < 14; ++i) {
    double sum = 0.0;
    for (std::size_t j = 0; j < 13; ++j) sum += std::exp(static_cast<double>(logits(i, j)));
    loss += std::log(sum) - static_cast<double>(logits(i, labels[i]));
  }
  const float expected = trainer->evaluate({inputs, {labels}}, Serial{});
  CHECK(std::abs(loss / 14.0 - static_cast<double>(expected)) < 1e-5);

  // One sequence by itself, in a predictor of the model's context: the same bits.
  const auto alone = std::make_unique<inlay::Predictor<Gpt>>(trainer->parameters(), trainer->buffers());
  const auto second = alone->predict(std::span(inputs).subspan(7));
  REQUIRE(second.count() == 7);
  for (std::size_t i = 0; i < 7; ++i)
    for (std::size_t j = 0; j < 13; ++j) REQUIRE(second(i, j) == logits(7 + i, j));
  CHECK(alone->predict(std::span(inputs).first(1)).count() == 1);
  // No gradients, and one block's activations for both blocks.
  CHECK(2 * sizeof(*alone) < sizeof(*trainer));

  // On threads, and where the first offset is not zero: rows count from there.
  const auto threads = std::make_unique<inlay::Predictor<Gpt, inlay::PredictorConfig{.rows = 14, .workers = 3}>>(
      trainer->parameters(), trainer->buffers());
  const std::uint32_t later[] = {5, 12, 19};
  const auto again = threads->predict(inputs, later, ThreadPool{3});
  for (std::size_t i = 0; i < 14; ++i)
    for (std::size_t j = 0; j < 13; ++j) REQUIRE(again(i, j) == logits(i, j));
}

TEST_CASE("A classifier of a sensor's rows with a frozen body learns, and predicts") {
  static inlay::ParametersOf<Body> body;
  inlay::initialize<Body>(body, inlay::Seed{7});
  inlay::visit<Body>(
      [](const inlay::Path&, auto& tensor) {
        if constexpr (std::remove_reference_t<decltype(tensor)>::rank == 2)
          for (float& value : tensor) value *= 20.0f;
      },
      body);
  const auto trainer = std::make_unique<inlay::Trainer<Classifier, inlay::TrainerConfig{.batch = 4}>>();
  trainer->initialize(inlay::Seed{1});
  Classifier::at<0>(trainer->buffers()).parameters = &body;

  // Four waves; the last row of a sequence says which it was.
  inlay::Tensor<float, 36, 3> x;
  std::vector<Token> labels(36, inlay::ignored_label);
  for (std::size_t row = 0; row < 36; ++row)
    for (std::size_t axis = 0; axis < 3; ++axis)
      x(row, axis) = std::sin(static_cast<float>((row / 9 + 1) * (row % 9)) * 0.4f + static_cast<float>(axis));
  for (Token sequence = 0; sequence < 4; ++sequence) labels[9 * sequence + 8] = sequence;
  const inlay::Rows<const float, 3> rows(x);
  for (int step = 0; step < 60; ++step) trainer->step({rows, {labels}}, inlay::AdamW{.learning_rate = 0.05f}, Serial{});
  CHECK(trainer->evaluate({rows, {labels}}, Serial{}) < 0.1f);

  inlay::Predictor<Classifier> predictor{trainer->parameters(), trainer->buffers()};
  for (std::size_t sequence = 0; sequence < 4; ++sequence) {
    const auto y = predictor.predict(rows.part(9 * sequence, 9));
    for (std::size_t other = 0; other < 4; ++other)
      if (other != sequence) CHECK(y(8, sequence) > y(8, other));
  }
}
