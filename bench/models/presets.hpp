#pragma once
// The models whose training is measured.
//
//   preset    layers, heads, width, context   batch      vocabulary
//   micro16   1, 4, 16, 16                    16 names   27    RMSNorm without gain, ReLU, no biases (also micro32, 64)
//   mcu       2, 4, 32, 32                    8          32    GPT-2's block: LayerNorm, GELU by tanh, biases
//   nano      4, 4, 128, 64                   12         256   nanoGPT's: no biases, GELU by erf, tied
//   gpt2      12, 12, 768, 64                 4          50257 GPT-2's smallest; its trainer belongs in mapped memory
//
// Sources: micro, Karpathy's microgpt and EEmicroGPT; nano, nanoGPT's configuration for a CPU, with bytes for
// characters.

#include <inlay/inlay.hpp>

namespace presets {

// The customary count for training on one row that sees `keys` keys: two operations a multiply-add, forward once and
// backward twice. Forward alone is a third of it. The hidden layer is four times as wide as the rows, as in all
// presets.
constexpr double operations_per_row(const inlay::GptConfig& c, double keys) {
  const auto width = static_cast<double>(c.width), layers = static_cast<double>(c.layers);
  return 6 * (12 * layers * width * width + static_cast<double>(c.vocabulary) * width) + 12 * layers * width * keys;
}

template <inlay::GptConfig C, std::size_t Batch>
struct Preset {
  static constexpr inlay::GptConfig config = C;
  static constexpr std::size_t batch = Batch;  // sequences
  using Model = inlay::Gpt<C>;
  using Trainer = inlay::Trainer<Model, inlay::TrainerConfig{.batch = Batch}>;
};

constexpr inlay::GptConfig micro(std::size_t width) {
  return {.vocabulary = 27,
          .context = 16,
          .width = width,
          .heads = 4,
          .layers = 1,
          .tied = false,
          .biases = false,
          .activation = inlay::Activation::relu,
          .norm = inlay::NormKind::root_mean_square,
          .norm_gain = false};
}

using Micro16 = Preset<micro(16), 16>;
using Micro32 = Preset<micro(32), 16>;
using Micro64 = Preset<micro(64), 16>;
using Mcu = Preset<inlay::GptConfig{.vocabulary = 32, .context = 32, .width = 32, .heads = 4, .layers = 2}, 8>;
using Nano = Preset<inlay::GptConfig{.vocabulary = 256,
                                     .context = 64,
                                     .width = 128,
                                     .heads = 4,
                                     .layers = 4,
                                     .biases = false,
                                     .activation = inlay::Activation::gelu_erf},
                    12>;
using Gpt2 = Preset<inlay::GptConfig{.vocabulary = 50257, .context = 64, .width = 768, .heads = 12, .layers = 12}, 4>;

}  // namespace presets
