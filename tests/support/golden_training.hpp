#pragma once
// A trainer against what PyTorch did with the same model and batch: the loss, every gradient, ten AdamW steps. The
// files are laid out as tests/golden/make_goldens.py says.

#include <inlay/training/trainer.hpp>

#include <cmath>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/compare.hpp"
#include "support/golden.hpp"

namespace golden {

template <class Trainer, class Model = typename Trainer::ModelType>
void check_training(const Golden& golden, const typename Trainer::BatchType& batch) {
  CAPTURE(Trainer::slices, Trainer::rows_per_pass);
  float rows = 0.0f;  // that have a label
  for (const inlay::Token label : batch.targets.labels) rows += label == inlay::ignored_label ? 0.0f : 1.0f;
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

}  // namespace golden
