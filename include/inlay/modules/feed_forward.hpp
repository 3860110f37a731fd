#pragma once
// FeedForward: y = f(x W_up + b_up) W_down + b_down, the same for each row.
//
//   x, y: rows x width; W_up: [width][hidden]; W_down: [hidden][width]; f: kernels/activation.hpp
//   backward: da = dy W_down^T,  dh = da f'(h),  dx = dh W_up^T, and the gradients of both Linears
//
// Saved for backward: h = x W_up + b_up, and f(h) unless the policy is to compute it again.
//
// Source: Vaswani et al., "Attention Is All You Need", 2017, section 3.3, eq. 2.

#include <inlay/config.hpp>
#include <inlay/modules/activation.hpp>
#include <inlay/modules/linear.hpp>

namespace inlay::inline INLAY_ABI {

template <size_t Width, size_t Hidden, Activation A, Bias B = Bias::yes>
struct FeedForward {
  using Input = Reals<Width>;
  using Output = Reals<Width>;
  using Up = Linear<Width, Hidden, B>;
  using Down = Linear<Hidden, Width, B>;
  using Nonlinearity = Activate<A, Hidden>;

  struct Parameters {
    typename Up::Parameters up;
    typename Down::Parameters down;
  };

  template <Extent E>
  static constexpr bool keeps_active = E.training&& E.recompute == Recompute::none;

  template <Extent E>
  struct HiddenOnly {
    Tensor<float, E.rows, Hidden> hidden;
  };
  template <Extent E>
  struct HiddenAndActive {
    Tensor<float, E.rows, Hidden> hidden, active;
  };
  template <Extent E>
  using Activations = std::conditional_t<keeps_active<E>, HiddenAndActive<E>, HiddenOnly<E>>;

  template <Extent E>
  struct Gradient {
    Tensor<float, E.rows, Hidden> dhidden;
  };
  template <Extent E>
  struct GradientAndActive {
    Tensor<float, E.rows, Hidden> dhidden, active;
  };
  template <Extent E>
  using Workspace =
      std::conditional_t<!E.training, Empty, std::conditional_t<keeps_active<E>, Gradient<E>, GradientAndActive<E>>>;

  template <class Frame>
  static void forward(const Frame& frame, Rows<const float, Width> x, Rows<float, Width> y) {
    const Rows<float, Hidden> hidden(frame.activations.hidden, x.count());
    const Rows<float, Hidden> active = active_rows(frame, hidden);
    Up::forward(frame.child(INLAY_PART(up)), x, hidden);
    Nonlinearity::forward(frame.child(INLAY_PART(nonlinearity)), hidden, active);
    Down::forward(frame.child(INLAY_PART(down)), active, y);
  }

  template <class Frame, class Gradient>
  static void backward(const Frame& frame, Rows<const float, Width> x, Rows<const float, Width> dy, Gradient dx) {
    const Rows<float, Hidden> hidden(frame.activations.hidden, x.count());
    const Rows<float, Hidden> active = active_rows(frame, hidden);
    const Rows<float, Hidden> dhidden(frame.workspace.dhidden, x.count());
    if constexpr (requires { frame.workspace.active; })
      Nonlinearity::forward(frame.forward().child(INLAY_PART(nonlinearity)), hidden, active);
    Down::backward(frame.child(INLAY_PART(down)), active, dy, dhidden);
    Nonlinearity::backward(frame.child(INLAY_PART(nonlinearity)), hidden, dhidden, dhidden);
    Up::backward(frame.child(INLAY_PART(up)), x, dhidden, dx);
  }

  template <class F, class... P>
  static void visit(F&& f, const Path& path, P&... parts) {
    Up::visit(f, path / "up", parts.up...);
    Down::visit(f, path / "down", parts.down...);
  }
  static void initialize(Parameters& p, const Initializer& initializer, const Path& path) {
    initialize_scaled(p, initializer, path, 0.02f);
  }
  static void initialize_scaled(Parameters& p, const Initializer& initializer, const Path& path,
                                float output_deviation) {
    Up::initialize(p.up, initializer, path / "up");
    Down::initialize_scaled(p.down, initializer, path / "down", output_deviation);
  }

 private:
  // Where f(h) goes: kept, in the workspace until the call ends, or over h itself when backward does not follow.
  template <class Frame>
  static Rows<float, Hidden> active_rows(const Frame& frame, Rows<float, Hidden> hidden) {
    if constexpr (requires { frame.activations.active; })
      return {frame.activations.active.data(), hidden.count()};
    else if constexpr (requires { frame.workspace.active; })
      return {frame.workspace.active.data(), hidden.count()};
    else
      return hidden;
  }
};

}  // namespace inlay::inline INLAY_ABI
