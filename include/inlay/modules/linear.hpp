#pragma once
// Linear: y = x W + b.
//
//   W: [in][out], b: [out];  x: rows x in, y: rows x out
//   dW += x^T dy    db += sum over rows of dy    dx = dy W^T
//
// Saved for backward: nothing but x, which the caller holds. dx, dy and x do not overlap.
// A new one has W from N(0, 0.02^2), as GPT-2 begins, and b = 0; initialize_scaled takes another deviation.

#include <inlay/config.hpp>
#include <inlay/kernels/normalization.hpp>
#include <inlay/modules/initialize.hpp>
#include <inlay/modules/module.hpp>
#include <inlay/parallel/drivers.hpp>

#include <type_traits>

namespace inlay::inline INLAY_ABI {

enum class Bias : bool { no, yes };

template <size_t In, size_t Out, Bias B = Bias::yes>
struct Linear {
  static_assert(In > 0 && Out > 0, "inlay: a Linear has at least one input and one output");

  using Input = Reals<In>;
  using Output = Reals<Out>;

  struct Weights {
    Tensor<float, In, Out> weight;
  };
  struct WeightsAndBias {
    Tensor<float, In, Out> weight;
    Tensor<float, Out> bias;
  };
  using Parameters = std::conditional_t<B == Bias::yes, WeightsAndBias, Weights>;

  template <class Frame>
  static void forward(const Frame& frame, Rows<const float, In> x, Rows<float, Out> y) {
    const auto& p = frame.parameters;
    parallel::matmul<kernels::Form::plain, kernels::Form::plain>(frame.executor, x.count(), Out, In, x.data(), In,
                                                                 p.weight.data(), Out, y.data(), Out,
                                                                 kernels::Store::assign, bias(p));
  }

  template <class Frame, class Gradient>
  static void backward(const Frame& frame, Rows<const float, In> x, Rows<const float, Out> dy, Gradient dx) {
    using kernels::Form;
    auto& g = frame.gradients;
    if constexpr (trains<Frame>)
      parallel::matmul<Form::transposed, Form::plain>(frame.executor, In, Out, x.count(), x.data(), In, dy.data(), Out,
                                                      g.weight.data(), Out, kernels::Store::accumulate);
    if constexpr (trains<Frame> && B == Bias::yes) {
      const Span span(frame.executor, "bias gradient", {dy.count() * Out, 4 * dy.count() * Out});
      kernels::add_rows(dy.count(), Out, dy.data(), g.bias.data());
    }
    backward_input(frame, dy, dx);
  }

  // dx alone, added to what is there or assigned.
  template <class Frame, class Gradient>
  static void backward_input(const Frame& frame, Rows<const float, Out> dy, Gradient dx,
                             kernels::Store store = kernels::Store::assign) {
    using kernels::Form;
    if constexpr (wants_gradient<Gradient>)
      parallel::matmul<Form::plain, Form::transposed>(frame.executor, dy.count(), In, Out, dy.data(), Out,
                                                      frame.parameters.weight.data(), Out, dx.data(), In, store);
  }

  template <class F, class... P>
  static void visit(F&& f, const Path& path, P&... parts) {
    f(path / "weight", parts.weight...);
    if constexpr (B == Bias::yes) f(path / "bias", parts.bias...);
  }

  static void initialize(Parameters& p, const Initializer& initializer, const Path& path) {
    initialize_scaled(p, initializer, path, 0.02f);
  }
  static void initialize_scaled(Parameters& p, const Initializer& initializer, const Path& path, float deviation) {
    initializer.normal(path / "weight", p.weight, deviation);
    if constexpr (B == Bias::yes) initializer.fill(path / "bias", p.bias, 0.0f);
  }

 private:
  static const float* bias(const Parameters& p) {
    if constexpr (B == Bias::yes)
      return p.bias.data();
    else
      return nullptr;
  }
};

}  // namespace inlay::inline INLAY_ABI
