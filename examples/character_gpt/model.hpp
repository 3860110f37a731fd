#pragma once
// The model: bytes in, bytes out, in a shape that a laptop trains in a minute.

#include <inlay/inlay.hpp>

namespace character_gpt {

inline constexpr inlay::GptConfig config{
    .vocabulary = 256,
    .context = 64,
    .width = 128,
    .heads = 4,
    .layers = 4,
    .tied = true,
    .biases = false,
    .activation = inlay::Activation::gelu_erf,
};
inline constexpr std::size_t windows_per_step = 12;
inline constexpr std::size_t tokens_per_step = windows_per_step * config.context;

using Model = inlay::Gpt<config>;
using Trainer = inlay::Trainer<Model, inlay::TrainerConfig{.batch = windows_per_step}>;

// Floating-point operations to train on one token of a full window: two for each multiply-add, forward once and
// backward twice, and attention over the positions that are not masked, half of them.
inline constexpr double operations_per_token = [] {
  constexpr auto width = static_cast<double>(config.width), layers = static_cast<double>(config.layers);
  constexpr double matrices = 12 * layers * width * width + static_cast<double>(config.vocabulary) * width;
  constexpr double attention = 2 * layers * width * static_cast<double>(config.context + 1) / 2;
  return 6 * (matrices + attention);
}();

}  // namespace character_gpt
