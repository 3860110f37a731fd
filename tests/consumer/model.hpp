#pragma once
#include <inlay/inlay.hpp>

namespace tiny {
using Model = inlay::Gpt<inlay::GptConfig{.vocabulary = 16, .context = 8, .width = 16, .heads = 2, .layers = 1}>;
using Trainer = inlay::Trainer<Model, inlay::TrainerConfig{.batch = 2}>;
}  // namespace tiny
