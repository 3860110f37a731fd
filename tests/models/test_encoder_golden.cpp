// Encoder and EncoderDecoder against PyTorch's own layers in double precision (tests/golden): logits, loss, every
// gradient, ten AdamW steps.

#if defined(INLAY_TEST_IO)

#include <inlay/models/encoder.hpp>
#include <inlay/models/encoder_decoder.hpp>

#include "support/golden_training.hpp"
#include "support/module_run.hpp"

using golden::check_training;
using golden::Golden;
using inlay::Extent;
using inlay::Token;

TEST_CASE("MaskedLanguageModel against PyTorch: BERT with two segments", "[encoder]") {
  using Model = inlay::MaskedLanguageModel<inlay::EncoderConfig{
      .vocabulary = 13, .context = 7, .width = 12, .heads = 3, .layers = 2, .hidden = 20, .segments = 2}>;
  const Golden golden("bert.safetensors");
  const std::vector<Token> inputs = golden.integers("inputs"), segments = golden.integers("segments"),
                           targets = golden.integers("targets");
  const std::vector<std::uint32_t> offsets = golden.integers("offsets");
  module_test::ModuleRun<Model, Extent{.rows = 16}> run(offsets, 1);
  run.tokens = inputs;
  run.segments = segments;
  golden.read_parameters<Model>(run.parameters);
  run.forward();
  CHECK(compare::relative_error(run.y.data(), golden.numbers("logits")) < 1e-5);

  using Trainer = inlay::Trainer<Model, inlay::TrainerConfig{.batch = 4, .slices = 1, .rows_per_pass = 16}>;
  const Trainer::BatchType batch{{inputs, segments}, {targets}, offsets};
  check_training<Trainer>(golden, batch);
  check_training<inlay::Trainer<
      Model,
      inlay::TrainerConfig{
          .batch = 4, .slices = 4, .rows_per_pass = 7, .workers = 2, .recompute = inlay::Recompute::block}>>(golden,
                                                                                                             batch);
}

TEST_CASE("EncoderDecoder against PyTorch: the transformer of 2017", "[encoder_decoder]") {
  using Model = inlay::EncoderDecoder<inlay::EncoderDecoderConfig{.source_vocabulary = 11,
                                                                  .vocabulary = 13,
                                                                  .source_context = 6,
                                                                  .context = 7,
                                                                  .width = 12,
                                                                  .heads = 3,
                                                                  .layers = 2,
                                                                  .hidden = 20}>;
  const Golden golden("encoder_decoder.safetensors");
  const std::vector<Token> inputs = golden.integers("inputs"), sources = golden.integers("sources"),
                           targets = golden.integers("targets");
  const std::vector<std::uint32_t> offsets = golden.integers("offsets"),
                                   source_offsets = golden.integers("source_offsets");
  module_test::ModuleRun<Model, Extent{.rows = 16, .memory_rows = 16}> run(offsets, 1);
  run.tokens = inputs;
  run.source = sources;
  run.source_offsets = source_offsets;
  golden.read_parameters<Model>(run.parameters);
  run.forward();
  CHECK(compare::relative_error(run.y.data(), golden.numbers("logits")) < 1e-5);

  using Trainer = inlay::Trainer<Model, inlay::TrainerConfig{.batch = 4, .slices = 1, .rows_per_pass = 28}>;
  const Trainer::BatchType batch{{sources, source_offsets, inputs}, {targets}, offsets};
  check_training<Trainer>(golden, batch);
  check_training<inlay::Trainer<
      Model,
      inlay::TrainerConfig{
          .batch = 4, .slices = 4, .rows_per_pass = 7, .workers = 2, .recompute = inlay::Recompute::block}>>(golden,
                                                                                                             batch);
}

#endif
