#pragma once
// RecurrentLanguageModel: the language model before transformers, p(w_t | h_(t-1)) with all that came before in h.
//
//   h = E[token];  h = drop(h);  h = layer_L(... layer_1(h));  z = h W_U + b_U           layers: modules/recurrent.hpp
//
// tied: W_U = E^T, without a bias. There are no positions: a recurrent layer reads in order. Its memory of the past is
// a state of fixed size, so a Generator's step takes the same time at every position; `context` is the longest sequence
// that is trained, or kept as text by a Generator.
// Tensors: token_embedding.weight [vocabulary][width], layers.N.* (modules/recurrent.hpp), logits.weight
// [width][vocabulary] and logits.bias (untied).
//
// Parameters: V d + L (2 g d^2 + g d), g = 1, 3, 4 for Elman, GRU, LSTM (a GRU has d more in a layer), and V d + V if
// untied. A new one has E from N(0, 1), W_U from N(0, 1 / d), biases 0, and layers as they begin. A smaller E hardly
// moves the gates at first: two tied layers of width 64 on a page of text were at 0.5 nats after 300 steps, at 1.6 with
// E from N(0, 0.3^2) and at 2.5 from N(0, 1 / d).
//
// Dropout is of the embedding and of each layer's output, never of what a layer hands to its own next step.
//
// Source: Mikolov et al., "Recurrent neural network based language model", 2010; Zaremba et al., "Recurrent Neural
// Network Regularization", 2014; Press, Wolf, "Using the Output Embedding", 2017 (tying).

#include <inlay/config.hpp>
#include <inlay/models/language_head.hpp>
#include <inlay/modules/activation.hpp>
#include <inlay/modules/embedding.hpp>
#include <inlay/modules/linear.hpp>
#include <inlay/modules/recurrent.hpp>
#include <inlay/modules/stack.hpp>

namespace inlay::inline INLAY_ABI {

struct RecurrentLanguageModelConfig {
  size_t vocabulary;
  size_t context;  // the longest sequence
  size_t width;
  size_t layers;
  Cell cell = Cell::lstm;
  bool tied = true;
  bool biases = true;
  float dropout = 0.0f;
  float forget_bias = 1.0f;  // what an LSTM begins with
};

template <RecurrentLanguageModelConfig C>
struct RecurrentLanguageModel {
  static_assert(C.vocabulary > 0 && C.context > 0 && C.width > 0 && C.layers > 0,
                "inlay: a RecurrentLanguageModel needs a vocabulary, a context, a width and at least one layer");

  static constexpr RecurrentLanguageModelConfig config = C;
  static constexpr size_t context = C.context;
  static constexpr size_t vocabulary = C.vocabulary;
  static constexpr size_t width = C.width;
  static constexpr bool selects_logits = true;  // Call::logits is followed, as a Generator needs it

  using TokenEmbedding = Embedding<C.vocabulary, C.width>;
  using Layer = Recurrent<RecurrentConfig{.input = C.width,
                                          .width = C.width,
                                          .cell = C.cell,
                                          .biases = C.biases,
                                          .forget_bias = C.forget_bias,
                                          .dropout = C.dropout}>;
  using Layers = Stack<Layer, C.layers>;
  using Unembedding = Linear<C.width, C.vocabulary, C.biases ? Bias::yes : Bias::no>;
  using Drop = Dropout<C.width, C.dropout>;
  using Head = detail::LanguageHead<TokenEmbedding, Empty, Unembedding, C.tied>;

  using Input = Tokens;
  using Output = Reals<C.vocabulary>;

  struct Parameters {
    typename TokenEmbedding::Parameters token_embedding;
    typename Layers::Parameters layers;
    INLAY_NO_UNIQUE_ADDRESS std::conditional_t<C.tied, Empty, ParametersOf<Unembedding>> logits;
  };
  template <size_t Sequences>
  struct State {
    StateOf<Layers, Sequences> layers;
  };

  template <Extent E>
  struct Activations {
    Tensor<float, E.rows, C.width> embedded;  // the first layer's input
    ActivationsOf<Layers, E> layers;
    Tensor<float, E.rows, C.width> last;  // the last layer's output
  };
  template <Extent E>
  struct Workspace {
    WorkspaceOf<Layers, E> layers;
    INLAY_NO_UNIQUE_ADDRESS std::conditional_t<E.training, Tensor<float, 2, E.rows, C.width>, Empty> gradients;
  };

  // logits: one row for each row of tokens, or for the last of each sequence, as the call asks.
  template <class Frame>
  static void forward(const Frame& frame, std::span<const Token> tokens, Rows<float, C.vocabulary> logits) {
    auto& a = frame.activations;
    const Rows<float, C.width> embedded(a.embedded, tokens.size());
    const Rows<float, C.width> last(a.last, tokens.size());
    TokenEmbedding::forward(frame.child(INLAY_PART(token_embedding)), tokens, embedded);
    Drop::forward(frame.child(INLAY_PART(dropout)), embedded, embedded);
    Layers::forward(frame.child(INLAY_PART(layers)), embedded, last);
    Head::forward(frame, last, logits);
  }

  // After a forward pass with Logits::all.
  template <class Frame>
  static void backward(const Frame& frame, std::span<const Token> tokens, Rows<const float, C.vocabulary> dlogits,
                       NoGradient = {}) {
    auto& a = frame.activations;
    const size_t rows = tokens.size();
    const Rows<float, C.width> d(&frame.workspace.gradients(0, 0, 0), rows);
    const Rows<float, C.width> e(&frame.workspace.gradients(1, 0, 0), rows);
    Head::backward(frame, dlogits, d);
    Layers::backward(frame.child(INLAY_PART(layers)), Rows<const float, C.width>(a.embedded, rows), d, e);
    Drop::backward(frame.child(INLAY_PART(dropout)), e, e, e);
    TokenEmbedding::backward(frame.child(INLAY_PART(token_embedding)), tokens, e);
  }

  template <class S>
  static void copy_sequence(const S& from, size_t i, S& to, size_t j) {
    inlay::copy_sequence<Layers>(from.layers, i, to.layers, j);
  }
  template <class F, class... P>
  static void visit(F&& f, const Path& path, P&... parts) {
    visit_at<TokenEmbedding>(f, path / "token_embedding", parts.token_embedding...);
    visit_at<Layers>(f, path / "layers", parts.layers...);
    if constexpr (!C.tied) visit_at<Unembedding>(f, path / "logits", parts.logits...);
  }
  static void initialize(Parameters& p, const Initializer& initializer, const Path& path) {
    initializer.normal(path / "token_embedding" / "weight", p.token_embedding.weight, 1.0f);
    initialize_at<Layers>(p.layers, initializer, path / "layers");
    if constexpr (!C.tied)
      Unembedding::initialize_scaled(p.logits, initializer, path / "logits",
                                     1.0f / simd::sqrt(static_cast<float>(C.width)));
  }

  // What names this model in a file: a hash of every field that its outputs depend on, so neither of dropout nor of the
  // context.
  static constexpr std::uint64_t fingerprint() {
    Hash hash;
    hash.text("recurrent");
    for (const size_t field : {C.vocabulary, C.width, C.layers}) hash.number(field);
    hash.byte(static_cast<std::uint8_t>(C.cell));
    for (const bool field : {C.tied, C.biases}) hash.byte(field);
    return hash.value();
  }
};

}  // namespace inlay::inline INLAY_ABI
