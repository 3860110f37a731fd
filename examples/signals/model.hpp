#pragma once
// The model: a convolution over five samples, two transformer blocks whose attention looks back 32 samples, and two
// heads. At every sample it says what is going on and what comes next.
//
// Columns of the output: a logit for each activity, then for each of the next four samples, how it differs from this
// one on each axis.

#include <inlay/generation/streamer.hpp>
#include <inlay/memory/hash.hpp>
#include <inlay/modules/activation.hpp>
#include <inlay/modules/attention.hpp>
#include <inlay/modules/block.hpp>
#include <inlay/modules/compose.hpp>
#include <inlay/modules/convolution.hpp>
#include <inlay/modules/feed_forward.hpp>
#include <inlay/modules/normalization.hpp>
#include <inlay/modules/stack.hpp>

#include "signals/motion.hpp"

namespace signals {

constexpr std::size_t width = 24, heads = 3, window = 32, layers = 2, kernel = 5;
constexpr std::size_t ahead = 4, forecast = ahead * axes;
constexpr std::size_t context = 128;  // samples of a sequence in training; a stream has no end

using Norm = inlay::LayerNorm<inlay::NormConfig{.width = width}>;
using Attention = inlay::Attention<inlay::AttentionConfig{.width = width,
                                                          .heads = heads,
                                                          .context = context,
                                                          .window = window,
                                                          .positions = inlay::RelativePositions::alibi}>;
using FeedForward = inlay::FeedForward<width, 2 * width, inlay::Activation::relu>;
struct Model
    : inlay::Sequential<inlay::Convolution<inlay::ConvolutionConfig{.in = axes, .out = width, .kernel = kernel}>,
                        inlay::Activate<inlay::Activation::relu, width>,
                        inlay::Stack<inlay::Block<Norm, Attention, FeedForward>, layers>, Norm,
                        inlay::Linear<width, activities + forecast>> {
  static constexpr std::size_t context = signals::context;

  // Of what the shapes of the tensors do not say.
  static constexpr std::uint64_t fingerprint() {
    inlay::Hash hash;
    hash.text("signals");
    for (const std::size_t number : {heads, window, activities, ahead}) hash.number(number);
    return hash.value();
  }
};
using Stream = inlay::Streamer<Model>;

static_assert(Stream::endless);
static_assert(sizeof(inlay::ParametersOf<Model>) <= 48 * 1024, "the weights are to fit into 48 KiB of flash");
static_assert(sizeof(Stream) + sizeof(inlay::BuffersOf<Model>) <= 40 * 1024,
              "the stream, its tables included, is to fit into 40 KiB of RAM");

// What a row of outputs says.
class Answer {
 public:
  explicit Answer(const float* outputs) : outputs_(outputs) {}

  Activity activity() const {
    std::size_t likeliest = 0;
    for (std::size_t k = 1; k < activities; ++k)
      if (outputs_[k] > outputs_[likeliest]) likeliest = k;
    return static_cast<Activity>(likeliest);
  }
  // The sample `steps` (1 to ahead) after the one that was pushed, on an axis.
  float next(const float* sample, std::size_t steps, std::size_t axis) const {
    return sample[axis] + outputs_[activities + (steps - 1) * axes + axis];
  }

 private:
  const float* outputs_;
};

}  // namespace signals
