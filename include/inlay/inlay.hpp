#pragma once
// All of inlay's header core. Parts can be included by themselves: each folder is one layer of the design.

#include <inlay/generation/generator.hpp>
#include <inlay/generation/predictor.hpp>
#include <inlay/models/gpt.hpp>
#include <inlay/models/recurrent.hpp>
#include <inlay/modules/activation.hpp>
#include <inlay/modules/alignment.hpp>
#include <inlay/modules/compose.hpp>
#include <inlay/modules/frozen.hpp>
#include <inlay/modules/gradient_check.hpp>
#include <inlay/training/schedule.hpp>
#include <inlay/training/trainer.hpp>
#include <inlay/version.hpp>
