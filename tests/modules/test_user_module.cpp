// A module that a user wrote, with activations and workspace of its own: it composes with the built-in ones and is
// checked with one call. The checker must also find backward passes that are wrong.

#include <inlay/modules/activation.hpp>
#include <inlay/modules/compose.hpp>
#include <inlay/modules/embedding.hpp>
#include <inlay/modules/gradient_check.hpp>
#include <inlay/modules/linear.hpp>
#include <inlay/modules/normalization.hpp>
#include <inlay/modules/stack.hpp>

#include <string>

#include "support/catch.hpp"

using inlay::check_gradients;
using inlay::Extent;
using inlay::GradientCheck;
using inlay::Rows;
using inlay::Tensor;

namespace {

// A gated unit: y = (x W_a + b_a) * silu(x W_g). Saved for backward: both products.
template <std::size_t Width, std::size_t Hidden>
struct Gated {
  using Input = inlay::Reals<Width>;
  using Output = inlay::Reals<Hidden>;
  using Value = inlay::Linear<Width, Hidden>;
  using Gate = inlay::Linear<Width, Hidden, inlay::Bias::no>;
  using Silu = inlay::Activate<inlay::Activation::silu, Hidden>;

  struct Parameters {
    inlay::ParametersOf<Value> value;
    inlay::ParametersOf<Gate> gate;
  };
  template <Extent E>
  struct Activations {
    Tensor<float, E.rows, Hidden> value, gate;
  };
  template <Extent E>
  struct Workspace {
    Tensor<float, E.rows, Hidden> open, dvalue;
    Tensor<float, E.rows, Width> dx;
  };

  template <class Frame>
  static void forward(const Frame& frame, Rows<const float, Width> x, Rows<float, Hidden> y) {
    const Rows<float, Hidden> value(frame.activations.value, x.count()), gate(frame.activations.gate, x.count());
    Value::forward(frame.child(INLAY_PART(value)), x, value);
    Gate::forward(frame.child(INLAY_PART(gate)), x, gate);
    Silu::forward(frame.child(INLAY_PART(silu)), gate, y);
    for (std::size_t i = 0; i < x.count() * Hidden; ++i) y.data()[i] *= value.data()[i];
  }
  template <class Frame, class Gradient>
  static void backward(const Frame& frame, Rows<const float, Width> x, Rows<const float, Hidden> dy, Gradient dx) {
    const Rows<float, Hidden> value(frame.activations.value, x.count()), gate(frame.activations.gate, x.count());
    const Rows<float, Hidden> open(frame.workspace.open, x.count()), dvalue(frame.workspace.dvalue, x.count());
    Silu::forward(frame.forward().child(INLAY_PART(silu)), gate, open);
    for (std::size_t i = 0; i < x.count() * Hidden; ++i) {
      dvalue.data()[i] = dy.data()[i] * open.data()[i];
      open.data()[i] = dy.data()[i] * value.data()[i];
    }
    Silu::backward(frame.child(INLAY_PART(silu)), gate, open, open);
    Value::backward(frame.child(INLAY_PART(value)), x, dvalue, dx);
    if constexpr (inlay::wants_gradient<Gradient>) {
      const Rows<float, Width> more(frame.workspace.dx, x.count());
      Gate::backward(frame.child(INLAY_PART(gate)), x, open, more);
      inlay::kernels::add(x.count() * Width, more.data(), dx.data());
    } else {
      Gate::backward(frame.child(INLAY_PART(gate)), x, open, inlay::no_gradient);
    }
  }
  template <class F, class... P>
  static void visit(F&& f, const inlay::Path& path, P&... parts) {
    Value::visit(f, path / "value", parts.value...);
    Gate::visit(f, path / "gate", parts.gate...);
  }
};

// y = x * scale + shift for each column, with a mistake in the backward pass.
enum class Mistake {
  none,
  missing_term,
  wrong_sign,
  slightly_wrong,
  assigns_gradients,
  forgets_gradient,
  leaves_dx,
  adds_to_dx,
  zero_dx,
  writes_x,
  writes_dy,
  not_a_number
};

template <Mistake M>
struct Scaled {
  static constexpr std::size_t width = 9;
  using Input = inlay::Reals<width>;
  using Output = inlay::Reals<width>;
  struct Parameters {
    Tensor<float, width> scale, shift;
  };
  template <class Frame>
  static void forward(const Frame& frame, Rows<const float, width> x, Rows<float, width> y) {
    const auto& p = frame.parameters;
    for (std::size_t i = 0; i < x.count(); ++i)
      for (std::size_t j = 0; j < width; ++j) y(i, j) = x(i, j) * x(i, j) * p.scale(j) + x(i, j) + p.shift(j);
  }
  template <class Frame, class Gradient>
  static void backward(const Frame& frame, Rows<const float, width> x, Rows<const float, width> dy, Gradient dx) {
    const auto& p = frame.parameters;
    auto& g = frame.gradients;
    if (M == Mistake::assigns_gradients) g = {};
    for (std::size_t i = 0; i < x.count(); ++i)
      for (std::size_t j = 0; j < width; ++j) {
        const float sign = M == Mistake::wrong_sign ? -1.0f : M == Mistake::slightly_wrong ? 1.05f : 1.0f;
        g.scale(j) += sign * dy(i, j) * x(i, j) * x(i, j);
        if (M != Mistake::forgets_gradient) g.shift(j) += dy(i, j);
        if constexpr (inlay::wants_gradient<Gradient>) {
          const float slope = 2 * x(i, j) * p.scale(j) + (M == Mistake::missing_term ? 0.0f : 1.0f);
          if (M == Mistake::adds_to_dx)
            dx(i, j) += dy(i, j) * slope;
          else if (M != Mistake::leaves_dx)
            dx(i, j) = M == Mistake::zero_dx ? 0.0f : dy(i, j) * slope;
        }
      }
    if (M == Mistake::writes_x) const_cast<float&>(x(0, 0)) = 0.0f;
    if (M == Mistake::writes_dy) const_cast<float&>(dy(0, 0)) = 0.0f;
    if (M == Mistake::not_a_number) g.scale(0) = __builtin_nanf("");
  }
  template <class F, class... P>
  static void visit(F&& f, const inlay::Path& path, P&... parts) {
    f(path / "scale", parts.scale...);
    f(path / "shift", parts.shift...);
  }
};

// Modules whose backward does nothing at all: nothing is written, and every gradient is zero.
struct ForgetfulEmbedding : inlay::Embedding<5, 4> {
  template <class Frame>
  static void backward(const Frame&, std::span<const inlay::Token>, Rows<const float, 4>, inlay::NoGradient = {}) {}
};
struct Flat : inlay::Activate<inlay::Activation::silu, 4> {
  template <class Frame, class Gradient>
  static void backward(const Frame&, Rows<const float, 4>, Rows<const float, 4> dy, Gradient dx) {
    if constexpr (inlay::wants_gradient<Gradient>) inlay::kernels::fill(dy.count() * 4, 0.0f, dx.data());
  }
};

static_assert(inlay::Module<Gated<5, 7>> && inlay::Module<Scaled<Mistake::none>>);
struct NotAModule {
  struct Parameters {};
  using Input = inlay::Reals<3>;
  using Output = inlay::Reals<3>;
};
static_assert(!inlay::Module<NotAModule> && !inlay::Module<int>);

template <Mistake M>
GradientCheck check() {
  return check_gradients<Scaled<M>>();
}

}  // namespace

TEST_CASE("a user's module is checked with one call", "[user]") {
  const GradientCheck check = check_gradients<Gated<15, 17>>();
  CAPTURE(check.largest_error, check.tensor.c_str());
  REQUIRE(check.passed());
  CHECK(check.largest_error < 5e-3f);
  CHECK(check_gradients<Gated<1, 1>, 16>(inlay::Seed{5}).passed());
}

TEST_CASE("a user's module composes with the built-in ones", "[user]") {
  using inlay::Residual;
  using inlay::Sequential;
  using inlay::Stack;
  using Unit = Residual<Sequential<inlay::RmsNorm<inlay::NormConfig{.width = 8}>, Gated<8, 15>, inlay::Linear<15, 8>>>;
  CHECK(check_gradients<Unit>().passed());
  using Model = Sequential<inlay::Embedding<13, 8>, Stack<Unit, 2>, inlay::Linear<8, 13>>;
  const GradientCheck check = check_gradients<Model, 12>();
  CAPTURE(check.largest_error, check.tensor.c_str());
  CHECK(check.passed());
}

TEST_CASE("the checker finds mistakes, and names the tensor", "[user]") {
  CHECK(check<Mistake::none>().passed());
  const auto found = [](const GradientCheck& check, const char* tensor) {
    CAPTURE(check.largest_error, check.tensor.c_str());
    CHECK(!check.passed());
    CHECK(std::string(check.tensor.c_str()) == tensor);
  };
  found(check<Mistake::missing_term>(), "input");
  found(check<Mistake::zero_dx>(), "input");
  found(check<Mistake::wrong_sign>(), "scale");
  found(check<Mistake::slightly_wrong>(), "scale");
  found(check<Mistake::forgets_gradient>(), "shift");
  CHECK(!check<Mistake::not_a_number>().passed());

  CHECK(!check<Mistake::assigns_gradients>().adds_gradients);
  CHECK(!check<Mistake::leaves_dx>().assigns_input);
  CHECK(!check<Mistake::adds_to_dx>().assigns_input);
  CHECK(!check<Mistake::writes_x>().keeps_arguments);
  CHECK(!check<Mistake::writes_dy>().keeps_arguments);
  CHECK(!check<Mistake::assigns_gradients>().passed());
  CHECK(!check<Mistake::leaves_dx>().passed());
  CHECK(!check<Mistake::adds_to_dx>().passed());
  CHECK(!check<Mistake::writes_x>().passed());
  CHECK(!check<Mistake::writes_dy>().passed());
}

TEST_CASE("the checker is not content with gradients that are all zero", "[user]") {
  CHECK(!check_gradients<ForgetfulEmbedding>().passed());
  CHECK(!check_gradients<Flat>().passed());
}
