// pinned: 07f45185c7cc3024
// pinned without a fused multiply-add: 17e7ff3ccbe1f865
// Signals: a dilated convolution, attention with a window and ALiBi, a GRU, two losses side by side, and a stream that
// goes on beyond the window. Sequences of different lengths, widths off every vector, one slice.
#include <inlay/generation/streamer.hpp>
#include <inlay/modules/activation.hpp>
#include <inlay/modules/attention.hpp>
#include <inlay/modules/block.hpp>
#include <inlay/modules/compose.hpp>
#include <inlay/modules/convolution.hpp>
#include <inlay/modules/feed_forward.hpp>
#include <inlay/modules/recurrent.hpp>
#include <inlay/modules/stack.hpp>
#include <inlay/training/beside.hpp>
#include <inlay/training/real_loss.hpp>

#include "bits/recipe.hpp"

namespace {

constexpr std::size_t axes = 3, width = 10, classes = 3, steps = 30, rows = 60;

using Norm = inlay::LayerNorm<inlay::NormConfig{.width = width}>;
using Attention = inlay::Attention<inlay::AttentionConfig{
    .width = width, .heads = 2, .context = 40, .window = 7, .positions = inlay::RelativePositions::alibi}>;
struct Model
    : inlay::Sequential<
          inlay::Convolution<inlay::ConvolutionConfig{.in = axes, .out = width, .kernel = 4, .dilation = 2}>,
          inlay::Activate<inlay::Activation::gelu_tanh, width>,
          inlay::Stack<inlay::Block<Norm, Attention, inlay::FeedForward<width, 21, inlay::Activation::gelu_erf>>, 2>,
          inlay::Gru<width, width>, inlay::Linear<width, classes + axes>> {
  static constexpr std::size_t context = 40;
};
using Loss = inlay::Beside<inlay::SoftmaxCrossEntropy<classes>, inlay::Huber<axes, 0.5f>, 0.5f>;
inlay::Trainer<Model, inlay::TrainerConfig{.batch = 3, .slices = 1}, Loss> trainer;
inlay::Streamer<Model> stream{trainer.parameters(), trainer.buffers()};

// A tone whose pitch is its class, with noise.
inlay::Tensor<float, rows, axes> x, next;
inlay::Tensor<inlay::Token, rows> labels;
void make(std::uint64_t step) {
  for (std::size_t i = 0; i < rows; ++i) {
    const std::size_t label = (i / 20 + step) % classes;
    labels(i) = i % 20 < 2 ? inlay::ignored_label : static_cast<inlay::Token>(label);
    for (std::size_t axis = 0; axis < axes; ++axis) {
      const auto words = inlay::kernels::random_words({step, 1}, 0, i, static_cast<std::uint32_t>(axis));
      const float pitch = 0.4f * static_cast<float>(label + 1);
      const auto tone = [&](std::size_t at) { return inlay::simd::sin(pitch * static_cast<float>(at + axis + step)); };
      x(i, axis) = tone(i) + 0.2f * inlay::kernels::uniform(words.word[0]);
      next(i, axis) = tone(i + 1);
    }
  }
}

}  // namespace

int main() {
  const inlay::Serial executor;
  const std::uint32_t offsets[] = {0, 20, 23, 60};
  inlay::Hash hash;
  float loss = 0.0f;
  trainer.initialize(inlay::Seed{3});
  for (std::uint64_t step = 0; step < steps; ++step) {
    make(step);
    const inlay::Rows<const float, axes> inputs(x), targets(next);
    loss = trainer.step({inputs, {{labels.values}, {targets}}, offsets}, inlay::AdamW{.learning_rate = 1e-2f}, executor)
               .loss;
    hash.real(loss);
  }
  inlay::visit<Model>([&](const inlay::Path&, const auto& tensor) { hash.reals(tensor.values); }, trainer.parameters());
  for (std::size_t i = 0; i < 3 * rows; ++i) {
    const auto y = stream.push({&x(i % rows, 0), 1}, executor);
    hash.reals({y.data(), Model::Output::width});
  }
  return recipe::print(hash.value(), 2.0f + loss);  // which expects the loss of a language model
}
