#pragma once
// Modules that act on each number or each row alone.
//
//   Activate<Activation::gelu_erf, width>   y = f(x) for each number: formulas in kernels/activation.hpp; saved: x only
//   Dropout<width, rate>                    y = x m / (1 - rate) in training, y = x otherwise; saved: nothing, the
//                                           mask is drawn again from the call's random key
//   Softmax<width>, LogSoftmax<width>       of each row: kernels/softmax.hpp; saved: y
//
// y may be x for Dropout, and for the others when x is not needed any more; dx may be dy.

#include <inlay/config.hpp>
#include <inlay/kernels/activation.hpp>
#include <inlay/kernels/dropout.hpp>
#include <inlay/kernels/softmax.hpp>
#include <inlay/modules/module.hpp>
#include <inlay/parallel/drivers.hpp>

namespace inlay::inline INLAY_ABI {

template <Activation A, size_t Width>
struct Activate {
  using Input = Reals<Width>;
  using Output = Reals<Width>;
  struct Parameters {};

  template <class Frame>
  static void forward(const Frame& frame, Rows<const float, Width> x, Rows<float, Width> y) {
    const Span span(frame.executor, "activation", {0, 8 * x.count() * Width});
    parallel::for_each_block(frame.executor, x.count(), 16, [&](size_t first, size_t count) {
      kernels::activate<A>(count * Width, x.data() + first * Width, y.data() + first * Width);
    });
  }
  template <class Frame, class Gradient>
  static void backward(const Frame& frame, Rows<const float, Width> x, Rows<const float, Width> dy, Gradient dx) {
    if constexpr (wants_gradient<Gradient>) {
      const Span span(frame.executor, "activation backward", {0, 12 * x.count() * Width});
      parallel::for_each_block(frame.executor, x.count(), 16, [&](size_t first, size_t count) {
        kernels::activate_backward<A>(count * Width, x.data() + first * Width, dy.data() + first * Width,
                                      dx.data() + first * Width);
      });
    }
  }
};

template <size_t Width, Fraction Rate>
struct Dropout {
  static_assert(Rate.value >= 0.0f && Rate.value < 1.0f, "inlay: a dropout rate is at least 0 and less than 1");
  using Input = Reals<Width>;
  using Output = Reals<Width>;
  struct Parameters {};

  template <class Frame>
  static void forward(const Frame& frame, Rows<const float, Width> x, Rows<float, Width> y) {
    map(frame, x, y);
  }
  template <class Frame, class Gradient>
  static void backward(const Frame& frame, Rows<const float, Width>, Rows<const float, Width> dy, Gradient dx) {
    if constexpr (wants_gradient<Gradient>) map(frame, dy, dx);
  }

 private:
  template <class Frame>
  static void map(const Frame& frame, Rows<const float, Width> from, Rows<float, Width> to) {
    const Call& call = frame.call;
    if (Rate.value > 0.0f && call.training) {
      const Span span(frame.executor, "dropout", {0, 8 * from.count() * Width});
      kernels::dropout(from.count(), Width, Rate.value, call.random, frame.stream.value, call.first_row, from.data(),
                       to.data());
    } else {
      kernels::copy(from.count() * Width, from.data(), to.data());
    }
  }
};

namespace detail {

template <size_t Width, auto ForwardKernel, auto BackwardKernel>
struct RowMap {
  using Input = Reals<Width>;
  using Output = Reals<Width>;
  struct Parameters {};
  template <Extent E>
  struct Activations {
    Tensor<float, E.rows, Width> y;
  };

  template <class Frame>
  static void forward(const Frame& frame, Rows<const float, Width> x, Rows<float, Width> y) {
    const Span span(frame.executor, "softmax", {0, 16 * x.count() * Width});
    ForwardKernel(x.count(), Width, x.data(), y.data());
    kernels::copy(x.count() * Width, y.data(), frame.activations.y.data());
  }
  template <class Frame, class Gradient>
  static void backward(const Frame& frame, Rows<const float, Width>, Rows<const float, Width> dy, Gradient dx) {
    if constexpr (wants_gradient<Gradient>) {
      const Span span(frame.executor, "softmax backward", {0, 12 * dy.count() * Width});
      BackwardKernel(dy.count(), Width, frame.activations.y.data(), dy.data(), dx.data());
    }
  }
};

}  // namespace detail

template <size_t Width>
using Softmax = detail::RowMap<Width, kernels::softmax, kernels::softmax_backward>;
template <size_t Width>
using LogSoftmax = detail::RowMap<Width, kernels::log_softmax, kernels::log_softmax_backward>;

}  // namespace inlay::inline INLAY_ABI
