#pragma once
// LayerNorm and RmsNorm over rows of `width` numbers: formulas, backward and sources in kernels/normalization.hpp.
//
//   LayerNorm<NormConfig{.width = 128}>                    y = (x - mean) / sqrt(variance + epsilon) * gain + bias
//   LayerNorm<NormConfig{.width = 128, .bias = false}>     without an offset
//   RmsNorm<NormConfig{.width = 128, .gain = false}>       y = x / sqrt(mean(x^2) + epsilon)
//
// Saved for backward: mean (LayerNorm) and scale of each row. y may be x; dx may be dy.

#include <inlay/config.hpp>
#include <inlay/kernels/normalization.hpp>
#include <inlay/modules/initialize.hpp>
#include <inlay/modules/module.hpp>
#include <inlay/parallel/drivers.hpp>

namespace inlay::inline INLAY_ABI {

struct NormConfig {
  size_t width;
  bool gain = true;
  bool bias = true;  // never with RmsNorm
  float epsilon = 1e-5f;
};

template <NormConfig C, kernels::Centered Center>
struct Normalization {
  static constexpr bool centered = Center == kernels::Centered::yes;
  static constexpr bool has_gain = C.gain;
  static constexpr bool has_bias = C.bias && centered;
  static_assert(C.width > 0, "inlay: a normalised row has at least one number");
  static_assert(has_gain || !has_bias, "inlay: a normalisation with a bias has a gain as well");

  using Input = Reals<C.width>;
  using Output = Reals<C.width>;

  struct None {};
  struct Gain {
    Tensor<float, C.width> gain;
  };
  struct GainAndBias {
    Tensor<float, C.width> gain;
    Tensor<float, C.width> bias;
  };
  using Parameters = std::conditional_t<has_bias, GainAndBias, std::conditional_t<has_gain, Gain, None>>;

  template <Extent E>
  struct CenteredActivations {
    Tensor<float, E.rows> mean;
    Tensor<float, E.rows> scale;
  };
  template <Extent E>
  struct ScaleActivations {
    Tensor<float, E.rows> scale;
  };
  template <Extent E>
  using Activations = std::conditional_t<centered, CenteredActivations<E>, ScaleActivations<E>>;

  template <class Frame>
  static void forward(const Frame& frame, Rows<const float, C.width> x, Rows<float, C.width> y) {
    auto& a = frame.activations;
    const Span span(frame.executor, "norm", {0, 8 * x.count() * C.width});
    parallel::for_each_block(frame.executor, x.count(), 64, [&](size_t first, size_t count) {
      kernels::normalize<Center>(count, C.width, C.epsilon, x.data() + first * C.width, gain(frame.parameters),
                                 bias(frame.parameters), y.data() + first * C.width, mean(a, first),
                                 a.scale.data() + first);
    });
  }

  // y again from x and what was saved, for backward passes that did not keep it.
  template <class Frame>
  static void recompute(const Frame& frame, Rows<const float, C.width> x, Rows<float, C.width> y) {
    const auto& a = frame.activations;
    const Span span(frame.executor, "norm", {0, 8 * x.count() * C.width});
    for (size_t i = 0; i < x.count(); ++i)
      kernels::normalize_row(C.width, x.row(i), centered ? *mean(a, i) : 0.0f, a.scale(i), gain(frame.parameters),
                             bias(frame.parameters), y.row(i));
  }

  template <class Frame, class Gradient>
  static void backward(const Frame& frame, Rows<const float, C.width> x, Rows<const float, C.width> dy, Gradient dx) {
    const auto& a = frame.activations;
    auto& g = frame.gradients;
    constexpr bool gains = has_gain && trains<Frame>;
    const Span span(frame.executor, "norm backward", {0, (gains ? 20 : 12) * x.count() * C.width});
    if constexpr (gains)
      kernels::normalize_gradients<Center>(x.count(), C.width, x.data(), mean(a, 0), a.scale.data(), dy.data(),
                                           g.gain.data(), bias_of(g));
    if constexpr (wants_gradient<Gradient>)
      parallel::for_each_block(frame.executor, x.count(), 64, [&](size_t first, size_t count) {
        kernels::normalize_backward<Center>(count, C.width, x.data() + first * C.width, gain(frame.parameters),
                                            mean(a, first), a.scale.data() + first, dy.data() + first * C.width,
                                            dx.data() + first * C.width);
      });
  }

  template <class F, class... P>
  static void visit(F&& f, const Path& path, P&... parts) {
    if constexpr (has_gain) f(path / "gain", parts.gain...);
    if constexpr (has_bias) f(path / "bias", parts.bias...);
  }

  static void initialize(Parameters& p, const Initializer& initializer, const Path& path) {
    if constexpr (has_gain) initializer.fill(path / "gain", p.gain, 1.0f);
    if constexpr (has_bias) initializer.fill(path / "bias", p.bias, 0.0f);
  }

 private:
  static const float* gain(const Parameters& p) {
    if constexpr (has_gain)
      return p.gain.data();
    else
      return nullptr;
  }
  static const float* bias(const Parameters& p) {
    if constexpr (has_bias)
      return p.bias.data();
    else
      return nullptr;
  }
  static float* bias_of(Parameters& p) {
    if constexpr (has_bias)
      return p.bias.data();
    else
      return nullptr;
  }
  template <class A>
  static auto mean(A& a, size_t first) {
    if constexpr (centered)
      return a.mean.data() + first;
    else
      return static_cast<decltype(a.scale.data())>(nullptr);
  }
};

template <NormConfig C>
using LayerNorm = Normalization<C, kernels::Centered::yes>;
template <NormConfig C>
using RmsNorm = Normalization<C, kernels::Centered::no>;

}  // namespace inlay::inline INLAY_ABI
