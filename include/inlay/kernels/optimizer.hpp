#pragma once
// Updates of parameters from gradients, elementwise, and the sums that clipping needs.
//
//   Adam:   m <- b1 m + (1 - b1) g;  v <- b2 v + (1 - b2) g^2
//           p <- p - rate (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + epsilon)
//           decay: decoupled (AdamW) p <- p - rate decay p before the step, or added to g (Adam)
//   SGD:    m <- momentum m + g;  p <- p - rate m
//   Lion:   p <- p - rate (sign(b1 m + (1 - b1) g) + decay p);  m <- b2 m + (1 - b2) g;  sign(0) = 0
//
// The stored gradient is first multiplied by `factor` (mean over the batch, and clipping); it is zero afterwards, ready
// for the next step. Division and square root are IEEE.
//
// Source: Kingma, Ba, "Adam", 2015, algorithm 1; Loshchilov, Hutter, "Decoupled Weight Decay Regularization", 2019;
// Chen et al., "Symbolic Discovery of Optimization Algorithms", 2023, program 1 (Lion).

#include <inlay/config.hpp>
#include <inlay/kernels/vectors.hpp>

namespace inlay::inline INLAY_ABI::kernels {

struct AdamStep {
  float learning_rate;
  float beta1, beta2;
  float epsilon;
  float decoupled_decay;  // of this tensor
  float added_decay;
  float correction1;  // 1 / (1 - beta1^t)
  float correction2;  // 1 / sqrt(1 - beta2^t)
  float factor;
};

INLAY_NO_INLINE inline void adam(size_t n, const AdamStep& step, float* p, float* g, float* m, float* v) noexcept {
  using simd::broadcast;
  const auto beta1 = broadcast(step.beta1), beta2 = broadcast(step.beta2);
  const auto rest1 = broadcast(1.0f - step.beta1), rest2 = broadcast(1.0f - step.beta2);
  const auto keep = broadcast(1.0f - step.learning_rate * step.decoupled_decay);
  const auto added = broadcast(step.added_decay);
  const auto rate = broadcast(step.learning_rate * step.correction1);
  const auto correction2 = broadcast(step.correction2), epsilon = broadcast(step.epsilon),
             factor = broadcast(step.factor);
  for_each_vector(n, [&](auto at) {
    const simd::batch value = at.load(p);
    const simd::batch gradient = simd::fma(added, value, at.load(g) * factor);
    const simd::batch first = simd::fma(beta1, at.load(m), rest1 * gradient);
    const simd::batch second = simd::fma(beta2, at.load(v), rest2 * (gradient * gradient));
    at.store(m, first);
    at.store(v, second);
    at.store(p, value * keep - rate * first / simd::fma(simd::sqrt(second), correction2, epsilon));
    at.store(g, broadcast(0.0f));
  });
}

struct MomentumStep {
  float learning_rate;
  float momentum;
  float decay;
  float factor;
};

INLAY_NO_INLINE inline void momentum(size_t n, const MomentumStep& step, float* p, float* g, float* m) noexcept {
  using simd::broadcast;
  const auto rate = broadcast(step.learning_rate), keep = broadcast(step.momentum), decay = broadcast(step.decay);
  const auto factor = broadcast(step.factor);
  for_each_vector(n, [&](auto at) {
    const simd::batch value = at.load(p);
    const simd::batch gradient = simd::fma(decay, value, at.load(g) * factor);
    const simd::batch moment = simd::fma(keep, at.load(m), gradient);
    at.store(m, moment);
    at.store(p, value - rate * moment);
    at.store(g, broadcast(0.0f));
  });
}

// SGD without momentum needs no moment.
INLAY_NO_INLINE inline void descend(size_t n, const MomentumStep& step, float* p, float* g) noexcept {
  using simd::broadcast;
  const auto rate = broadcast(step.learning_rate), decay = broadcast(step.decay), factor = broadcast(step.factor);
  for_each_vector(n, [&](auto at) {
    const simd::batch value = at.load(p);
    at.store(p, value - rate * simd::fma(decay, value, at.load(g) * factor));
    at.store(g, broadcast(0.0f));
  });
}

struct LionStep {
  float learning_rate;
  float beta1, beta2;
  float decay;  // of this tensor
  float factor;
};

INLAY_NO_INLINE inline void lion(size_t n, const LionStep& step, float* p, float* g, float* m) noexcept {
  using simd::broadcast;
  const auto beta1 = broadcast(step.beta1), beta2 = broadcast(step.beta2);
  const auto rest1 = broadcast(1.0f - step.beta1), rest2 = broadcast(1.0f - step.beta2);
  const auto keep = broadcast(1.0f - step.learning_rate * step.decay), factor = broadcast(step.factor);
  const auto zero = broadcast(0.0f), rate = broadcast(step.learning_rate);
  for_each_vector(n, [&](auto at) {
    const simd::batch gradient = at.load(g) * factor, moment = at.load(m);
    const simd::batch direction = simd::fma(beta1, moment, rest1 * gradient);
    const simd::batch way = select(less(direction, zero), -rate, select(less(zero, direction), rate, zero));
    at.store(m, simd::fma(beta2, moment, rest2 * gradient));
    at.store(p, at.load(p) * keep - way);
    at.store(g, zero);
  });
}

// total <- total + part, part <- 0: how slices are merged, in order.
INLAY_NO_INLINE inline void take(size_t n, float* part, float* total) noexcept {
  for_each_vector(n, [&](auto at) {
    at.store(total, at.load(total) + at.load(part));
    at.store(part, simd::broadcast(0.0f));
  });
}

INLAY_NO_INLINE inline float sum_of_squares(size_t n, const float* x) noexcept {
  return sum(n, [&](auto at) { return at.load(x) * at.load(x); });
}

}  // namespace inlay::inline INLAY_ABI::kernels
