#pragma once
// The models that are compared: three that learn, of about the same number of parameters, and one that counts.
//
//   transformer   V d + n d + L (12 d^2 + 2 d) + d     V = 256 bytes, n = 64: d = 64, L = 3:  168 384
//   LSTM          V d + L (8 d^2 + 4 d)                                        d = 96, L = 2: 172 800
//   Elman         V d + L (2 d^2 + d)                                          d = 176, L = 2: 169 312
//   n-gram        one count for each different n-gram, as many as the text has

#include <inlay/models/gpt.hpp>
#include <inlay/models/recurrent.hpp>
#include <inlay/training/trainer.hpp>

namespace language_models {

inline constexpr std::size_t vocabulary = 256, context = 64, windows_per_step = 12;
inline constexpr std::size_t tokens_per_step = windows_per_step * context;

using Transformer = inlay::Gpt<inlay::GptConfig{
    .vocabulary = vocabulary, .context = context, .width = 64, .heads = 4, .layers = 3, .biases = false}>;

template <inlay::Cell Kind, std::size_t Width>
using Recurrent = inlay::RecurrentLanguageModel<inlay::RecurrentLanguageModelConfig{
    .vocabulary = vocabulary, .context = context, .width = Width, .layers = 2, .cell = Kind}>;
using Lstm = Recurrent<inlay::Cell::lstm, 96>;
using Elman = Recurrent<inlay::Cell::elman, 176>;

template <class Model>
using TrainerOf = inlay::Trainer<Model, inlay::TrainerConfig{.batch = windows_per_step}>;

// Counted at compile time, as the bytes of what is trained: at most a tenth apart.
template <class Model>
inline constexpr double size = static_cast<double>(sizeof(inlay::ParametersOf<Model>)) / sizeof(float);
template <class A, class B>
inline constexpr bool alike = size<A> < 1.1 * size<B>&& size<B> < 1.1 * size<A>;
static_assert(alike<Transformer, Lstm> && alike<Transformer, Elman> && alike<Lstm, Elman>,
              "the models that are compared differ by more than a tenth in their number of parameters");

}  // namespace language_models
