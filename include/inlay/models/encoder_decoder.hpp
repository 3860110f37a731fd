#pragma once
// EncoderDecoder: the transformer of 2017, from one sequence to another.
//
//   m = encoder_L(... encoder_1(drop(s E_source[source] + P)))
//   h = decoder_L(... decoder_1(drop(s E[target] + P), m), m);   z = h W_U
//
// An encoder block is bidirectional attention and a feed-forward; a decoder block is causal attention, cross-attention
// to m, and a feed-forward. s = sqrt(width) where the embedding is scaled; tied: W_U = E^T. With NormPlacement::before
// there is a normalisation after either stack.
//
// Input: a source and a target for each sequence (TokenPairs). In training the target is what the decoder is to say,
// shifted by one (teacher forcing): it begins with a start token, and labels end with an end token. Logits: a row for
// each token of the target.
//
// With a State it decodes: a call with a source runs the encoder and keeps the cross-attention's keys and values, so
// that they are computed once; later calls have an empty source and one more token each. The logits have the bits of
// the full pass. A Translator (generation/translator.hpp) does this greedily or by beam search.
//
// Tensors: source_embedding.weight (unless shared), token_embedding.weight, source_positions. and positions. where they
// are learned, encoder.N., encoder_norm. (before), decoder.N., norm. (before), logits.weight (untied).
//
// Source: Vaswani et al., "Attention Is All You Need", 2017.

#include <inlay/config.hpp>
#include <inlay/models/choices.hpp>
#include <inlay/models/language_head.hpp>
#include <inlay/modules/stack.hpp>
#include <inlay/modules/sublayer.hpp>

namespace inlay::inline INLAY_ABI {

struct EncoderDecoderConfig {
  size_t source_vocabulary;
  size_t vocabulary;      // of the target
  size_t source_context;  // the longest source
  size_t context;         // the longest target
  size_t width;
  size_t heads;
  size_t layers;                  // of the decoder
  size_t encoder_layers = 0;      // 0: as many
  size_t hidden = 0;              // of the feed-forward; 0 is 4 * width
  bool shared_embedding = false;  // source and target have one vocabulary and one embedding
  bool tied = true;
  bool scaled_embedding = true;
  bool biases = true;
  Activation activation = Activation::relu;
  bool gated = false;
  NormKind norm = NormKind::layer;
  NormPlacement placement = NormPlacement::after;
  float epsilon = 1e-5f;
  Positions positions = Positions::sinusoidal;
  float dropout = 0.0f;
  size_t key_value_heads = 0;  // 0: as many as heads
};

// The attentions of a model with this configuration: of the encoder, of the decoder, and from the decoder to the
// memory.
enum class AttentionPlace : std::uint8_t { encoder, decoder, cross };
constexpr AttentionConfig attention_of(const EncoderDecoderConfig& c, AttentionPlace place) {
  const bool cross = place == AttentionPlace::cross;
  return {.width = c.width,
          .heads = c.heads,
          .context = place == AttentionPlace::encoder ? c.source_context : c.context,
          .causal = place == AttentionPlace::decoder,
          .biases = c.biases,
          .dropout = c.dropout,
          .key_value_heads = c.key_value_heads,
          .positions = cross ? RelativePositions::none : detail::inside_attention(c.positions),
          .memory_context = cross ? c.source_context : 0};
}

template <EncoderDecoderConfig C>
struct EncoderDecoder {
  static constexpr EncoderDecoderConfig config = C;
  static constexpr size_t context = C.context;
  static constexpr size_t memory_context = C.source_context;
  static constexpr size_t vocabulary = C.vocabulary;
  static constexpr size_t width = C.width;
  static constexpr size_t hidden = C.hidden == 0 ? 4 * C.width : C.hidden;
  static constexpr size_t encoder_layers = C.encoder_layers == 0 ? C.layers : C.encoder_layers;
  static constexpr bool selects_logits = true;
  static_assert(C.source_vocabulary > 0 && C.vocabulary > 0 && C.context > 0 && C.source_context > 0 && C.width > 0 &&
                    C.layers > 0,
                "inlay: an EncoderDecoder needs two vocabularies, two contexts, a width and at least one layer");
  static_assert(!C.shared_embedding || C.source_vocabulary == C.vocabulary,
                "inlay: an embedding that source and target share has one vocabulary; source_vocabulary and vocabulary "
                "must be the same");

  static constexpr NormConfig norm_config{.width = C.width, .bias = C.biases, .epsilon = C.epsilon};
  static constexpr Bias bias = C.biases ? Bias::yes : Bias::no;
  static constexpr bool final_norm = C.placement == NormPlacement::before;
  using SourceEmbedding = Embedding<C.source_vocabulary, C.width>;
  using TokenEmbedding = Embedding<C.vocabulary, C.width>;
  using SourcePositions = detail::PositionsFor<C.positions, C.source_context, C.width>;
  using TargetPositions = detail::PositionsFor<C.positions, C.context, C.width>;
  using Norm = typename detail::NormFor<norm_config, C.norm, C.placement>::type;
  static constexpr AttentionConfig encoder_attention = attention_of(C, AttentionPlace::encoder);
  static constexpr AttentionConfig decoder_attention = attention_of(C, AttentionPlace::decoder);
  static constexpr AttentionConfig cross_attention = attention_of(C, AttentionPlace::cross);
  using FeedForwardType = detail::FeedForwardFor<C.gated, C.width, hidden, C.activation, bias>;
  using CrossAttentionType = CrossAttention<cross_attention>;  // for its inspect()
  using EncoderBlock = Block<Norm, Attention<encoder_attention>, FeedForwardType, C.placement, C.dropout>;
  using DecoderBlockType =
      DecoderBlock<Norm, Attention<decoder_attention>, CrossAttentionType, FeedForwardType, C.placement, C.dropout>;
  using EncoderStack = Stack<EncoderBlock, encoder_layers>;
  using DecoderStack = Stack<DecoderBlockType, C.layers>;
  using Unembedding = Linear<C.width, C.vocabulary, Bias::no>;
  using Drop = Dropout<C.width, C.dropout>;
  using Head = detail::LanguageHead<TokenEmbedding, std::conditional_t<final_norm, Norm, Empty>, Unembedding, C.tied>;

  using Input = TokenPairs;
  using Output = Reals<C.vocabulary>;
  using In = Rows<const float, C.width>;
  using Out = Rows<float, C.width>;

  struct Parameters {
    INLAY_NO_UNIQUE_ADDRESS std::conditional_t<C.shared_embedding, Empty, ParametersOf<SourceEmbedding>>
        source_embedding;
    ParametersOf<TokenEmbedding> token_embedding;
    INLAY_NO_UNIQUE_ADDRESS ParametersOf<SourcePositions> source_positions;
    INLAY_NO_UNIQUE_ADDRESS ParametersOf<TargetPositions> positions;
    ParametersOf<EncoderStack> encoder;
    INLAY_NO_UNIQUE_ADDRESS std::conditional_t<final_norm, ParametersOf<Norm>, Empty> encoder_norm;
    ParametersOf<DecoderStack> decoder;
    INLAY_NO_UNIQUE_ADDRESS std::conditional_t<final_norm, ParametersOf<Norm>, Empty> norm;
    INLAY_NO_UNIQUE_ADDRESS std::conditional_t<C.tied, Empty, ParametersOf<Unembedding>> logits;
  };
  struct PartBuffers {
    INLAY_NO_UNIQUE_ADDRESS BuffersOf<SourcePositions> source_positions;
    INLAY_NO_UNIQUE_ADDRESS BuffersOf<TargetPositions> positions;
    INLAY_NO_UNIQUE_ADDRESS BuffersOf<EncoderStack> encoder;
    INLAY_NO_UNIQUE_ADDRESS BuffersOf<DecoderStack> decoder;
  };
  using Buffers =
      std::conditional_t<C.positions == Positions::learned || C.positions == Positions::none, Empty, PartBuffers>;
  template <size_t Sequences>
  struct State {
    StateOf<DecoderStack, Sequences> decoder;
  };

  template <Extent E>
  struct Activations {
    Tensor<float, E.memory_rows, C.width> source_embedded, encoded;
    ActivationsOf<EncoderStack, E.of_memory()> encoder;
    Tensor<float, E.rows, C.width> embedded, last;
    ActivationsOf<DecoderStack, E> decoder;
    // With a normalisation: of the memory, and of the rows of the logits.
    INLAY_NO_UNIQUE_ADDRESS std::conditional_t<final_norm, Tensor<float, E.memory_rows, C.width>, Empty> memory;
    INLAY_NO_UNIQUE_ADDRESS std::conditional_t<final_norm, ActivationsOf<Norm, E.of_memory()>, Empty> encoder_norm;
    INLAY_NO_UNIQUE_ADDRESS std::conditional_t<final_norm, ActivationsOf<Norm, E>, Empty> norm;
    INLAY_NO_UNIQUE_ADDRESS std::conditional_t<final_norm, Tensor<float, E.rows, C.width>, Empty> normalized;
  };
  template <Extent E>
  struct Gradients {
    Tensor<float, 2, E.rows, C.width> target;
    Tensor<float, 2, E.memory_rows, C.width> source;
  };
  template <Extent E>
  struct Workspace {
    Overlay<WorkspaceOf<EncoderStack, E.of_memory()>, WorkspaceOf<DecoderStack, E>> stacks;
    INLAY_NO_UNIQUE_ADDRESS std::conditional_t<E.training, Gradients<E>, Empty> gradients;
  };

  // logits: one row for each token of the targets, or for the last of each target, as the call asks.
  template <class Frame>
  static void forward(const Frame& frame, const SourceAndTarget& x, Rows<float, C.vocabulary> logits) {
    auto& a = frame.activations;
    const size_t rows = x.target.size();
    Call call = frame.call;
    if (!x.source.empty()) {
      encode(frame, x);
      call.memory.packing = x.source_packing();
      call.memory.values = memory(a);
    }
    const auto inside = frame.in(call);
    const Out embedded(a.embedded, rows), last(a.last, rows);
    TokenEmbedding::forward(inside.child(INLAY_PART(token_embedding)), x.target, embedded);
    scale(embedded);
    TargetPositions::forward(inside.child(INLAY_PART(positions)), embedded, embedded);
    Drop::forward(inside.child(INLAY_PART(dropout)), embedded, embedded);
    DecoderStack::forward(decoder(inside), embedded, last);
    Head::forward(inside, last, logits);
  }

  // After a forward pass with Logits::all.
  template <class Frame>
  static void backward(const Frame& frame, const SourceAndTarget& x, Rows<const float, C.vocabulary> dlogits,
                       NoGradient = {}) {
    auto& a = frame.activations;
    auto& g = frame.workspace.gradients;
    const size_t rows = x.target.size();
    const size_t source_rows = x.source.size();
    const Out d(&g.target(0, 0, 0), rows), e(&g.target(1, 0, 0), rows);
    const Out dmemory(&g.source(0, 0, 0), source_rows), dsource(&g.source(1, 0, 0), source_rows);
    Head::backward(frame, dlogits, d);

    kernels::fill(source_rows * C.width, 0.0f, dmemory.data());
    Call call = frame.call;
    call.memory.packing = x.source_packing();
    call.memory.values = memory(a);
    call.memory.gradient = dmemory.data();
    DecoderStack::backward(decoder(frame.in(call)), In(a.embedded, rows), d, e);
    Drop::backward(frame.child(INLAY_PART(dropout)), e, e, e);
    TargetPositions::backward(frame.child(INLAY_PART(positions)), e, e, no_gradient);
    scale(e);
    TokenEmbedding::backward(frame.child(INLAY_PART(token_embedding)), x.target, e);

    const Call source = x.source_call(frame.call);
    const auto inside = frame.in(source);
    if constexpr (final_norm)
      Norm::backward(inside.child(INLAY_PART(encoder_norm)), In(a.encoded, source_rows), dmemory, dmemory);
    EncoderStack::backward(encoder(inside), In(a.source_embedded, source_rows), dmemory, dsource);
    Drop::backward(inside.child(INLAY_PART(source_dropout)), dsource, dsource, dsource);
    SourcePositions::backward(inside.child(INLAY_PART(source_positions)), dsource, dsource, no_gradient);
    scale(dsource);
    SourceEmbedding::backward(source_embedding(inside), x.source, dsource);
  }

  template <class F, class... P>
  static void visit(F&& f, const Path& path, P&... parts) {
    if constexpr (!C.shared_embedding)
      visit_at<SourceEmbedding>(f, path / "source_embedding", parts.source_embedding...);
    visit_at<TokenEmbedding>(f, path / "token_embedding", parts.token_embedding...);
    visit_at<SourcePositions>(f, path / "source_positions", parts.source_positions...);
    visit_at<TargetPositions>(f, path / "positions", parts.positions...);
    visit_at<EncoderStack>(f, path / "encoder", parts.encoder...);
    if constexpr (final_norm) visit_at<Norm>(f, path / "encoder_norm", parts.encoder_norm...);
    visit_at<DecoderStack>(f, path / "decoder", parts.decoder...);
    if constexpr (final_norm) visit_at<Norm>(f, path / "norm", parts.norm...);
    if constexpr (!C.tied) visit_at<Unembedding>(f, path / "logits", parts.logits...);
  }
  template <class S>
  static void copy_sequence(const S& from, size_t i, S& to, size_t j) {
    inlay::copy_sequence<DecoderStack>(from.decoder, i, to.decoder, j);
  }
  // A scaled embedding begins with N(0, 1 / width), so that what enters the blocks is as large as the positions.
  static void initialize(Parameters& p, const Initializer& initializer, const Path& path) {
    const auto embed = [&](const char* name, auto& embedding) {
      const float deviation = C.scaled_embedding ? 1.0f / simd::sqrt(static_cast<float>(C.width)) : 0.02f;
      initializer.normal(path / name / "weight", embedding.weight, deviation);
    };
    if constexpr (!C.shared_embedding) embed("source_embedding", p.source_embedding);
    embed("token_embedding", p.token_embedding);
    initialize_at<SourcePositions>(p.source_positions, initializer, path / "source_positions");
    initialize_at<TargetPositions>(p.positions, initializer, path / "positions");
    initialize_at<EncoderStack>(p.encoder, initializer, path / "encoder");
    if constexpr (final_norm) initialize_at<Norm>(p.encoder_norm, initializer, path / "encoder_norm");
    initialize_at<DecoderStack>(p.decoder, initializer, path / "decoder");
    if constexpr (final_norm) initialize_at<Norm>(p.norm, initializer, path / "norm");
    if constexpr (!C.tied) initialize_at<Unembedding>(p.logits, initializer, path / "logits");
  }
  static void initialize_buffers(Buffers& buffers) {
    if constexpr (!std::is_same_v<Buffers, Empty>) {
      initialize_buffers_at<SourcePositions>(buffers.source_positions);
      initialize_buffers_at<TargetPositions>(buffers.positions);
      initialize_buffers_at<EncoderStack>(buffers.encoder);
      initialize_buffers_at<DecoderStack>(buffers.decoder);
    }
  }

  // What names this model in a file: a hash of every field that its outputs depend on, so not of dropout.
  static constexpr std::uint64_t fingerprint() {
    Hash hash;
    for (const size_t field : {C.source_vocabulary, C.vocabulary, C.source_context, C.context, C.width, C.heads,
                               C.layers, encoder_layers, hidden, Attention<encoder_attention>::groups})
      hash.number(field);
    for (const bool field : {C.shared_embedding, C.tied, C.scaled_embedding, C.biases, C.gated}) hash.byte(field);
    hash.byte(static_cast<std::uint8_t>(C.activation));
    hash.byte(static_cast<std::uint8_t>(C.norm));
    hash.byte(static_cast<std::uint8_t>(C.placement));
    hash.byte(static_cast<std::uint8_t>(C.positions));
    hash.real(C.epsilon);
    return hash.value();
  }

 private:
  template <class Frame>
  static auto encoder(const Frame& frame) {
    return frame.child(INLAY_PART(encoder)).on(frame.workspace.stacks.template get<0>());
  }
  template <class Frame>
  static auto decoder(const Frame& frame) {
    return frame.child(INLAY_PART(decoder)).on(frame.workspace.stacks.template get<1>());
  }
  template <class Frame>
  static auto source_embedding(const Frame& frame) {
    if constexpr (C.shared_embedding)
      return frame.child(INLAY_PART(token_embedding));
    else
      return frame.child(INLAY_PART(source_embedding));
  }
  static float* memory(auto& activations) {
    if constexpr (final_norm)
      return activations.memory.data();
    else
      return activations.encoded.data();
  }
  static void scale(Out rows) {
    if constexpr (C.scaled_embedding) {
      const simd::batch factor = simd::broadcast(simd::sqrt(static_cast<float>(C.width)));
      kernels::for_each_vector(rows.count() * C.width,
                               [&](auto at) { at.store(rows.data(), at.load(rows.data()) * factor); });
    }
  }

  template <class Frame>
  static void encode(const Frame& frame, const SourceAndTarget& x) {
    INLAY_ASSERT(x.sequences() == frame.call.packing.count);
    auto& a = frame.activations;
    const Call source = x.source_call(frame.call);
    const auto inside = frame.in(source);
    const Out embedded(a.source_embedded, x.source.size()), encoded(a.encoded, x.source.size());
    SourceEmbedding::forward(source_embedding(inside), x.source, embedded);
    scale(embedded);
    SourcePositions::forward(inside.child(INLAY_PART(source_positions)), embedded, embedded);
    Drop::forward(inside.child(INLAY_PART(source_dropout)), embedded, embedded);
    EncoderStack::forward(encoder(inside), embedded, encoded);
    if constexpr (final_norm)
      Norm::forward(inside.child(INLAY_PART(encoder_norm)), encoded, Out(a.memory, x.source.size()));
  }
};

}  // namespace inlay::inline INLAY_ABI
