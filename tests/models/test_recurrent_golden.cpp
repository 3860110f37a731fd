// RecurrentLanguageModel against PyTorch's RNN, GRU and LSTM in double precision (tests/golden): outputs, last states,
// logits, loss and every gradient; RecurrentEncoderDecoder against its LSTM with attention: ten steps of AdamW, too.

#if defined(INLAY_TEST_IO)

#include <inlay/models/recurrent.hpp>
#include <inlay/models/recurrent_encoder_decoder.hpp>
#include <inlay/training/trainer.hpp>

#include <cmath>

#include "support/compare.hpp"
#include "support/golden_training.hpp"
#include "support/module_run.hpp"

using inlay::Cell;
using inlay::RecurrentLanguageModelConfig;
using inlay::Token;

namespace {

template <RecurrentLanguageModelConfig C>
void check(const std::string& name) {
  CAPTURE(name);
  using Model = inlay::RecurrentLanguageModel<C>;
  const golden::Golden golden(name);
  const std::vector<std::uint32_t> offsets = golden.integers("offsets");
  module_test::ModuleRun<Model, inlay::Extent{.rows = 16}> run(offsets, 1);
  run.tokens = golden.integers("inputs");
  golden.read_parameters<Model>(run.parameters);
  run.forward();
  CHECK(compare::relative_error(run.activations.last.data(), golden.numbers("outputs")) < 1e-5);
  CHECK(compare::relative_error(run.y.data(), golden.numbers("logits")) < 1e-5);

  // The states of the second layer after each sequence.
  using Layer = typename Model::Layer;
  inlay::Tensor<float, 4, C.width> hidden, cell;
  typename Layer::Ends ends;
  ends.last_hidden = hidden;
  if (C.cell == Cell::lstm) ends.last_cell = cell;
  const auto frame = run.forward_frame().child(INLAY_PART(layers)).child(INLAY_PART_AT(layers, 1u), 1);
  const inlay::Rows<const float, C.width> between(&run.activations.layers.inputs(0, 0, 0), 16);
  Layer::forward(frame, between, inlay::Rows<float, C.width>(run.activations.last, 16), ends);
  CHECK(compare::relative_error(hidden.data(), golden.numbers("last_hidden")) < 1e-5);
  if (C.cell == Cell::lstm) CHECK(compare::relative_error(cell.data(), golden.numbers("last_cell")) < 1e-5);

  using Trainer = inlay::Trainer<Model, inlay::TrainerConfig{.batch = 4, .slices = 1, .rows_per_pass = 8}>;
  const auto trainer = std::make_unique<Trainer>();
  trainer->initialize(inlay::Seed{1});
  golden.read_parameters<Model>(trainer->parameters());
  const std::vector<Token> inputs = golden.integers("inputs"), targets = golden.integers("targets");
  const inlay::Batch batch{inputs, {targets}, offsets};
  CHECK(std::fabs(static_cast<double>(trainer->evaluate(batch, inlay::Serial{})) / golden.numbers("loss")[0] - 1.0) <
        1e-6);
  trainer->accumulate(batch, inlay::Serial{});
  std::size_t tensors = 0;
  inlay::visit<Model>(
      [&](const inlay::Path& path, const auto& gradient) {
        const std::string tensor = path.text().c_str();
        CAPTURE(tensor);
        std::vector<float> mean(gradient.begin(), gradient.end());
        for (float& value : mean) value /= static_cast<float>(inputs.size());
        const std::vector<double> expected = golden.numbers("gradient." + tensor);
        REQUIRE(expected.size() == mean.size());
        CHECK(compare::relative_error(mean.data(), expected) < 1e-4);
        ++tensors;
      },
      trainer->gradients());
  CHECK(tensors == golden.count("gradient."));
}

constexpr RecurrentLanguageModelConfig with(Cell cell) {
  return {.vocabulary = 13, .context = 7, .width = 9, .layers = 2, .cell = cell, .tied = false};
}

}  // namespace

TEST_CASE("RecurrentLanguageModel against PyTorch: RNN", "[recurrent]") {
  check<with(Cell::elman)>("recurrent_elman.safetensors");
}
TEST_CASE("RecurrentLanguageModel against PyTorch: GRU", "[recurrent]") {
  check<with(Cell::gru)>("recurrent_gru.safetensors");
}
TEST_CASE("RecurrentLanguageModel against PyTorch: LSTM", "[recurrent]") {
  check<with(Cell::lstm)>("recurrent_lstm.safetensors");
}

TEST_CASE("RecurrentEncoderDecoder against PyTorch: LSTM with additive attention", "[recurrent]") {
  using Model = inlay::RecurrentEncoderDecoder<inlay::RecurrentEncoderDecoderConfig{
      .source_vocabulary = 11, .vocabulary = 13, .source_context = 6, .context = 7, .width = 9, .layers = 2}>;
  const golden::Golden golden("recurrent_encoder_decoder.safetensors");
  const std::vector<Token> inputs = golden.integers("inputs"), sources = golden.integers("sources"),
                           targets = golden.integers("targets");
  const std::vector<std::uint32_t> offsets = golden.integers("offsets"),
                                   source_offsets = golden.integers("source_offsets");
  module_test::ModuleRun<Model, inlay::Extent{.rows = 16, .memory_rows = 16}> run(offsets, 1);
  run.tokens = inputs;
  run.source = sources;
  run.source_offsets = source_offsets;
  golden.read_parameters<Model>(run.parameters);
  run.forward();
  CHECK(compare::relative_error(run.y.data(), golden.numbers("logits")) < 1e-5);
  CHECK(compare::largest_difference(run.activations.attention.weights.data(), golden.numbers("weights")) < 1e-6);

  using Trainer = inlay::Trainer<Model, inlay::TrainerConfig{.batch = 4, .slices = 1, .rows_per_pass = 28}>;
  const Trainer::BatchType batch{{sources, source_offsets, inputs}, {targets}, offsets};
  golden::check_training<Trainer>(golden, batch);
  golden::check_training<inlay::Trainer<
      Model,
      inlay::TrainerConfig{
          .batch = 4, .slices = 4, .rows_per_pass = 7, .workers = 2, .recompute = inlay::Recompute::block}>>(golden,
                                                                                                             batch);
}

#endif
