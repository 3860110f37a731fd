#pragma once
// Modules made of modules.
//
//   Sequential<A, B, C>   y = C(B(A(x))); tensors are named "0.", "1.", ...
//   Residual<A>           y = x + A(x)                             dx = dy + dA; x and y do not overlap
//
// Behind a module that gives one row for each sequence (Pool), each row is a sequence of its own for the others.
//
// Saved for backward by Sequential: what the modules save, and the values between them. N times the same module is a
// Stack (modules/stack.hpp).

#include <inlay/config.hpp>
#include <inlay/modules/initialize.hpp>
#include <inlay/modules/module.hpp>
#include <inlay/parallel/drivers.hpp>

#include <utility>

namespace inlay::inline INLAY_ABI {

namespace detail {

// One of each type, those that are empty left out: where two empty members of one type may not share an address, a
// compiler would set bytes aside for them.
template <class... Ts>
inline constexpr bool all_empty = (... && std::is_empty_v<Ts>);
template <class... Ts>
struct Tuple {};
template <class T, class... Rest>
requires(!std::is_empty_v<T> && all_empty<Rest...>) struct Tuple<T, Rest...> {
  T head;
};
template <class T, class... Rest>
requires(!std::is_empty_v<T> && !all_empty<Rest...>) struct Tuple<T, Rest...> {
  T head;
  Tuple<Rest...> tail;
};
template <class T, class... Rest>
requires(std::is_empty_v<T> && !all_empty<Rest...>) struct Tuple<T, Rest...> {
  Tuple<Rest...> tail;
};
template <size_t I, class T, class... Rest>
constexpr auto& part_of(auto& tuple) {
  if constexpr (I > 0 && all_empty<Rest...>)
    return nothing_of<typename Nth<I - 1, Rest...>::type>;
  else if constexpr (I > 0)
    return part_of<I - 1, Rest...>(tuple.tail);
  else if constexpr (std::is_empty_v<T>)
    return nothing_of<T>;
  else
    return tuple.head;
}
template <size_t I>
constexpr auto& element(Empty&) {
  return nothing;
}
template <size_t I>
constexpr auto& element(const Empty&) {
  return nothing;
}
template <size_t I, class... Ts>
constexpr auto& element(Tuple<Ts...>& tuple) {
  return part_of<I, Ts...>(tuple);
}
template <size_t I, class... Ts>
constexpr auto& element(const Tuple<Ts...>& tuple) {
  return part_of<I, Ts...>(tuple);
}

// Between two modules of a Sequential.
template <class Before, class After>
struct Joint {
  static_assert(is_real<After>, "inlay: only the first module of a Sequential can take tokens");
};
template <size_t Given, size_t Taken>
struct Joint<Reals<Given>, Reals<Taken>> {
  static_assert(
      Given == Taken,
      "inlay: two neighbours in a Sequential do not fit: the second takes rows of another width than the first "
      "gives");
};
template <class First>
constexpr bool fit_together() {
  return true;
}
template <class First, class Second, class... Rest>
constexpr bool fit_together() {
  return sizeof(Joint<typename First::Output, typename Second::Input>) > 0 && fit_together<Second, Rest...>();
}

// "0", "1", ... "10", ...: the name of a module in a Sequential.
template <size_t I>
inline constexpr char digits[] = {static_cast<char>('0' + (I < 10 ? I : I / 10)),
                                  I < 10 ? '\0' : static_cast<char>('0' + I % 10), '\0'};

// A Sequential that begins with an embedding has its vocabulary.
template <class First>
struct Vocabulary {};
template <class First>
requires(First::vocabulary > 0) struct Vocabulary<First> {
  static constexpr size_t vocabulary = First::vocabulary;
};

}  // namespace detail

template <class First, class... Rest>
struct Sequential : detail::Vocabulary<First> {
  static_assert(detail::fit_together<First, Rest...>());
  static constexpr size_t count = 1 + sizeof...(Rest);
  template <size_t I>
  using At = typename detail::Nth<I, First, Rest...>::type;

  using Input = typename First::Input;
  using Output = typename At<count - 1>::Output;
  // Whether one of the modules up to the I-th gives one row for each sequence; those behind it go on with these rows.
  template <size_t I>
  static constexpr bool per_sequence_until = []<size_t... J>(std::index_sequence<J...>) {
    return (... || detail::gives_one_row_per_sequence<At<J>>);
  }
  (std::make_index_sequence<I + 1>{});
  static constexpr bool per_sequence = per_sequence_until<count - 1>;
  static constexpr size_t settles_at = detail::settles_at<First, Rest...>;
  template <size_t I>
  static constexpr bool rows_are_sequences = [] {
    if constexpr (I == 0)
      return false;
    else
      return per_sequence_until<I - 1>;
  }();
  using Parameters = detail::Tuple<ParametersOf<First>, ParametersOf<Rest>...>;
  using Buffers = detail::Tuple<BuffersOf<First>, BuffersOf<Rest>...>;
  template <size_t Sequences>
  using State = detail::Tuple<StateOf<First, Sequences>, StateOf<Rest, Sequences>...>;

 private:
  // The values between modules: all outputs but the last, which is the caller's.
  template <Extent E, class Indices>
  struct ValuesBetween;
  template <Extent E, size_t... I>
  struct ValuesBetween<E, std::index_sequence<I...>> {
    using Tensors = detail::Tuple<Tensor<float, E.rows, At<I>::Output::width>...>;
    static constexpr size_t widest = [] {
      size_t most = 0;
      ((most = At<I>::Output::width > most ? At<I>::Output::width : most), ...);
      return most;
    }();
  };
  template <Extent E>
  using Between = ValuesBetween<E, std::make_index_sequence<count - 1>>;
  // Their gradients go back and forth between two buffers.
  static constexpr size_t gradient_buffers = count > 2 ? 2 : 1;

 public:
  template <Extent E>
  struct Activations {
    INLAY_NO_UNIQUE_ADDRESS detail::Tuple<ActivationsOf<First, E>, ActivationsOf<Rest, E>...> modules;
    INLAY_NO_UNIQUE_ADDRESS typename Between<E>::Tensors outputs;
    INLAY_NO_UNIQUE_ADDRESS
    std::conditional_t<rows_are_sequences<count - 1>, Tensor<std::uint32_t, E.rows + 1>, Empty> offsets;
  };
  template <Extent E>
  struct Workspace {
    Overlay<WorkspaceOf<First, E>, WorkspaceOf<Rest, E>...> modules;
    INLAY_NO_UNIQUE_ADDRESS
    std::conditional_t<E.training && (count > 1),
                       Tensor<float, gradient_buffers, E.rows, count == 1 ? 1 : Between<E>::widest>, Empty>
        gradients;
  };

  template <class Frame>
  static void forward(const Frame& frame, typename Input::ConstValues x, typename Output::Values y) {
    forward_from<0>(frame, x, y, x);
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
  template <class S>
  static void copy_sequence(const S& from, size_t i, S& to, size_t j) {
    for_each_index(
        [&]<size_t I>() { inlay::copy_sequence<At<I>>(detail::element<I>(from), i, detail::element<I>(to), j); });
  }
  // The I-th module's part of an aggregate: of the parameters, the buffers, the state.
  template <size_t I, class Parts>
  static constexpr auto& at(Parts& parts) {
    return detail::element<I>(parts);
  }

 private:
  template <class F>
  static void for_each_index(F&& f) {
    const auto each = [&]<size_t... I>(std::index_sequence<I...>) { (f.template operator()<I>(), ...); };
    each(std::make_index_sequence<count>{});
  }

  // Whether one of the modules before the I-th has parameters. Backward goes no deeper than the lowest that has.
  template <size_t I>
  static constexpr bool trained_before = []<size_t... J>(std::index_sequence<J...>) {
    return (... || !std::is_empty_v<ParametersOf<At<J>>>);
  }
  (std::make_index_sequence<I>{});

  template <size_t I, class Frame>
  static auto child(const Frame& frame) {
    using detail::element;
    auto& workspace = frame.workspace.modules.template get<I>();
    auto& activations = element<I>(frame.activations.modules);
    const Stream stream = frame.stream.child("sequential", I);
    const auto& executor = executor_at(frame.executor, detail::digits<I>);
    if constexpr (requires { frame.gradients; })
      return frame.with(element<I>(frame.parameters), element<I>(frame.gradients), element<I>(frame.buffers),
                        activations, workspace, stream, executor);
    else
      return frame.with(element<I>(frame.parameters), element<I>(frame.buffers), element<I>(frame.state), activations,
                        workspace, stream, executor);
  }
  template <size_t I, class Frame>
  static auto output(const Frame& frame, size_t rows) {
    return Rows<float, At<I>::Output::width>(detail::element<I>(frame.activations.outputs).data(), rows);
  }
  // Of the output of the I-th module.
  template <size_t I, class Frame>
  static size_t rows_after(const Frame& frame, const typename Input::ConstValues& x) {
    if constexpr (per_sequence_until<I>)
      return frame.call.packing.count;
    else
      return Input::rows(x);
  }

  // f(child I), in the call that it belongs to: behind a module that gives one row for each sequence, each row is a
  // sequence of its own.
  template <size_t I, class Frame, class F>
  static void in_call(const Frame& frame, F&& f) {
    if constexpr (rows_are_sequences<I>) {
      Call call = frame.call;
      auto& offsets = frame.activations.offsets;
      for (size_t s = 0; s <= call.packing.count; ++s) offsets(s) = static_cast<std::uint32_t>(s);
      call.packing = {offsets.data(), call.packing.count};
      call.first_row = call.first_sequence;
      f(child<I>(frame.in(call)));
    } else {
      f(child<I>(frame));
    }
  }

  template <size_t I, class Frame>
  static void forward_at(const Frame& frame, typename At<I>::Input::ConstValues x, typename At<I>::Output::Values y) {
    in_call<I>(frame, [&](const auto& part) {
      const Span span(part.executor, "forward");
      At<I>::forward(part, x, y);
    });
  }
  template <size_t I, class Frame, class Gradient>
  static void backward_at(const Frame& frame, typename At<I>::Input::ConstValues x,
                          typename At<I>::Output::ConstValues dy, Gradient dx) {
    in_call<I>(frame, [&](const auto& part) {
      const Span span(part.executor, "backward");
      At<I>::backward(part, x, dy, dx);
    });
  }

  template <size_t I, class Frame>
  static void forward_from(const Frame& frame, typename At<I>::Input::ConstValues x, typename Output::Values y,
                           const typename Input::ConstValues& given) {
    if constexpr (I + 1 == count) {
      forward_at<I>(frame, x, y);
    } else {
      const auto between = output<I>(frame, rows_after<I>(frame, given));
      forward_at<I>(frame, x, between);
      forward_from<I + 1>(frame, between, y, given);
    }
  }
  template <size_t I, class Frame, class Gradient>
  static void backward_from(const Frame& frame, typename Input::ConstValues x, typename At<I>::Output::ConstValues dy,
                            Gradient dx) {
    if constexpr (I == 0) {
      backward_at<0>(frame, x, dy, dx);
    } else if constexpr (!wants_gradient<Gradient> && !(trains<Frame> && trained_before<I>)) {
      backward_at<I>(frame, output<I - 1>(frame, rows_after<I - 1>(frame, x)), dy, no_gradient);
    } else {
      const size_t rows = rows_after<I - 1>(frame, x);
      const auto input = output<I - 1>(frame, rows);
      const Rows<float, At<I>::Input::width> between(&frame.workspace.gradients(I % gradient_buffers, 0, 0), rows);
      backward_at<I>(frame, input, dy, between);
      backward_from<I - 1>(frame, x, between, dx);
    }
  }
};

template <class M>
struct Residual {
  static_assert(std::is_same_v<typename M::Input, typename M::Output>,
                "inlay: a Residual adds its input to its output, so both have the same width");
  static_assert(!detail::gives_one_row_per_sequence<M>,
                "inlay: a Residual adds its input to its output; a module that gives one row for each sequence has "
                "fewer of them");
  static constexpr size_t width = M::Output::width;
  static constexpr size_t settles_at = detail::settles_at<M>;

  // Its parts are those of M, under the same names.
  using Input = typename M::Input;
  using Output = typename M::Output;
  using Parameters = ParametersOf<M>;
  using Buffers = BuffersOf<M>;
  template <size_t Sequences>
  using State = StateOf<M, Sequences>;
  template <Extent E>
  using Activations = ActivationsOf<M, E>;
  template <Extent E>
  using Workspace = WorkspaceOf<M, E>;

  template <class Frame>
  static void forward(const Frame& frame, Rows<const float, width> x, Rows<float, width> y) {
    M::forward(frame, x, y);
    parallel::add_residual(frame.executor, x.count() * width, x.data(), y.data());
  }
  template <class Frame, class Gradient>
  static void backward(const Frame& frame, Rows<const float, width> x, Rows<const float, width> dy, Gradient dx) {
    M::backward(frame, x, dy, dx);
    if constexpr (wants_gradient<Gradient>)
      parallel::add_residual(frame.executor, dy.count() * width, dy.data(), dx.data());
  }
  template <class F, class... P>
  static void visit(F&& f, const Path& path, P&... parts) {
    visit_at<M>(f, path, parts...);
  }
  static void initialize(Parameters& p, const Initializer& initializer, const Path& path) {
    initialize_at<M>(p, initializer, path);
  }
  static void initialize_buffers(Buffers& buffers) { initialize_buffers_at<M>(buffers); }
  template <class S>
  static void copy_sequence(const S& from, size_t i, S& to, size_t j) {
    inlay::copy_sequence<M>(from, i, to, j);
  }
};

}  // namespace inlay::inline INLAY_ABI
