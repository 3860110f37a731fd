#pragma once
// Optimizers: values with named fields, passed to each step, so that a schedule is one expression.
//
//   AdamW{.learning_rate = 1e-3f, .weight_decay = 0.1f, .clip_norm = 1.0f}   decay on matrices only, decoupled
//   Adam{.learning_rate = 1e-3f}                                             decay, if any, is added to the gradient
//   Sgd{.learning_rate = 0.1f, .momentum = 0.9f}
//   Lion{.learning_rate = 3e-4f, .weight_decay = 0.1f}                       one moment: a quarter less memory
//
// clip_norm: the gradient of all parameters together is scaled down to this norm where it is longer, by
// min(1, clip_norm / (norm + 1e-6)); 0 is no clipping. Matrices are the tensors of two and more dimensions.
//
// A trainer's moments belong to the optimizer that made them; before another kind goes on, Trainer::reset_optimizer().
//
// Formulas and sources: kernels/optimizer.hpp. Pascanu et al., "On the difficulty of training recurrent neural
// networks", 2013 (clipping).

#include <inlay/config.hpp>
#include <inlay/kernels/optimizer.hpp>

namespace inlay::inline INLAY_ABI {

// What an optimizer remembers besides its moments. All-zero before the first update.
struct OptimizerState {
  std::uint64_t updates;  // done so far
  float beta1_power;      // beta1^updates and beta2^updates as running products: no pow, the same bits everywhere
  float beta2_power;
};

namespace detail {

struct AdamFields {
  float learning_rate, beta1, beta2, epsilon, decoupled_decay, added_decay;
};

inline void advance(OptimizerState& state, float beta1, float beta2) {
  state.beta1_power = state.updates == 0 ? beta1 : state.beta1_power * beta1;
  state.beta2_power = state.updates == 0 ? beta2 : state.beta2_power * beta2;
  ++state.updates;
}

inline void adam(const AdamFields& o, const OptimizerState& state, size_t n, float factor, float* p, float* g,
                 float* const* moments) {
  kernels::adam(n,
                {o.learning_rate, o.beta1, o.beta2, o.epsilon, o.decoupled_decay, o.added_decay,
                 1.0f / (1.0f - state.beta1_power), 1.0f / simd::sqrt(1.0f - state.beta2_power), factor},
                p, g, moments[0], moments[1]);
}

}  // namespace detail

struct AdamW {
  static constexpr size_t moments = 2;

  float learning_rate = 1e-3f;
  float beta1 = 0.9f;
  float beta2 = 0.999f;
  float epsilon = 1e-8f;
  float weight_decay = 0.01f;
  float clip_norm = 0.0f;

  void advance(OptimizerState& state) const { detail::advance(state, beta1, beta2); }
  void update(const OptimizerState& state, bool matrix, size_t n, float factor, float* p, float* g,
              float* const* m) const {
    detail::adam({learning_rate, beta1, beta2, epsilon, matrix ? weight_decay : 0.0f, 0.0f}, state, n, factor, p, g, m);
  }
};

struct Adam {
  static constexpr size_t moments = 2;

  float learning_rate = 1e-3f;
  float beta1 = 0.9f;
  float beta2 = 0.999f;
  float epsilon = 1e-8f;
  float weight_decay = 0.0f;
  float clip_norm = 0.0f;

  void advance(OptimizerState& state) const { detail::advance(state, beta1, beta2); }
  void update(const OptimizerState& state, bool, size_t n, float factor, float* p, float* g, float* const* m) const {
    detail::adam({learning_rate, beta1, beta2, epsilon, 0.0f, weight_decay}, state, n, factor, p, g, m);
  }
};

struct Sgd {
  static constexpr size_t moments = 1;

  float learning_rate = 1e-2f;
  float momentum = 0.0f;
  float weight_decay = 0.0f;
  float clip_norm = 0.0f;

  void advance(OptimizerState& state) const { ++state.updates; }
  void update(const OptimizerState&, bool, size_t n, float factor, float* p, float* g, float* const* m) const {
    const kernels::MomentumStep step{learning_rate, momentum, weight_decay, factor};
    if (momentum == 0.0f)
      kernels::descend(n, step, p, g);
    else
      kernels::momentum(n, step, p, g, m[0]);
  }
};

// Every number moves by the learning rate, whatever its gradient: rates are a third to a tenth of AdamW's, and its
// decay is as much larger (section 5 of the paper). The trainer holds one moment: TrainerConfig{.moments = 1}.
struct Lion {
  static constexpr size_t moments = 1;

  float learning_rate = 1e-4f;
  float beta1 = 0.9f;
  float beta2 = 0.99f;
  float weight_decay = 0.0f;  // decoupled, on matrices only
  float clip_norm = 0.0f;

  void advance(OptimizerState& state) const { ++state.updates; }
  void update(const OptimizerState&, bool matrix, size_t n, float factor, float* p, float* g, float* const* m) const {
    kernels::lion(n, {learning_rate, beta1, beta2, matrix ? weight_decay : 0.0f, factor}, p, g, m[0]);
  }
};

}  // namespace inlay::inline INLAY_ABI
