#pragma once
// Frozen<M>: M with weights that are not trained and lie elsewhere: in flash, in a mapped file, in another model.
//
//   y = M(x);   dx = dx of M, or none
//
// It has no parameters, so no gradients and no moments, and no gradient work but what dx needs. Its buffers hold a
// pointer to the weights, which must be set before the first pass and stay valid:
//
//   using Model = Sequential<Frozen<Body>, Head>;
//   Model::at<0>(trainer.buffers()).parameters = &body;
//
// InputGradient::no: nothing below it is trained, so that it keeps no activations for backward and needs the memory of
// inference alone. This is the default for a module of tokens, which has nothing below; for real inputs say so.
//
// It computes as in inference, without dropout, while the rest of the model is trained. A checkpoint and a weights file
// hold the parts that are trained.
//
// Source: transfer of the lower layers, Yosinski et al., "How transferable are features in deep neural networks?",
// 2014.

#include <inlay/config.hpp>
#include <inlay/modules/compose.hpp>

namespace inlay::inline INLAY_ABI {

enum class InputGradient : bool { no, yes };

template <class M, InputGradient G = detail::is_real<typename M::Input> ? InputGradient::yes : InputGradient::no>
struct Frozen : detail::Vocabulary<M> {
  using Input = typename M::Input;
  using Output = typename M::Output;
  static constexpr bool per_sequence = detail::gives_one_row_per_sequence<M>;
  static constexpr size_t settles_at = detail::settles_at<M>;

  struct Parameters {};
  struct Buffers {
    const ParametersOf<M>* parameters;
    INLAY_NO_UNIQUE_ADDRESS BuffersOf<M> buffers;
  };
  template <size_t Sequences>
  using State = StateOf<M, Sequences>;

  template <Extent E>
  static constexpr Extent inner{E.rows, E.workers, E.training&& G == InputGradient::yes, E.recompute, E.memory_rows};
  template <Extent E>
  using Activations = ActivationsOf<M, inner<E>>;
  template <Extent E>
  using Workspace = WorkspaceOf<M, inner<E>>;

  template <class Frame>
  static void forward(const Frame& frame, typename Input::ConstValues x, typename Output::Values y) {
    const Call call = as_inference(frame);
    M::forward(frame.frozen(*frame.buffers.parameters, frame.buffers.buffers, call), x, y);
  }

  template <class Frame, class Gradient>
  static void backward(const Frame& frame, typename Input::ConstValues x, typename Output::ConstValues dy,
                       Gradient dx) {
    static_assert(G == InputGradient::yes || !wants_gradient<Gradient>,
                  "inlay: something below this Frozen module is trained; make it Frozen<M, InputGradient::yes>");
    if constexpr (wants_gradient<Gradient>) {
      const Call call = as_inference(frame);
      M::backward(frame.frozen(*frame.buffers.parameters, frame.buffers.buffers, call), x, dy, dx);
    }
  }

  template <class S>
  static void copy_sequence(const S& from, size_t i, S& to, size_t j) {
    inlay::copy_sequence<M>(from, i, to, j);
  }
  // The tables that M computes; the pointer is the user's.
  static void initialize_buffers(Buffers& buffers) { initialize_buffers_at<M>(buffers.buffers); }

 private:
  template <class Frame>
  static Call as_inference(const Frame& frame) {
    // In every build: on a microcontroller flash begins at address 0, and a forgotten pointer would read the program.
    if (frame.buffers.parameters == nullptr) INLAY_ASSERT_FAILED("the weights of a Frozen module are set");
    Call call = frame.call;
    call.training = false;
    return call;
  }
};

}  // namespace inlay::inline INLAY_ABI
