// Gpt against PyTorch in double precision (tests/golden): logits, loss, every gradient, ten AdamW steps.

#if defined(INLAY_TEST_IO)

#include <inlay/models/gpt.hpp>
#include <inlay/training/trainer.hpp>

#include <cmath>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/compare.hpp"
#include "support/golden.hpp"
#include "support/golden_training.hpp"
#include "support/module_run.hpp"

using golden::check_training;
using golden::Golden;
using inlay::Activation;
using inlay::GptConfig;
using inlay::NormPlacement;
using inlay::Token;

namespace {

constexpr GptConfig shape{.vocabulary = 13, .context = 7, .width = 12, .heads = 3, .layers = 2};
constexpr GptConfig with(bool tied, bool biases, Activation activation, NormPlacement placement) {
  GptConfig c = shape;
  c.tied = tied;
  c.biases = biases;
  c.activation = activation;
  c.placement = placement;
  return c;
}

template <class Model>
void check_logits(const Golden& golden) {
  module_test::ModuleRun<Model, inlay::Extent{.rows = 16}> run(golden.integers("offsets"), 1);
  run.tokens = golden.integers("inputs");
  golden.read_parameters<Model>(run.parameters);
  run.forward();
  CHECK(compare::relative_error(run.y.data(), golden.numbers("logits")) < 1e-5);

  // The last position of each sequence alone: the same numbers, to the bit.
  const std::vector<float> all = run.y;
  run.call.logits = inlay::Logits::last_of_each_sequence;
  const std::size_t sequences = run.offsets.size() - 1;
  Model::forward(run.forward_frame(), run.input(), inlay::Rows<float, 13>(run.y.data(), sequences));
  for (std::size_t s = 0; s < sequences; ++s)
    CHECK(std::equal(&run.y[s * 13], &run.y[s * 13] + 13, &all[(run.offsets[s + 1] - 1) * 13], numbers::same_bits));
}

template <GptConfig C>
void check(const std::string& file) {
  CAPTURE(file);
  const Golden golden(file);
  using Model = inlay::Gpt<C>;
  check_logits<Model>(golden);
  const std::vector<Token> inputs = golden.integers("inputs"), targets = golden.integers("targets");
  const std::vector<std::uint32_t> offsets = golden.integers("offsets");
  const inlay::Batch batch{inputs, {targets}, offsets};
  // All in one pass; and a slice for each sequence, with blocks computed again.
  check_training<inlay::Trainer<Model, inlay::TrainerConfig{.batch = 4, .slices = 1, .rows_per_pass = 16}>>(golden,
                                                                                                            batch);
  check_training<inlay::Trainer<
      Model,
      inlay::TrainerConfig{
          .batch = 4, .slices = 4, .rows_per_pass = 7, .workers = 2, .recompute = inlay::Recompute::block}>>(golden,
                                                                                                             batch);
}

}  // namespace

TEST_CASE("Gpt against PyTorch: tied, GELU by erf, no biases", "[gpt]") {
  check<with(true, false, Activation::gelu_erf, NormPlacement::before)>("gpt_tied_gelu_erf.safetensors");
}

TEST_CASE("Gpt against PyTorch: untied, GELU by tanh, biases", "[gpt]") {
  check<with(false, true, Activation::gelu_tanh, NormPlacement::before)>("gpt_untied_gelu_tanh.safetensors");
}

TEST_CASE("Gpt against PyTorch: Llama's block, with rotary positions, SwiGLU and grouped queries", "[gpt]") {
  check<GptConfig{.vocabulary = 13,
                  .context = 7,
                  .width = 16,
                  .heads = 4,
                  .layers = 2,
                  .hidden = 24,
                  .tied = false,
                  .biases = false,
                  .activation = Activation::silu,
                  .norm = inlay::NormKind::root_mean_square,
                  .positions = inlay::Positions::rotary,
                  .gated = true,
                  .key_value_heads = 2}>("gpt_llama.safetensors");
}

TEST_CASE("Gpt against PyTorch: normalisation after, ReLU", "[gpt]") {
  check<with(true, true, Activation::relu, NormPlacement::after)>("gpt_post_norm_relu.safetensors");
}

#endif
