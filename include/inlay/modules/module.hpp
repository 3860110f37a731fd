#pragma once
// The module: the unit that models are built from.
//
// A module is a stateless type: shapes, the types of what it needs, and two functions.
//
//   struct Parameters           what is trained, an aggregate of tensors and of other modules' Parameters.
//                               Gradients and both Adam moments have the same type.
//   struct Buffers              what is not trained: tables, frozen weights; may lie in flash.
//   State<Sequences>            what lives from call to call: the key/value cache of that many sequences.
//   Activations<Extent>         what forward keeps for backward and nobody else holds.
//   Workspace<Extent>           dead when a call returns.
//   Input, Output               Reals<width>, Tokens or another kind of modules/input.hpp.
//
//   forward(frame, x, y)        y = f(x)
//   backward(frame, x, dy, dx)  dx = (dy/dx)^T dy, assigned; parameter gradients are added to frame.gradients.
//                               x is what forward was given. dx is no_gradient where nothing below is trained.
//                               A module that is to be used inside Frozen asks trains<Frame> before it adds.
//   visit(f, path, parts...)    f(path, tensor...) for each parameter tensor, over several aggregates of the type
//                               Parameters at once: the optimizer, zeroing, saving, loading and counting.
//   initialize(parameters, initializer, path)   optional: how a new one begins; without it, all-zero.
//   copy_sequence(from, i, to, j)               of a module with a State: part i of one becomes part j of another
//   initialize_buffers(buffers)                 optional: fills tables that are a function of the shape.
//   settles_at                  optional: the position from which on it does not matter where a row stands, but for
//                               where in a group of 16, so that a stream has no end (generation/streamer.hpp);
//                               never_settles where there is none, as with positions from a table. Without it: 0 for
//                               a module that has neither a State nor a `context`, never_settles for others.
//
// What a module does not name it does not have (Empty). The frame groups what travels together:
// frame.child(INLAY_PART(norm)) is the same frame for the child whose parts are the members called `norm`.
//
// Source of the scheme: module-based automatic differentiation; each backward is the vector-Jacobian product
// dJ/da_i = sum_j dJ/db_j db_j/da_i, and composing modules composes their backward passes.

#include <inlay/config.hpp>
#include <inlay/memory/hash.hpp>
#include <inlay/memory/overlay.hpp>
#include <inlay/modules/call.hpp>
#include <inlay/modules/input.hpp>
#include <inlay/modules/path.hpp>
#include <inlay/parallel/executor.hpp>
#include <inlay/parallel/trace.hpp>
#include <inlay/tensor/tensor.hpp>

#include <concepts>
#include <type_traits>
#include <utility>

namespace inlay::inline INLAY_ABI {

// In place of dx: nobody below wants the gradient, so it is not computed.
struct NoGradient {};
inline constexpr NoGradient no_gradient{};
template <class T>
inline constexpr bool wants_gradient = !std::is_same_v<std::remove_cvref_t<T>, NoGradient>;

// How much of forward is computed again in backward instead of being kept: a compile-time exchange of bytes for time.
enum class Recompute : std::uint8_t {
  none,   // keep all that backward reads
  cheap,  // compute again what costs one pass over memory: normalised rows, activations of the feed-forward
  block,  // keep each block's input only, and run its forward pass again
};

// The capacity of a call: what activations and workspace are sized for.
struct Extent {
  size_t rows = 1;       // of all packed sequences together
  size_t workers = 1;    // that may work inside the modules at the same time
  bool training = true;  // whether backward follows; without it a stack of blocks shares one block's activations
  Recompute recompute = Recompute::none;
  size_t memory_rows = 0;  // of all memories together that cross-attention looks at

  constexpr Extent with(Recompute other) const { return {rows, workers, training, other, memory_rows}; }
  // Of the encoder whose rows are the memory.
  constexpr Extent of_memory() const { return {memory_rows, workers, training, recompute}; }
};

namespace detail {
template <class M>
concept HasBuffers = requires {
  typename M::Buffers;
};
template <class M>
concept HasState = requires {
  typename M::template State<1>;
};
template <class M>
concept HasActivations = requires {
  typename M::template Activations<Extent{}>;
};
template <class M>
concept HasWorkspace = requires {
  typename M::template Workspace<Extent{}>;
};

template <class M>
struct Buffers {
  using type = Empty;
};
template <HasBuffers M>
struct Buffers<M> {
  using type = typename M::Buffers;
};
template <class M, size_t N>
struct State {
  using type = Empty;
};
template <HasState M, size_t N>
struct State<M, N> {
  using type = typename M::template State<N>;
};
template <class M, Extent E>
struct Activations {
  using type = Empty;
};
template <HasActivations M, Extent E>
struct Activations<M, E> {
  using type = typename M::template Activations<E>;
};
template <class M, Extent E>
struct Workspace {
  using type = Empty;
};
template <HasWorkspace M, Extent E>
struct Workspace<M, E> {
  using type = typename M::template Workspace<E>;
};
inline Empty nothing{};
template <class T>
inline T nothing_of{};  // where another empty type is asked for
}  // namespace detail

template <class M>
using ParametersOf = typename M::Parameters;
template <class M>
using BuffersOf = typename detail::Buffers<M>::type;
template <class M, size_t Sequences>
using StateOf = typename detail::State<M, Sequences>::type;
template <class M, Extent E>
using ActivationsOf = typename detail::Activations<M, E>::type;
template <class M, Extent E>
using WorkspaceOf = typename detail::Workspace<M, E>::type;

inline constexpr size_t never_settles = static_cast<size_t>(-1);
namespace detail {
template <class M>
constexpr size_t position_that_settles() {
  if constexpr (requires { M::settles_at; })
    return M::settles_at;
  else
    return HasState<M> || requires { M::context; }
  ? never_settles : 0;
}
// Of modules after one another: the greatest.
template <class... Ms>
inline constexpr size_t settles_at = [] {
  size_t last = 0;
  ((last = position_that_settles<Ms>() > last ? position_that_settles<Ms>() : last), ...);
  return last;
}();
}  // namespace detail

// A member that parts have in common: its name, and how to reach it. A part that has no such member gives Empty.
template <class Select>
struct Part {
  const char* name;
  Select select;
  bool one_of_many = false;  // which a trace folds together
};
template <class Select>
Part(const char*, Select, bool = false) -> Part<Select>;
#define INLAY_PART(member)                      \
  ::inlay::Part {                               \
#member, [](auto& parts) -> auto& {         \
      if constexpr (requires { parts.member; }) \
        return parts.member;                    \
      else                                      \
        return ::inlay::detail::nothing;        \
    }                                           \
  }
// The same for member[index].
#define INLAY_PART_AT(member, index)                 \
  ::inlay::Part {                                    \
#member, [at = (index)](auto& parts) -> auto& {  \
      if constexpr (requires { parts.member[at]; })  \
        return parts.member[at];                     \
      else if constexpr (requires { parts.member; }) \
        return parts.member;                         \
      else                                           \
        return ::inlay::detail::nothing;             \
    }                                                \
    , true                                           \
  }

namespace detail {
template <class Ex, class Select>
INLAY_FORCE_INLINE decltype(auto) executor_of(const Ex& executor, const Part<Select>& part) {
  return executor_at(executor, part.one_of_many ? nullptr : part.name);
}
}  // namespace detail

// What travels with a forward pass. S is Empty where nothing is remembered between calls.
template <class P, class B, class S, class A, class W, class Ex>
struct Forward {
  const P& parameters;
  const B& buffers;
  S& state;
  A& activations;
  W& workspace;
  const Call& call;
  typename detail::Held<Ex>::type executor;
  Stream stream;

  template <class Select>
  INLAY_FORCE_INLINE auto child(Part<Select> part, size_t index = 0) const {
    return with(part.select(parameters), part.select(buffers), part.select(state), part.select(activations),
                part.select(workspace), stream.child(part.name, index), detail::executor_of(executor, part));
  }
  // The same with another workspace.
  template <class W2>
  INLAY_FORCE_INLINE auto on(W2& other) const {
    return with(parameters, buffers, state, activations, other, stream);
  }
  // The same with another call.
  INLAY_FORCE_INLINE auto in(const Call& other) const {
    return Forward{parameters, buffers, state, activations, workspace, other, executor, stream};
  }
  template <class P2, class B2, class S2, class A2, class W2>
  INLAY_FORCE_INLINE auto with(const P2& p, const B2& b, S2& s, A2& a, W2& w, Stream child_stream) const {
    return with(p, b, s, a, w, child_stream, executor);
  }
  template <class P2, class B2, class S2, class A2, class W2>
  INLAY_FORCE_INLINE auto with(const P2& p, const B2& b, S2& s, A2& a, W2& w, Stream child_stream, const Ex& e) const {
    return Forward<P2, B2, S2, A2, W2, Ex>{p, b, s, a, w, call, e, child_stream};
  }
  // The same place with weights that lie elsewhere.
  template <class P2, class B2>
  INLAY_FORCE_INLINE auto frozen(const P2& p, const B2& b, const Call& other_call) const {
    return Forward<P2, B2, S, A, W, Ex>{p, b, state, activations, workspace, other_call, executor, stream};
  }
};

// G is P, or Empty where the parameters are frozen: gradients of the input still pass, those of parameters are not
// computed.
template <class P, class B, class A, class W, class Ex, class G = P>
struct Backward {
  const P& parameters;
  G& gradients;
  const B& buffers;
  A& activations;
  W& workspace;
  const Call& call;
  typename detail::Held<Ex>::type executor;
  Stream stream;

  template <class Select>
  INLAY_FORCE_INLINE auto child(Part<Select> part, size_t index = 0) const {
    return with(part.select(parameters), part.select(gradients), part.select(buffers), part.select(activations),
                part.select(workspace), stream.child(part.name, index), detail::executor_of(executor, part));
  }
  template <class W2>
  INLAY_FORCE_INLINE auto on(W2& other) const {
    return with(parameters, gradients, buffers, activations, other, stream);
  }
  INLAY_FORCE_INLINE auto in(const Call& other) const {
    return Backward{parameters, gradients, buffers, activations, workspace, other, executor, stream};
  }
  template <class P2, class G2, class B2, class A2, class W2>
  INLAY_FORCE_INLINE auto with(const P2& p, G2& g, const B2& b, A2& a, W2& w, Stream child_stream) const {
    return with(p, g, b, a, w, child_stream, executor);
  }
  template <class P2, class G2, class B2, class A2, class W2>
  INLAY_FORCE_INLINE auto with(const P2& p, G2& g, const B2& b, A2& a, W2& w, Stream child_stream, const Ex& e) const {
    return Backward<P2, B2, A2, W2, Ex, G2>{p, g, b, a, w, call, e, child_stream};
  }
  template <class P2, class B2>
  INLAY_FORCE_INLINE auto frozen(const P2& p, const B2& b, const Call& other_call) const {
    return Backward<P2, B2, A, W, Ex, Empty>{p,         detail::nothing, b,        activations,
                                             workspace, other_call,      executor, stream};
  }
  // The forward frame of the same call, for what is computed again.
  INLAY_FORCE_INLINE auto forward() const {
    return Forward<P, B, Empty, A, W, Ex>{parameters, buffers, detail::nothing, activations,
                                          workspace,  call,    executor,        stream};
  }
};

// Whether a backward pass is to add to the gradients of its parameters.
template <class Frame>
inline constexpr bool trains = !std::is_empty_v<std::remove_reference_t<decltype(std::declval<Frame>().gradients)>>;

// What a user's own module has to have. Shapes of x and y follow from Input and Output.
template <class M>
concept Module = requires {
  typename M::Parameters;
  typename M::Input;
  typename M::Output;
}
&&std::is_trivial_v<typename M::Parameters>&& requires(
    const Forward<ParametersOf<M>, BuffersOf<M>, Empty, ActivationsOf<M, Extent{}>, WorkspaceOf<M, Extent{}>, Serial>&
        forward,
    const Backward<ParametersOf<M>, BuffersOf<M>, ActivationsOf<M, Extent{}>, WorkspaceOf<M, Extent{}>, Serial>&
        backward,
    typename M::Input::ConstValues x, typename M::Output::Values y, typename M::Output::ConstValues dy) {
  M::forward(forward, x, y);
  M::backward(backward, x, dy, no_gradient);
};

// Calls f(path, tensor...) for each parameter tensor of M, over one or more aggregates of its Parameters.
template <class M, class F, class... P>
void visit(F&& f, P&... parameters) {
  if constexpr (requires { M::visit(f, Path{}, parameters...); }) M::visit(f, Path{}, parameters...);
}
template <class M, class F, class... P>
void visit_at(F&& f, const Path& path, P&... parameters) {
  if constexpr (requires { M::visit(f, path, parameters...); }) M::visit(f, path, parameters...);
}

// Fills the tables of M, where it has any.
template <class M, class B>
void initialize_buffers_at(B& buffers) {
  if constexpr (!std::is_empty_v<B> && requires { M::initialize_buffers(buffers); }) {
    const FloatEnvironment environment;
    M::initialize_buffers(buffers);
  }
}

namespace detail {

// The rows that a call wants logits of: all; the last of each sequence, moved to the front; or none.
template <size_t Width>
Rows<float, Width> rows_wanted(const Call& call, Rows<float, Width> rows) {
  if (call.logits == Logits::all) return rows;
  if (call.logits == Logits::none) return rows.part(0, 0);
  for (size_t s = 0; s < call.packing.count; ++s) {
    INLAY_ASSERT(call.packing.length(s) > 0);
    const float* const from = rows.row(call.packing.begin(s) + call.packing.length(s) - 1);
    float* const to = rows.row(s);
    for (size_t j = 0; j < Width; ++j) to[j] = from[j];
  }
  return rows.part(0, call.packing.count);
}

}  // namespace detail

// What sequence `i` remembers becomes what sequence `j` of another state does: for searches that follow several
// continuations of one text.
template <class M, class S>
void copy_sequence(const S& from, size_t i, S& to, size_t j) {
  if constexpr (!std::is_empty_v<S>) M::copy_sequence(from, i, to, j);
}

// How many numbers are trained. Less than the bytes say where alignment leaves gaps between tensors.
template <class M>
size_t parameter_count(const ParametersOf<M>& parameters) {
  size_t count = 0;
  visit<M>([&](const Path&, const auto& tensor) { count += tensor.size(); }, parameters);
  return count;
}

}  // namespace inlay::inline INLAY_ABI
