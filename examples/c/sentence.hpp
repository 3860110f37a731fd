#pragma once
// The model of the example in C: all that is C++ in it. Change a number here, and the program changes with it.
#include <inlay/inlay.hpp>

// One token for each printing character of ASCII, from the space on.
using SentenceModel =
    inlay::Gpt<inlay::GptConfig{.vocabulary = 96, .context = 32, .width = 32, .heads = 4, .layers = 2, .tied = false}>;
using SentenceTrainer = inlay::Trainer<SentenceModel, inlay::TrainerConfig{.batch = 8}>;
