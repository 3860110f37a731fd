// The work of the tests in C, done with the interface in C++.
#include "c/models.hpp"

#include "c/support.h"

void writer_reference(writer_results* results) {
  static c_test::WriterTrainer trainer;
  static std::uint32_t tokens[WRITER_ROWS], labels[WRITER_ROWS];
  const auto batch = [&](std::size_t step) {
    writer_data(step, tokens, labels);
    return inlay::Batch{tokens, {labels}};
  };
  trainer.initialize(inlay::Seed{11});
  for (std::size_t step = 0; step < WRITER_STEPS; ++step) {
    const auto report =
        trainer.step(batch(step), inlay::AdamW{.learning_rate = 1e-2f, .clip_norm = 1.0f}, inlay::Serial{});
    results->losses[step] = report.loss;
    results->norms[step] = report.gradient_norm;
  }
  results->weights = hash_of(&trainer.parameters(), sizeof trainer.parameters());
  results->evaluated = trainer.evaluate(batch(100), inlay::Serial{});
  static inlay::Generator<c_test::Writer> generator{trainer.parameters()};
  const inlay::Token prompt[] = {0, 4, 10};
  const inlay::Sampling sampling{.temperature = 0.7f,
                                 .top_k = 12,
                                 .top_p = 0.9f,
                                 .repetition_penalty = 1.1f,
                                 .seed = 5,
                                 .past_context = inlay::PastContext::keep_newest_half};
  generator.write(prompt, WRITER_TOKENS, sampling,
                  [&](inlay::Token token) { results->tokens[results->written++] = token; });
  results->logits = hash_of(generator.logits().data(), WRITER_VOCABULARY * sizeof(float));
}

void curve_reference(curve_results* results) {
  static c_test::CurveTrainer trainer;
  float inputs[3 * CURVE_ROWS], targets[2 * CURVE_ROWS], weights[CURVE_ROWS];
  std::uint32_t offsets[3];
  curve_data(inputs, targets, weights, offsets);
  trainer.initialize(inlay::Seed{3});
  for (float& loss : results->losses)
    loss = trainer
               .step({{inputs, CURVE_ROWS}, {{targets, CURVE_ROWS}, weights}, offsets},
                     inlay::Sgd{.learning_rate = 0.1f, .momentum = 0.9f}, inlay::Serial{})
               .loss;
  results->bytes = sizeof trainer.parameters();
  results->weights = hash_of(&trainer.parameters(), sizeof trainer.parameters());
  // The outputs: both sequences in one pass.
  using Model = c_test::Curve;
  constexpr inlay::Extent extent{.rows = CURVE_ROWS, .workers = 1, .training = false};
  static inlay::ActivationsOf<Model, extent> activations;
  static inlay::WorkspaceOf<Model, extent> workspace;
  const inlay::Call call{.packing = {offsets, 2}};
  const inlay::Serial serial;
  const inlay::Forward<inlay::ParametersOf<Model>, inlay::BuffersOf<Model>, inlay::Empty,
                       inlay::ActivationsOf<Model, extent>, inlay::WorkspaceOf<Model, extent>, inlay::Serial>
      frame{trainer.parameters(), trainer.buffers(), inlay::detail::nothing, activations, workspace, call, serial,
            inlay::Stream{}};
  Model::forward(frame, inlay::Rows<const float, 3>(inputs, CURVE_ROWS),
                 inlay::Rows<float, 2>(results->outputs, CURVE_ROWS));
  trainer.initialize(inlay::Seed{3});
  trainer.step({{inputs, CURVE_ROWS}, {{targets, CURVE_ROWS}, weights}, offsets},
               inlay::Lion{.learning_rate = 1e-2f, .weight_decay = 0.1f}, inlay::Serial{});
  results->lion = hash_of(&trainer.parameters(), sizeof trainer.parameters());
}
