#pragma once
// Modules made of modules.
//
//   Sequential<A, B, C>   y = C(B(A(x))); tensors are named "0.", "1.", ...
//   Residual<A>           y = x + A(x)                             dx = dy + dA; x and y do not overlap
//
// Saved for backward by Sequential: what the modules save, and the values between them. N times the same module is a
// Stack (modules/stack.hpp).

#include <inlay/config.hpp>
#include <inlay/modules/initialize.hpp>
#include <inlay/modules/module.hpp>

namespace inlay::inline INLAY_ABI {

namespace detail {

template <class... Ts>
struct Tuple {};
template <class T, class... Rest>
struct Tuple<T, Rest...> {
  INLAY_NO_UNIQUE_ADDRESS T head;
  INLAY_NO_UNIQUE_ADDRESS Tuple<Rest...> tail;
};
template <size_t I, class T>
constexpr auto& element(T& tuple) {
  if constexpr (std::is_same_v<std::remove_const_t<T>, Empty>)
    return nothing;
  else if constexpr (I == 0)
    return tuple.head;
  else
    return element<I - 1>(tuple.tail);
}

}  // namespace detail

template <class... Ms>
struct Sequential {
  static_assert(sizeof...(Ms) > 0, "inlay: a Sequential has at least one module");
  static constexpr size_t count = sizeof...(Ms);
  template <size_t I>
  using At = typename detail::Nth<I, Ms...>::type;

  using Input = typename At<0>::Input;
  using Output = typename At<count - 1>::Output;
  using Parameters = detail::Tuple<ParametersOf<Ms>...>;
  using Buffers = detail::Tuple<BuffersOf<Ms>...>;
  template <size_t Sequences>
  using State = detail::Tuple<StateOf<Ms, Sequences>...>;

  static constexpr size_t widest = [] {
    size_t most = 0;
    ((most = Ms::Output::width > most ? Ms::Output::width : most), ...);
    return most;
  }();

  template <Extent E>
  struct Activations {
    INLAY_NO_UNIQUE_ADDRESS detail::Tuple<ActivationsOf<Ms, E>...> modules;
    detail::Tuple<Tensor<float, E.rows, Ms::Output::width>...>
        outputs;  // the last one is the caller's and stays unused
  };
  template <Extent E>
  struct Workspace {
    Overlay<WorkspaceOf<Ms, E>...> modules;
    Tensor<float, 2, E.rows, widest> gradients;  // of the values between modules, back and forth
  };

  template <class Frame>
  static void forward(const Frame& frame, typename Input::ConstValues x, typename Output::Values y) {
    forward_from<0>(frame, x, y);
  }
  template <class Frame, class Gradient>
  static void backward(const Frame& frame, typename Input::ConstValues x, typename Output::ConstValues dy,
                       Gradient dx) {
    backward_from<count - 1>(frame, x, dy, dx);
  }
  template <class F, class... P>
  static void visit(F&& f, const Path& path, P&... parts) {
    for_each_index([&]<size_t I>() { visit_at<At<I>>(f, path / I, detail::element<I>(parts)...); });
  }
  static void initialize(Parameters& p, const Initializer& initializer, const Path& path) {
    for_each_index([&]<size_t I>() { initialize_at<At<I>>(detail::element<I>(p), initializer, path / I); });
  }
  static void initialize_buffers(Buffers& buffers) {
    for_each_index([&]<size_t I>() { initialize_buffers_at<At<I>>(detail::element<I>(buffers)); });
  }

 private:
  template <class F>
  static void for_each_index(F&& f) {
    [&]<size_t... I>(std::index_sequence<I...>) { (f.template operator()<I>(), ...); }
    (std::make_index_sequence<count>{});
  }

  template <size_t I, class Frame>
  static auto child(const Frame& frame) {
    const auto part = Part{"", [](auto& parts) -> auto& {return detail::element<I>(parts);
  }
};
auto& workspace = frame.workspace.modules.template get<I>();
const Stream stream = frame.stream.child("sequential", I);
if constexpr (requires { frame.gradients; })
  return frame.with(part.select(frame.parameters), part.select(frame.gradients), part.select(frame.buffers),
                    part.select(frame.activations.modules), workspace, stream);
else
  return frame.with(part.select(frame.parameters), part.select(frame.buffers), part.select(frame.state),
                    part.select(frame.activations.modules), workspace, stream);
}  // namespace inlay::inline INLAY_ABI
template <size_t I, class Frame>
static auto output(const Frame& frame, size_t rows) {
  auto& tensor = detail::element<I>(frame.activations.outputs);
  return Rows<float, At<I>::Output::width>(tensor.data(), rows);
}
static size_t rows_of(std::span<const Token> x) { return x.size(); }
template <class T, size_t W>
static size_t rows_of(Rows<T, W> x) {
  return x.count();
}

template <size_t I, class Frame>
static void forward_from(const Frame& frame, typename At<I>::Input::ConstValues x, typename Output::Values y) {
  if constexpr (I + 1 == count) {
    At<I>::forward(child<I>(frame), x, y);
  } else {
    const auto between = output<I>(frame, rows_of(x));
    At<I>::forward(child<I>(frame), x, between);
    forward_from<I + 1>(frame, between, y);
  }
}
template <size_t I, class Frame, class Gradient>
static void backward_from(const Frame& frame, typename Input::ConstValues x, typename At<I>::Output::ConstValues dy,
                          Gradient dx) {
  if constexpr (I == 0) {
    At<0>::backward(child<0>(frame), x, dy, dx);
  } else {
    const auto input = output<I - 1>(frame, rows_of(x));
    const Rows<float, At<I>::Input::width> between(&frame.workspace.gradients(I % 2, 0, 0), rows_of(x));
    At<I>::backward(child<I>(frame), input, dy, between);
    backward_from<I - 1>(frame, x, between, dx);
  }
}
}
;

template <class M>
struct Residual : M {
  static_assert(std::is_same_v<typename M::Input, typename M::Output>,
                "inlay: a Residual adds its input to its output, so both have the same width");
  static constexpr size_t width = M::Output::width;

  template <class Frame>
  static void forward(const Frame& frame, Rows<const float, width> x, Rows<float, width> y) {
    M::forward(frame, x, y);
    kernels::add(x.count() * width, x.data(), y.data());
  }
  template <class Frame, class Gradient>
  static void backward(const Frame& frame, Rows<const float, width> x, Rows<const float, width> dy, Gradient dx) {
    M::backward(frame, x, dy, dx);
    if constexpr (wants_gradient<Gradient>) kernels::add(dy.count() * width, dy.data(), dx.data());
  }
};

}  // namespace inlay::inline INLAY_ABI
