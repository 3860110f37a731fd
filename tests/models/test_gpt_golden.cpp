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
#include "support/module_run.hpp"

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

template <class Trainer, class Model = typename Trainer::ModelType>
void check_training(const Golden& golden) {
  CAPTURE(Trainer::slices, Trainer::rows_per_pass);
  const std::vector<Token> inputs = golden.integers("inputs"), targets = golden.integers("targets");
  const std::vector<std::uint32_t> offsets = golden.integers("offsets");
  const inlay::Batch batch{inputs, {targets}, offsets};
  const float rows = static_cast<float>(inputs.size());
  static Trainer trainer;
  trainer.initialize(inlay::Seed{1});
  golden.read_parameters<Model>(trainer.parameters());

  std::vector<double> all;
  std::size_t tensors = 0;
  inlay::visit<Model>(
      [&](const inlay::Path& path, const auto&) {
        const std::vector<double> gradient = golden.numbers("gradient." + std::string(path.text().c_str()));
        all.insert(all.end(), gradient.begin(), gradient.end());
        ++tensors;
      },
      trainer.parameters());
  CHECK(tensors == golden.count("gradient."));
  CHECK(std::fabs(static_cast<double>(trainer.evaluate(batch, inlay::Serial{})) / golden.numbers("loss")[0] - 1.0) <
        1e-6);

  // Every gradient: the slices' sum over the number of rows.
  trainer.accumulate(batch, inlay::Serial{});
  static inlay::ParametersOf<Model> total;
  total = trainer.gradients(0);
  for (std::size_t s = 1; s < Trainer::slices; ++s)
    inlay::visit<Model>(
        [](const inlay::Path&, auto& sum, const auto& part) {
          for (std::size_t i = 0; i < sum.size(); ++i) sum.values[i] += part.values[i];
        },
        total, trainer.gradients(s));
  inlay::visit<Model>(
      [&](const inlay::Path& path, auto& gradient) {
        const std::string name = path.text().c_str();
        CAPTURE(name);
        for (float& value : gradient) value /= rows;
        const std::vector<double> expected = golden.numbers("gradient." + name);
        REQUIRE(expected.size() == gradient.size());
        CHECK(compare::relative_error(gradient.data(), expected, compare::root_mean_square(all)) < 1e-4);
      },
      total);

  // Ten steps, the first of them with the gradient that is already there.
  const std::vector<double> losses = golden.numbers("losses"), norms = golden.numbers("norms");
  const inlay::AdamW optimizer{
      .learning_rate = 1e-2f, .beta1 = 0.9f, .beta2 = 0.99f, .epsilon = 1e-8f, .weight_decay = 0.1f, .clip_norm = 1.0f};
  for (std::size_t step = 0; step < losses.size(); ++step) {
    CAPTURE(step);
    const inlay::StepReport report =
        step == 0 ? trainer.update(optimizer, inlay::Serial{}) : trainer.step(batch, optimizer, inlay::Serial{});
    CHECK(!report.skipped);
    CHECK(std::fabs(static_cast<double>(report.loss) / losses[step] - 1.0) < 1e-4);
    CHECK(std::fabs(static_cast<double>(report.gradient_norm) / norms[step] - 1.0) < 1e-4);
  }
  inlay::visit<Model>(
      [&](const inlay::Path& path, const auto& parameter) {
        const std::string name = path.text().c_str();
        CAPTURE(name);
        // The gradient of a key bias is zero in truth; Adam makes noise of the rounding errors left there.
        if (name.find("key.bias") != std::string::npos) return;
        CHECK(compare::relative_error(parameter.data(), golden.numbers("trained." + name)) < 1e-4);
      },
      trainer.parameters());
}

template <GptConfig C>
void check(const std::string& file) {
  CAPTURE(file);
  const Golden golden(file);
  using Model = inlay::Gpt<C>;
  check_logits<Model>(golden);
  // All in one pass; and a slice for each sequence, with blocks computed again.
  check_training<inlay::Trainer<Model, inlay::TrainerConfig{.batch = 4, .slices = 1, .rows_per_pass = 16}>>(golden);
  check_training<inlay::Trainer<
      Model,
      inlay::TrainerConfig{
          .batch = 4, .slices = 4, .rows_per_pass = 7, .workers = 2, .recompute = inlay::Recompute::block}>>(golden);
}

}  // namespace

TEST_CASE("Gpt against PyTorch: tied, GELU by erf, no biases", "[gpt]") {
  check<with(true, false, Activation::gelu_erf, NormPlacement::before)>("gpt_tied_gelu_erf.safetensors");
}

TEST_CASE("Gpt against PyTorch: untied, GELU by tanh, biases", "[gpt]") {
  check<with(false, true, Activation::gelu_tanh, NormPlacement::before)>("gpt_untied_gelu_tanh.safetensors");
}

TEST_CASE("Gpt against PyTorch: normalisation after, ReLU", "[gpt]") {
  check<with(true, true, Activation::relu, NormPlacement::after)>("gpt_post_norm_relu.safetensors");
}

#endif
