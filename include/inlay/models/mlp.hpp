#pragma once
// Mlp: the multilayer perceptron.
//
//   h_0 = x,   h_l = f(h_{l-1} W_l + b_l),   y = h_{n-1} W_n + b_n           f: kernels/activation.hpp
//
//   using Model = inlay::Mlp<inlay::MlpConfig{.inputs = 2, .hidden = {32, 32}, .outputs = 1}>;
//
// The outputs have no nonlinearity: they are what a loss takes, numbers or logits (SoftmaxCrossEntropy for one of
// several classes, Logistic for yes or no). Without hidden widths it is one layer: a linear model.
// It is a Sequential: tensors are "0.weight", "0.bias", "2.weight", ...: the odd numbers are the nonlinearities.
// Parameters: sum over layers of in * out, and out more where there are biases.
//
// A new one has biases 0 and weights from N(0, s^2), which keep the size of what passes through them:
//   before relu, gelu and silu       s = sqrt(2 / in)                  (He)
//   before tanh and the identity     s = sqrt(2 / (in + out))          (Glorot), and so for the last layer
//   before the sigmoid               s = 4 sqrt(2 / (in + out))        its slope at 0 is 1/4
//
// One row is one sequence (context = 1), unless the configuration says otherwise; rows do not see each other.
//
// Source: Rumelhart, Hinton, Williams, "Learning representations by back-propagating errors", 1986; He et al., "Delving
// Deep into Rectifiers", 2015, eq. 10; Glorot, Bengio, "Understanding the difficulty of training deep feedforward
// neural networks", 2010, eq. 12.

#include <inlay/config.hpp>
#include <inlay/memory/hash.hpp>
#include <inlay/modules/activation.hpp>
#include <inlay/modules/compose.hpp>
#include <inlay/modules/linear.hpp>

#include <type_traits>
#include <utility>

namespace inlay::inline INLAY_ABI {

struct MlpConfig {
  size_t inputs;
  size_t hidden[8] = {};  // widths of the hidden layers; the first 0 ends them
  size_t outputs;
  Activation activation = Activation::relu;
  bool biases = true;
  size_t context = 1;  // rows of the longest sequence, for a trainer of sequences
};

namespace detail {

template <MlpConfig C>
struct MlpShape {
  static constexpr size_t layers = [] {
    size_t count = 1;
    while (count <= 8 && C.hidden[count - 1] != 0) ++count;
    return count;
  }();
  static constexpr size_t widths_given = [] {
    size_t count = 0;
    for (const size_t width : C.hidden) count += width != 0 ? 1 : 0;
    return count;
  }();
  static_assert(C.inputs > 0 && C.outputs > 0 && C.context > 0,
                "inlay: an Mlp has at least one input, one output and a context of one row");
  static_assert(widths_given + 1 == layers,
                "inlay: a hidden width of an Mlp stands after a width of 0, which ends them; give them without a gap");

  static constexpr size_t in(size_t layer) { return layer == 0 ? C.inputs : C.hidden[layer - 1]; }
  static constexpr size_t out(size_t layer) { return layer + 1 == layers ? C.outputs : C.hidden[layer]; }
};

template <MlpConfig C, size_t Layer>
using MlpLinear = Linear<MlpShape<C>::in(Layer), MlpShape<C>::out(Layer), C.biases ? Bias::yes : Bias::no>;

// A Linear that begins as its place asks for.
template <MlpConfig C, size_t Layer>
struct MlpLayer : MlpLinear<C, Layer> {
  using Parameters = typename MlpLinear<C, Layer>::Parameters;

  static float deviation() {
    constexpr auto in = static_cast<float>(MlpShape<C>::in(Layer));
    constexpr auto out = static_cast<float>(MlpShape<C>::out(Layer));
    constexpr bool last = Layer + 1 == MlpShape<C>::layers;
    if constexpr (last || C.activation == Activation::tanh || C.activation == Activation::identity)
      return simd::sqrt(2.0f / (in + out));
    else if constexpr (C.activation == Activation::sigmoid)
      return 4.0f * simd::sqrt(2.0f / (in + out));
    else
      return simd::sqrt(2.0f / in);
  }
  static void initialize(Parameters& p, const Initializer& initializer, const Path& path) {
    MlpLinear<C, Layer>::initialize_scaled(p, initializer, path, deviation());
  }
};

// Layers at the even places, nonlinearities between them.
template <MlpConfig C, class Places>
struct MlpModules;
template <MlpConfig C, size_t... Place>
struct MlpModules<C, std::index_sequence<Place...>> {
  using type = Sequential<std::conditional_t<Place % 2 == 0, MlpLayer<C, Place / 2>,
                                             Activate<C.activation, MlpShape<C>::out(Place / 2)>>...>;
};
template <MlpConfig C>
using MlpSequential = typename MlpModules<C, std::make_index_sequence<2 * MlpShape<C>::layers - 1>>::type;

}  // namespace detail

template <MlpConfig C>
struct Mlp : detail::MlpSequential<C> {
  static constexpr MlpConfig config = C;
  static constexpr size_t context = C.context;
  static constexpr size_t layers = detail::MlpShape<C>::layers;

  // What names this model in a file.
  static constexpr std::uint64_t fingerprint() {
    Hash hash;
    hash.number(C.inputs);
    for (size_t layer = 0; layer < layers; ++layer) hash.number(detail::MlpShape<C>::out(layer));
    hash.byte(static_cast<std::uint8_t>(C.activation));
    hash.byte(C.biases);
    return hash.value();
  }
};

}  // namespace inlay::inline INLAY_ABI
