#pragma once
// GatedFeedForward: two layers, the hidden one gated by a second product, applied to each row.
//
//   h = f(x W_gate + b_gate) * (x W_up + b_up)
//   y = h W_down + b_down                         W_gate, W_up: [width][hidden], W_down: [hidden][width]
//   backward: dh = dy W_down^T;  dg = dh u f'(g), du = dh f(g);  dx = dg W_gate^T + du W_up^T
//
// f = silu: SwiGLU; gelu: GeGLU; sigmoid: the gated linear unit.
// Saved for backward: g = x W_gate + b_gate, u = x W_up + b_up, and h unless the policy is to compute it again.
//
// Source: Shazeer, "GLU Variants Improve Transformer", 2020, eq. 6.

#include <inlay/config.hpp>
#include <inlay/kernels/gate.hpp>
#include <inlay/modules/linear.hpp>

namespace inlay::inline INLAY_ABI {

template <size_t Width, size_t Hidden, Activation A, Bias B = Bias::yes>
struct GatedFeedForward {
  using Input = Reals<Width>;
  using Output = Reals<Width>;
  using Up = Linear<Width, Hidden, B>;
  using Down = Linear<Hidden, Width, B>;

  struct Parameters {
    typename Up::Parameters gate, up;
    typename Down::Parameters down;
  };

  template <Extent E>
  static constexpr bool keeps_product = E.training&& E.recompute == Recompute::none;

  template <Extent E>
  struct Factors {
    Tensor<float, E.rows, Hidden> gate, up;
  };
  template <Extent E>
  struct FactorsAndProduct : Factors<E> {
    Tensor<float, E.rows, Hidden> product;
  };
  template <Extent E>
  using Activations = std::conditional_t<keeps_product<E>, FactorsAndProduct<E>, Factors<E>>;

  template <Extent E>
  struct Gradients {
    Tensor<float, E.rows, Hidden> dgate, dup;
  };
  template <Extent E>
  struct GradientsAndProduct : Gradients<E> {
    Tensor<float, E.rows, Hidden> product;
  };
  template <Extent E>
  using Workspace = std::conditional_t<!E.training, Empty,
                                       std::conditional_t<keeps_product<E>, Gradients<E>, GradientsAndProduct<E>>>;

  template <class Frame>
  static void forward(const Frame& frame, Rows<const float, Width> x, Rows<float, Width> y) {
    auto& a = frame.activations;
    const Rows<float, Hidden> product = product_rows(frame, x.count());
    Up::forward(frame.child(INLAY_PART(gate)), x, Rows<float, Hidden>(a.gate, x.count()));
    Up::forward(frame.child(INLAY_PART(up)), x, Rows<float, Hidden>(a.up, x.count()));
    multiply(frame, product);
    Down::forward(frame.child(INLAY_PART(down)), product, y);
  }

  template <class Frame, class Gradient>
  static void backward(const Frame& frame, Rows<const float, Width> x, Rows<const float, Width> dy, Gradient dx) {
    auto& a = frame.activations;
    const Rows<float, Hidden> product = product_rows(frame, x.count());
    const Rows<float, Hidden> dgate(frame.workspace.dgate, x.count());
    const Rows<float, Hidden> dup(frame.workspace.dup, x.count());
    if constexpr (requires { frame.workspace.product; }) multiply(frame, product);
    Down::backward(frame.child(INLAY_PART(down)), product, dy, dup);
    Span span(frame.executor, "gate backward", {0, 20 * x.count() * Hidden});
    parallel::for_each_block(frame.executor, x.count(), 16, [&](size_t first, size_t count) {
      kernels::gate_backward<A>(count * Hidden, a.gate.data() + first * Hidden, a.up.data() + first * Hidden,
                                dup.row(first), dgate.row(first), dup.row(first));
    });
    span.end();
    const auto gate = frame.child(INLAY_PART(gate));
    Up::backward(frame.child(INLAY_PART(up)), x, dup, dx);
    Up::backward(gate, x, dgate, no_gradient);
    if constexpr (wants_gradient<Gradient>) Up::backward_input(gate, dgate, dx, kernels::Store::accumulate);
  }

  template <class F, class... P>
  static void visit(F&& f, const Path& path, P&... parts) {
    Up::visit(f, path / "gate", parts.gate...);
    Up::visit(f, path / "up", parts.up...);
    Down::visit(f, path / "down", parts.down...);
  }
  static void initialize(Parameters& p, const Initializer& initializer, const Path& path) {
    initialize_scaled(p, initializer, path, 0.02f);
  }
  static void initialize_scaled(Parameters& p, const Initializer& initializer, const Path& path,
                                float output_deviation) {
    Up::initialize(p.gate, initializer, path / "gate");
    Up::initialize(p.up, initializer, path / "up");
    Down::initialize_scaled(p.down, initializer, path / "down", output_deviation);
  }

 private:
  // Where h goes: kept, in the workspace until the call ends, or over u when backward does not follow.
  template <class Frame>
  static Rows<float, Hidden> product_rows(const Frame& frame, size_t rows) {
    if constexpr (requires { frame.activations.product; })
      return {frame.activations.product.data(), rows};
    else if constexpr (requires { frame.workspace.product; })
      return {frame.workspace.product.data(), rows};
    else
      return {frame.activations.up.data(), rows};
  }
  template <class Frame>
  static void multiply(const Frame& frame, Rows<float, Hidden> product) {
    auto& a = frame.activations;
    const Span span(frame.executor, "gate", {0, 12 * product.count() * Hidden});
    parallel::for_each_block(frame.executor, product.count(), 16, [&](size_t first, size_t count) {
      kernels::gate<A>(count * Hidden, a.gate.data() + first * Hidden, a.up.data() + first * Hidden,
                       product.row(first));
    });
  }
};

}  // namespace inlay::inline INLAY_ABI
