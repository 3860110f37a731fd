#pragma once
// Which gesture a recording is: a transformer block over the 32 moments, the answer at the last one.
//
// As it is trained in the factory, on recordings of many people, and as it adapts on the device: the body stays in
// flash, the head has parameters, gradients and moments in RAM.

#include <inlay/generation/predictor.hpp>
#include <inlay/modules/activation.hpp>
#include <inlay/modules/attention.hpp>
#include <inlay/modules/block.hpp>
#include <inlay/modules/compose.hpp>
#include <inlay/modules/embedding.hpp>
#include <inlay/modules/feed_forward.hpp>
#include <inlay/modules/frozen.hpp>
#include <inlay/modules/normalization.hpp>
#include <inlay/training/trainer.hpp>

#include "personal/gestures.hpp"

namespace personal {

constexpr std::size_t width = 16;
using Norm = inlay::LayerNorm<inlay::NormConfig{.width = width}>;
using Attention =
    inlay::Attention<inlay::AttentionConfig{.width = width, .heads = 4, .context = moments, .causal = false}>;
using FeedForward = inlay::FeedForward<width, 2 * width, inlay::Activation::relu>;
using Body = inlay::Sequential<inlay::Linear<axes, width>, inlay::LearnedPositions<moments, width>,
                               inlay::Block<Norm, Attention, FeedForward>>;
using Head = inlay::Sequential<Norm, inlay::Linear<width, width>, inlay::Activate<inlay::Activation::relu, width>,
                               inlay::Linear<width, gestures>>;

struct Factory : inlay::Sequential<Body, Head> {
  static constexpr std::size_t context = moments;
};
struct Device : inlay::Sequential<inlay::Frozen<Body, inlay::InputGradient::no>, Head> {
  static constexpr std::size_t context = moments;
};

// Recordings of each gesture in turn, labelled at their last moment.
template <std::size_t Count>
struct Recordings {
  inlay::Tensor<float, Count * moments, axes> x;
  inlay::Tensor<Token, Count * moments> labels;

  void record(std::size_t index, const Wearer& wearer, std::uint64_t seed) {
    const auto gesture = static_cast<Token>(index % gestures);
    personal::record(wearer, static_cast<Gesture>(gesture), seed,
                     Recording(x, Count * moments).part(index * moments, moments));
    for (std::size_t i = 0; i < moments; ++i)
      labels(index * moments + i) = i + 1 < moments ? inlay::ignored_label : gesture;
  }
  auto batch() const {
    return inlay::TrainingBatch<inlay::Rows<const float, axes>, inlay::TokenTargets>{
        .inputs = inlay::Rows<const float, axes>(x), .targets = {.labels = labels.values}};
  }
};

// How many of `count` new recordings of a wearer are taken for what they are.
template <class Predictor>
std::size_t right_answers(Predictor& predictor, const Wearer& wearer, std::size_t count, std::uint64_t first_seed) {
  static Recordings<1> recording;
  std::size_t right = 0;
  for (std::size_t n = 0; n < count; ++n) {
    const auto gesture = static_cast<Gesture>(n % gestures);
    const Recording x(recording.x, moments);
    record(wearer, gesture, first_seed + n, x);
    const auto y = predictor.predict(x);
    std::size_t likeliest = 0;
    for (std::size_t k = 1; k < gestures; ++k)
      if (y(moments - 1, k) > y(moments - 1, likeliest)) likeliest = k;
    right += likeliest == n % gestures;
  }
  return right;
}

}  // namespace personal
