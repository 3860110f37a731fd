#pragma once
// All of inlay's header core. Parts can be included by themselves: each folder is one layer of the design.

#include <inlay/generation/generator.hpp>
#include <inlay/generation/noisy_channel.hpp>
#include <inlay/generation/predictor.hpp>
#include <inlay/generation/translator.hpp>
#include <inlay/models/encoder.hpp>
#include <inlay/models/encoder_decoder.hpp>
#include <inlay/models/gpt.hpp>
#include <inlay/models/mlp.hpp>
#include <inlay/models/ngram.hpp>
#include <inlay/models/ngram_generator.hpp>
#include <inlay/models/perceptron.hpp>
#include <inlay/models/recurrent.hpp>
#include <inlay/models/recurrent_encoder_decoder.hpp>
#include <inlay/modules/activation.hpp>
#include <inlay/modules/alignment.hpp>
#include <inlay/modules/compose.hpp>
#include <inlay/modules/frozen.hpp>
#include <inlay/modules/gradient_check.hpp>
#include <inlay/modules/similarity.hpp>
#include <inlay/training/masking.hpp>
#include <inlay/training/real_loss.hpp>
#include <inlay/training/schedule.hpp>
#include <inlay/training/trainer.hpp>
#include <inlay/version.hpp>
