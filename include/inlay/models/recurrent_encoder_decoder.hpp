#pragma once
// RecurrentEncoderDecoder: from one sequence to another as before transformers, with attention.
//
//   m   = encoder_L(... encoder_1(drop(E_source[source])))       a row m_j for each source token; layers: Recurrent
//   h   = decoder_L(... decoder_1(drop(E[target])))              layer l begins with the last state of encoder_l
//   e_ij = v^T tanh(h_i W + b + m_j U)                           AlignmentKind::additive, or (h_i W) m_j^T:
//   a_i = softmax_j(e_ij),  c_i = sum_j a_ij m_j                 multiplicative (modules/alignment.hpp)
//   h~_i = tanh([c_i; h_i] W_c + b_c);  z_i = h~_i W_U + b_U     tied: W_U = E^T, without a bias
//
// This is Luong's "global attention": attention looks from the state after the target token, and what it finds goes to
// the logits and not back into the recurrence. Two things in the papers differ. Bahdanau's attention looks from the
// state before the token and c_i is an input of the recurrence; Luong feeds h~_(i-1) to the next step beside the
// embedding ("input feeding"). Both make each step wait for the attention of the last one. Here the recurrence runs
// over the whole target first and attention, its mixture and the logits are one matrix product each for all rows, in
// training and when a prompt is read. The encoder reads in one direction.
//
// Input: a source and a target for each sequence (TokenPairs). In training the target is what the decoder is to say,
// shifted by one (teacher forcing): it begins with a start token, and labels end with an end token; gradients go back
// through all steps of the decoder, through its first state into the encoder's last, and through the memory. Logits: a
// row for each token of the target.
//
// With a State it decodes: a call with a source runs the encoder and keeps its rows, projected once where additive;
// later calls have an empty source and one more token each. The logits have the bits of the full pass. A Translator
// (generation/translator.hpp) does this greedily or by beam search. State: two vectors a layer, and the memory.
//
// activations.attention.weights(i, j) is a_ij after forward, j counted from the first token of i's source.
//
// Tensors: source_embedding.weight (unless shared), token_embedding.weight, encoder.N.*, decoder.N.*
// (modules/recurrent.hpp), attention.* (modules/alignment.hpp), combine.weight [2 width][width] and combine.bias,
// logits.weight and logits.bias (untied).
//
// Parameters: (V_source + V) d + 2 L (2 g d^2 + g d) + 2 d^2 + d + A, g = 1, 3, 4 for Elman, GRU, LSTM (a GRU has d
// more in a layer), A = 2 d^2 + 2 d (additive) or d^2, and V d + V if untied. A new one has embeddings from N(0, 1), as
// in models/recurrent.hpp, W_c from N(0, 1 / (2 d)), W_U from N(0, 1 / d), biases 0, and layers and attention as they
// begin.
//
// Dropout is of the embeddings and of each layer's output. Saved for backward: what the layers and the attention save,
// their inputs, [c; h] and what tanh is taken of.
//
// Source: Sutskever, Vinyals, Le, "Sequence to Sequence Learning with Neural Networks", 2014 (the state handed over);
// Bahdanau, Cho, Bengio, "Neural Machine Translation by Jointly Learning to Align and Translate", 2015; Luong, Pham,
// Manning, "Effective Approaches to Attention-based Neural Machine Translation", 2015, section 3.1, eq. 5 to 8.

#include <inlay/config.hpp>
#include <inlay/models/language_head.hpp>
#include <inlay/modules/activation.hpp>
#include <inlay/modules/alignment.hpp>
#include <inlay/modules/embedding.hpp>
#include <inlay/modules/linear.hpp>
#include <inlay/modules/recurrent.hpp>
#include <inlay/modules/stack.hpp>

namespace inlay::inline INLAY_ABI {

enum class AlignmentKind : std::uint8_t { additive, multiplicative };

struct RecurrentEncoderDecoderConfig {
  size_t source_vocabulary;
  size_t vocabulary;      // of the target
  size_t source_context;  // the longest source
  size_t context;         // the longest target
  size_t width;
  size_t layers;  // of the encoder, and of the decoder
  Cell cell = Cell::lstm;
  AlignmentKind alignment = AlignmentKind::additive;
  bool shared_embedding = false;  // source and target have one vocabulary and one embedding
  bool tied = true;
  bool biases = true;
  float dropout = 0.0f;
  float forget_bias = 1.0f;  // what an LSTM begins with
};

namespace detail {

// Classes and no alias: GCC 12 does not survive an alias whose parameter is a configuration.
template <RecurrentEncoderDecoderConfig C, AlignmentKind Kind>
struct AlignmentFor {
  using type = AdditiveAttention<AdditiveAttentionConfig{
      .query = C.width, .memory = C.width, .hidden = C.width, .context = C.source_context, .biases = C.biases}>;
};
template <RecurrentEncoderDecoderConfig C>
struct AlignmentFor<C, AlignmentKind::multiplicative> {
  using type = MultiplicativeAttention<MultiplicativeAttentionConfig{
      .query = C.width, .memory = C.width, .context = C.source_context}>;
};

}  // namespace detail

template <RecurrentEncoderDecoderConfig C>
struct RecurrentEncoderDecoder {
  static_assert(C.source_vocabulary > 0 && C.vocabulary > 0 && C.context > 0 && C.source_context > 0 && C.width > 0 &&
                    C.layers > 0,
                "inlay: a RecurrentEncoderDecoder needs two vocabularies, two contexts, a width and at least one "
                "layer");
  static_assert(!C.shared_embedding || C.source_vocabulary == C.vocabulary,
                "inlay: an embedding that source and target share has one vocabulary; source_vocabulary and vocabulary "
                "must be the same");

  static constexpr RecurrentEncoderDecoderConfig config = C;
  static constexpr size_t context = C.context;
  static constexpr size_t memory_context = C.source_context;
  static constexpr size_t vocabulary = C.vocabulary;
  static constexpr size_t width = C.width;
  static constexpr bool selects_logits = true;
  static constexpr bool is_lstm = C.cell == Cell::lstm;

  using SourceEmbedding = Embedding<C.source_vocabulary, C.width>;
  using TokenEmbedding = Embedding<C.vocabulary, C.width>;
  using Layer = Recurrent<RecurrentConfig{.input = C.width,
                                          .width = C.width,
                                          .cell = C.cell,
                                          .biases = C.biases,
                                          .forget_bias = C.forget_bias,
                                          .dropout = C.dropout}>;
  using Layers = Stack<Layer, C.layers>;
  using AttentionType = typename detail::AlignmentFor<C, C.alignment>::type;
  static constexpr Bias bias = C.biases ? Bias::yes : Bias::no;
  using Combine = Linear<2 * C.width, C.width, bias>;
  using Bend = Activate<Activation::tanh, C.width>;
  using Unembedding = Linear<C.width, C.vocabulary, bias>;
  using Drop = Dropout<C.width, C.dropout>;
  using Head = detail::LanguageHead<TokenEmbedding, Empty, Unembedding, C.tied>;

  using Input = TokenPairs;
  using Output = Reals<C.vocabulary>;
  using In = Rows<const float, C.width>;
  using Out = Rows<float, C.width>;

  struct Parameters {
    INLAY_NO_UNIQUE_ADDRESS std::conditional_t<C.shared_embedding, Empty, ParametersOf<SourceEmbedding>>
        source_embedding;
    ParametersOf<TokenEmbedding> token_embedding;
    ParametersOf<Layers> encoder, decoder;
    ParametersOf<AttentionType> attention;
    ParametersOf<Combine> combine;
    INLAY_NO_UNIQUE_ADDRESS std::conditional_t<C.tied, Empty, ParametersOf<Unembedding>> logits;
  };
  template <size_t Sequences>
  struct State {
    StateOf<Layers, Sequences> decoder;
    StateOf<AttentionType, Sequences> attention;
  };

  // The last states of the encoder's layers, a row for each sequence, or their gradients. No source is empty, so there
  // are at most as many sequences as memory rows.
  template <Extent E>
  struct States {
    Tensor<float, C.layers, E.memory_rows, C.width> hidden;
    INLAY_NO_UNIQUE_ADDRESS std::conditional_t<is_lstm, Tensor<float, C.layers, E.memory_rows, C.width>, Empty> cell;
  };
  template <Extent E>
  struct Activations {
    Tensor<float, E.memory_rows, C.width> source_embedded, encoded;
    ActivationsOf<Layers, E.of_memory()> encoder;
    States<E> states;
    Tensor<float, E.rows, C.width> embedded, decoded;
    ActivationsOf<Layers, E> decoder;
    typename AttentionType::template Activations<E, E.memory_rows> attention;
    Tensor<float, E.rows, 2 * C.width> joined;  // [c; h]
    Tensor<float, E.rows, C.width> combined;    // before tanh
    Tensor<float, E.rows, C.width> last;
  };
  template <Extent E>
  struct Gradients {
    Tensor<float, 3, E.rows, C.width> target;
    Tensor<float, E.rows, 2 * C.width> joined;
    Tensor<float, 2, E.memory_rows, C.width> source;
    States<E> states;
  };
  template <Extent E>
  struct Workspace {
    Overlay<WorkspaceOf<Layers, E.of_memory()>, WorkspaceOf<Layers, E>,
            typename AttentionType::template Workspace<E, E.memory_rows>>
        parts;
    INLAY_NO_UNIQUE_ADDRESS std::conditional_t<E.training, Gradients<E>, Empty> gradients;
  };

  // logits: one row for each token of the targets, or for the last of each target, as the call asks.
  template <class Frame>
  static void forward(const Frame& frame, const SourceAndTarget& x, Rows<float, C.vocabulary> logits) {
    constexpr bool cached = !std::is_same_v<std::remove_cvref_t<decltype(frame.state)>, Empty>;
    auto& a = frame.activations;
    const size_t rows = x.target.size();
    INLAY_ASSERT(cached || !x.source.empty());
    if (!x.source.empty()) encode(frame, x);

    const Out embedded(a.embedded, rows), decoded(a.decoded, rows);
    TokenEmbedding::forward(frame.child(INLAY_PART(token_embedding)), x.target, embedded);
    Drop::forward(frame.child(INLAY_PART(dropout)), embedded, embedded);
    Layers::forward_by(decoder(frame), embedded, decoded, [&](const auto& child, size_t layer, In in, Out out) {
      Layer::forward(child, in, out, x.source.empty() ? typename Layer::Ends{} : begin_of(a, layer, x.sequences()));
    });

    const Out context_rows(a.last, rows);  // until h~ is known
    const In encoded(a.encoded, x.source.size());
    if constexpr (cached) {
      if (!x.source.empty()) AttentionType::keep(attention(frame), encoded, x.source_packing());
      AttentionType::attend(attention(frame), decoded, context_rows);
    } else {
      AttentionType::forward(attention(frame), decoded, encoded, x.source_packing(), context_rows);
    }
    for (size_t i = 0; i < rows; ++i) {
      kernels::copy(C.width, context_rows.row(i), &a.joined(i, 0));
      kernels::copy(C.width, decoded.row(i), &a.joined(i, C.width));
    }
    const Out combined(a.combined, rows), last(a.last, rows);
    Combine::forward(frame.child(INLAY_PART(combine)), Rows<const float, 2 * C.width>(a.joined, rows), combined);
    Bend::forward(frame.child(INLAY_PART(tanh)), combined, last);
    Head::forward(frame, last, logits);
  }

  // After a forward pass with Logits::all.
  template <class Frame>
  static void backward(const Frame& frame, const SourceAndTarget& x, Rows<const float, C.vocabulary> dlogits,
                       NoGradient = {}) {
    auto& a = frame.activations;
    auto& g = frame.workspace.gradients;
    const size_t rows = x.target.size();
    const size_t source_rows = x.source.size();
    const size_t sequences = x.sequences();
    const Out d(&g.target(0, 0, 0), rows), e(&g.target(1, 0, 0), rows), dquery(&g.target(2, 0, 0), rows);
    const Out dmemory(&g.source(0, 0, 0), source_rows), dsource(&g.source(1, 0, 0), source_rows);
    Head::backward(frame, dlogits, d);
    Bend::backward(frame.child(INLAY_PART(tanh)), In(a.combined, rows), d, d);
    Combine::backward(frame.child(INLAY_PART(combine)), Rows<const float, 2 * C.width>(a.joined, rows), d,
                      Rows<float, 2 * C.width>(g.joined, rows));
    for (size_t i = 0; i < rows; ++i) {
      kernels::copy(C.width, &g.joined(i, 0), e.row(i));
      kernels::copy(C.width, &g.joined(i, C.width), d.row(i));
    }
    AttentionType::backward(attention(frame), In(a.decoded, rows), In(a.encoded, source_rows), x.source_packing(), e,
                            dquery, dmemory);
    kernels::add(rows * C.width, dquery.data(), d.data());

    Layers::backward_by(
        decoder(frame), In(a.embedded, rows), d, e,
        [&](const auto& child, size_t layer, In in, Out out) {
          Layer::forward(child, in, out, begin_of(a, layer, sequences));
        },
        [&](const auto& child, size_t layer, In in, In dy, Out dx) {
          typename Layer::EndGradients ends;
          ends.first_hidden = Out(&g.states.hidden(layer, 0, 0), sequences);
          if constexpr (is_lstm) ends.first_cell = Out(&g.states.cell(layer, 0, 0), sequences);
          Layer::backward(child, in, dy, dx, begin_of(a, layer, sequences), ends);
        });
    Drop::backward(frame.child(INLAY_PART(dropout)), e, e, e);
    TokenEmbedding::backward(frame.child(INLAY_PART(token_embedding)), x.target, e);

    const Call source = x.source_call(frame.call);
    const auto inside = frame.in(source);
    Layers::backward_by(
        encoder(inside), In(a.source_embedded, source_rows), dmemory, dsource,
        [&](const auto& child, size_t layer, In in, Out out) {
          Layer::forward(child, in, out, end_of(a, layer, sequences));
        },
        [&](const auto& child, size_t layer, In in, In dy, Out dx) {
          typename Layer::EndGradients ends;
          ends.last_hidden = In(&g.states.hidden(layer, 0, 0), sequences);
          if constexpr (is_lstm) ends.last_cell = In(&g.states.cell(layer, 0, 0), sequences);
          Layer::backward(child, in, dy, dx, typename Layer::Ends{}, ends);
        });
    Drop::backward(inside.child(INLAY_PART(source_dropout)), dsource, dsource, dsource);
    SourceEmbedding::backward(source_embedding(inside), x.source, dsource);
  }

  template <class F, class... P>
  static void visit(F&& f, const Path& path, P&... parts) {
    if constexpr (!C.shared_embedding)
      visit_at<SourceEmbedding>(f, path / "source_embedding", parts.source_embedding...);
    visit_at<TokenEmbedding>(f, path / "token_embedding", parts.token_embedding...);
    visit_at<Layers>(f, path / "encoder", parts.encoder...);
    visit_at<Layers>(f, path / "decoder", parts.decoder...);
    visit_at<AttentionType>(f, path / "attention", parts.attention...);
    visit_at<Combine>(f, path / "combine", parts.combine...);
    if constexpr (!C.tied) visit_at<Unembedding>(f, path / "logits", parts.logits...);
  }
  template <class S>
  static void copy_sequence(const S& from, size_t i, S& to, size_t j) {
    inlay::copy_sequence<Layers>(from.decoder, i, to.decoder, j);
    inlay::copy_sequence<AttentionType>(from.attention, i, to.attention, j);
  }
  static void initialize(Parameters& p, const Initializer& initializer, const Path& path) {
    const float deviation = 1.0f / simd::sqrt(static_cast<float>(C.width));
    if constexpr (!C.shared_embedding)
      initializer.normal(path / "source_embedding" / "weight", p.source_embedding.weight, 1.0f);
    initializer.normal(path / "token_embedding" / "weight", p.token_embedding.weight, 1.0f);
    initialize_at<Layers>(p.encoder, initializer, path / "encoder");
    initialize_at<Layers>(p.decoder, initializer, path / "decoder");
    initialize_at<AttentionType>(p.attention, initializer, path / "attention");
    Combine::initialize_scaled(p.combine, initializer, path / "combine",
                               1.0f / simd::sqrt(static_cast<float>(2 * C.width)));
    if constexpr (!C.tied) Unembedding::initialize_scaled(p.logits, initializer, path / "logits", deviation);
  }

  // What names this model in a file: a hash of every field that its outputs depend on, so neither of dropout nor of the
  // contexts.
  static constexpr std::uint64_t fingerprint() {
    Hash hash;
    hash.text("recurrent encoder-decoder");
    for (const size_t field : {C.source_vocabulary, C.vocabulary, C.width, C.layers}) hash.number(field);
    hash.byte(static_cast<std::uint8_t>(C.cell));
    hash.byte(static_cast<std::uint8_t>(C.alignment));
    for (const bool field : {C.shared_embedding, C.tied, C.biases}) hash.byte(field);
    return hash.value();
  }

 private:
  template <class Frame>
  static auto encoder(const Frame& frame) {
    return frame.child(INLAY_PART(encoder)).on(frame.workspace.parts.template get<0>());
  }
  template <class Frame>
  static auto decoder(const Frame& frame) {
    return frame.child(INLAY_PART(decoder)).on(frame.workspace.parts.template get<1>());
  }
  template <class Frame>
  static auto attention(const Frame& frame) {
    return frame.child(INLAY_PART(attention)).on(frame.workspace.parts.template get<2>());
  }
  template <class Frame>
  static auto source_embedding(const Frame& frame) {
    if constexpr (C.shared_embedding)
      return frame.child(INLAY_PART(token_embedding));
    else
      return frame.child(INLAY_PART(source_embedding));
  }

  // Where an encoder's layer leaves its last state, and where the decoder's finds its first.
  static typename Layer::Ends end_of(auto& activations, size_t layer, size_t sequences) {
    typename Layer::Ends ends;
    ends.last_hidden = Out(&activations.states.hidden(layer, 0, 0), sequences);
    if constexpr (is_lstm) ends.last_cell = Out(&activations.states.cell(layer, 0, 0), sequences);
    return ends;
  }
  static typename Layer::Ends begin_of(auto& activations, size_t layer, size_t sequences) {
    typename Layer::Ends ends;
    ends.first_hidden = In(&activations.states.hidden(layer, 0, 0), sequences);
    if constexpr (is_lstm) ends.first_cell = In(&activations.states.cell(layer, 0, 0), sequences);
    return ends;
  }

  template <class Frame>
  static void encode(const Frame& frame, const SourceAndTarget& x) {
    auto& a = frame.activations;
    INLAY_ASSERT(x.sequences() == frame.call.packing.count && x.sequences() <= a.states.hidden.shape[1]);
    const Call source = x.source_call(frame.call);
    const auto inside = frame.in(source);
    const Out embedded(a.source_embedded, x.source.size()), encoded(a.encoded, x.source.size());
    SourceEmbedding::forward(source_embedding(inside), x.source, embedded);
    Drop::forward(inside.child(INLAY_PART(source_dropout)), embedded, embedded);
    Layers::forward_by(encoder(inside), embedded, encoded, [&](const auto& child, size_t layer, In in, Out out) {
      Layer::forward(child, in, out, end_of(a, layer, x.sequences()));
    });
  }
};

}  // namespace inlay::inline INLAY_ABI
