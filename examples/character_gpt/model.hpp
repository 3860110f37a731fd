#pragma once
// The model: bytes in, bytes out, in a shape that a laptop trains in a minute. character_gpt_small is the same program
// with a model that a microcontroller has room for: 139 KB of weights (examples/firmware/writer).

#include <inlay/inlay.hpp>

namespace character_gpt {

#if defined(INLAY_CHARACTER_GPT_SMALL)
inline constexpr const char* program_name = "character_gpt_small";
inline constexpr std::size_t model_width = 32, model_layers = 2;
inline constexpr float peak_learning_rate = 4e-3F, last_learning_rate = 4e-4F;
#else
inline constexpr const char* program_name = "character_gpt";
inline constexpr std::size_t model_width = 128, model_layers = 4;
inline constexpr float peak_learning_rate = 1e-3F, last_learning_rate = 1e-4F;
#endif
inline constexpr inlay::GptConfig config{
    .vocabulary = 256,
    .context = 64,
    .width = model_width,
    .heads = 4,
    .layers = model_layers,
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
