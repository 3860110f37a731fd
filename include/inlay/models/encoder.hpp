#pragma once
// Encoder: the bidirectional transformer; MaskedLanguageModel: BERT's way to train it.
//
//   Encoder              h = drop(norm(E[token] + P[position] + S[segment]));  y = block_L(... block_1(h))
//   MaskedLanguageModel  z = norm(f(y W + b)) E^T + c                           y of the encoder; f is its activation
//
// The default configuration is BERT's: normalisation after each part and on the embedding, learned positions, GELU.
// With NormPlacement::before there is a normalisation after the blocks. Every row sees its whole sequence and nothing
// of the others; sequences are packed, so there is no padding and no mask for it.
//
// An encoder takes tokens and their segments and gives rows of `width` numbers. What is built on it is a Sequential:
//   one label for a text    Sequential<Encoder<C>, Pool<width, Pooling::first>, Linear<width, width>,
//                                      Activate<Activation::tanh, width>, Linear<width, classes>>
//   a vector for a text     Sequential<Encoder<C>, Pool<width, Pooling::mean>>          and cosine_similarity
// A pair of texts is one sequence with two segments. Text is masked by mask_tokens (training/masking.hpp).
//
// Tensors: token_embedding.weight [vocabulary][width], position_embedding.weight [context][width],
// segment_embedding.weight [segments][width], embedding_norm., blocks.N., norm. (before); of MaskedLanguageModel
// encoder., transform., transform_norm., bias [vocabulary].
//
// Source: Devlin et al., "BERT: Pre-training of Deep Bidirectional Transformers for Language Understanding", 2019,
// sections 3 and 3.1, appendix A.

#include <inlay/config.hpp>
#include <inlay/models/choices.hpp>
#include <inlay/modules/pool.hpp>
#include <inlay/modules/stack.hpp>

namespace inlay::inline INLAY_ABI {

struct EncoderConfig {
  size_t vocabulary;
  size_t context;  // the longest sequence
  size_t width;
  size_t heads;
  size_t layers;
  size_t hidden = 0;    // of the feed-forward; 0 is 4 * width
  size_t segments = 0;  // kinds of them; 0: none
  bool biases = true;
  Activation activation = Activation::gelu_erf;
  bool gated = false;
  NormKind norm = NormKind::layer;
  NormPlacement placement = NormPlacement::after;
  bool embedding_norm = true;
  float epsilon = 1e-5f;
  Positions positions = Positions::learned;
  float dropout = 0.0f;
  size_t key_value_heads = 0;  // 0: as many as heads
  size_t head_width = 0;       // 0: width / heads
  size_t window = 0;           // of attention, to either side; 0: the whole sequence
  bool query_key_norm = false;
};

// The attention of an encoder with this configuration.
constexpr AttentionConfig attention_of(const EncoderConfig& c) {
  return {.width = c.width,
          .heads = c.heads,
          .context = c.context,
          .causal = false,
          .biases = c.biases,
          .dropout = c.dropout,
          .key_value_heads = c.key_value_heads,
          .head_width = c.head_width,
          .window = c.window,
          .positions = detail::inside_attention(c.positions),
          .query_key_norm = c.query_key_norm,
          .epsilon = c.epsilon};
}

template <EncoderConfig C>
struct Encoder {
  static constexpr EncoderConfig config = C;
  static constexpr size_t context = C.context;
  static constexpr size_t vocabulary = C.vocabulary;
  static constexpr size_t width = C.width;
  static constexpr size_t hidden = C.hidden == 0 ? 4 * C.width : C.hidden;
  static_assert(C.vocabulary > 0 && C.context > 0 && C.width > 0 && C.layers > 0,
                "inlay: an Encoder needs a vocabulary, a context, a width and at least one layer");
  static constexpr NormConfig norm_config{.width = C.width, .bias = C.biases, .epsilon = C.epsilon};

  using TokenEmbedding = Embedding<C.vocabulary, C.width>;
  using PositionEmbedding = detail::PositionsFor<C.positions, C.context, C.width>;
  using SegmentEmbedding = Embedding<C.segments == 0 ? 1 : C.segments, C.width>;
  using Norm = typename detail::NormFor<norm_config, C.norm, C.placement>::type;
  using EmbeddingNorm = typename detail::NormFor<norm_config, C.norm,
                                                 C.embedding_norm ? NormPlacement::before : NormPlacement::none>::type;
  static constexpr AttentionConfig attention_config = attention_of(C);
  using AttentionType = Attention<attention_config>;
  using FeedForwardType =
      detail::FeedForwardFor<C.gated, C.width, hidden, C.activation, C.biases ? Bias::yes : Bias::no>;
  using BlockType = Block<Norm, AttentionType, FeedForwardType, C.placement, C.dropout>;
  using Blocks = Stack<BlockType, C.layers>;
  using Drop = Dropout<C.width, C.dropout>;
  static constexpr bool final_norm = C.placement == NormPlacement::before;

  using Input = SegmentedTokens;
  using Output = Reals<C.width>;

  struct Parameters {
    ParametersOf<TokenEmbedding> token_embedding;
    INLAY_NO_UNIQUE_ADDRESS ParametersOf<PositionEmbedding> position_embedding;
    INLAY_NO_UNIQUE_ADDRESS std::conditional_t<C.segments == 0, Empty, ParametersOf<SegmentEmbedding>>
        segment_embedding;
    INLAY_NO_UNIQUE_ADDRESS ParametersOf<EmbeddingNorm> embedding_norm;
    ParametersOf<Blocks> blocks;
    INLAY_NO_UNIQUE_ADDRESS std::conditional_t<final_norm, ParametersOf<Norm>, Empty> norm;
  };
  struct PartBuffers {
    INLAY_NO_UNIQUE_ADDRESS BuffersOf<PositionEmbedding> position_embedding;
    INLAY_NO_UNIQUE_ADDRESS BuffersOf<Blocks> blocks;
  };
  using Buffers =
      std::conditional_t<std::is_empty_v<BuffersOf<PositionEmbedding>> && std::is_empty_v<BuffersOf<Blocks>>, Empty,
                         PartBuffers>;

  template <Extent E>
  struct Activations {
    Tensor<float, E.rows, C.width> sum;  // of the embeddings
    INLAY_NO_UNIQUE_ADDRESS ActivationsOf<EmbeddingNorm, E> embedding_norm;
    Tensor<float, E.rows, C.width> embedded;  // the first block's input
    ActivationsOf<Blocks, E> blocks;
    INLAY_NO_UNIQUE_ADDRESS std::conditional_t<final_norm, Tensor<float, E.rows, C.width>, Empty> last;
    INLAY_NO_UNIQUE_ADDRESS std::conditional_t<final_norm, ActivationsOf<Norm, E>, Empty> norm;
  };
  template <Extent E>
  struct Workspace {
    WorkspaceOf<Blocks, E> blocks;
    INLAY_NO_UNIQUE_ADDRESS std::conditional_t<E.training, Tensor<float, 2, E.rows, C.width>, Empty> gradients;
  };

  template <class Frame>
  static void forward(const Frame& frame, const TokensWithSegments& x, Rows<float, C.width> y) {
    auto& a = frame.activations;
    const size_t rows = x.tokens.size();
    const Rows<float, C.width> sum(a.sum, rows);
    const Rows<float, C.width> embedded(a.embedded, rows);
    TokenEmbedding::forward(frame.child(INLAY_PART(token_embedding)), x.tokens, sum);
    PositionEmbedding::forward(frame.child(INLAY_PART(position_embedding)), sum, sum);
    if constexpr (C.segments > 0)
      for (size_t i = 0; i < rows; ++i)
        kernels::add(C.width, frame.parameters.segment_embedding.weight.data() + segment(x, i) * C.width, sum.row(i));
    if constexpr (C.embedding_norm)
      EmbeddingNorm::forward(frame.child(INLAY_PART(embedding_norm)), sum, embedded);
    else
      kernels::copy(rows * C.width, sum.data(), embedded.data());
    Drop::forward(frame.child(INLAY_PART(dropout)), embedded, embedded);
    if constexpr (final_norm) {
      const Rows<float, C.width> last(a.last, rows);
      Blocks::forward(frame.child(INLAY_PART(blocks)), embedded, last);
      Norm::forward(frame.child(INLAY_PART(norm)), last, y);
    } else {
      Blocks::forward(frame.child(INLAY_PART(blocks)), embedded, y);
    }
  }

  template <class Frame>
  static void backward(const Frame& frame, const TokensWithSegments& x, Rows<const float, C.width> dy,
                       NoGradient = {}) {
    auto& a = frame.activations;
    const size_t rows = x.tokens.size();
    const Rows<float, C.width> d(&frame.workspace.gradients(0, 0, 0), rows);
    const Rows<float, C.width> e(&frame.workspace.gradients(1, 0, 0), rows);
    const Rows<const float, C.width> embedded(a.embedded, rows);
    if constexpr (final_norm) {
      Norm::backward(frame.child(INLAY_PART(norm)), Rows<const float, C.width>(a.last, rows), dy, d);
      Blocks::backward(frame.child(INLAY_PART(blocks)), embedded, d, e);
    } else {
      Blocks::backward(frame.child(INLAY_PART(blocks)), embedded, dy, e);
    }
    Drop::backward(frame.child(INLAY_PART(dropout)), e, e, e);
    if constexpr (C.embedding_norm)
      EmbeddingNorm::backward(frame.child(INLAY_PART(embedding_norm)), Rows<const float, C.width>(a.sum, rows), e, e);
    if constexpr (C.segments > 0 && trains<Frame>)
      for (size_t i = 0; i < rows; ++i)
        kernels::add(C.width, e.row(i), frame.gradients.segment_embedding.weight.data() + segment(x, i) * C.width);
    PositionEmbedding::backward(frame.child(INLAY_PART(position_embedding)), e, e, no_gradient);
    TokenEmbedding::backward(frame.child(INLAY_PART(token_embedding)), x.tokens, e);
  }

  template <class F, class... P>
  static void visit(F&& f, const Path& path, P&... parts) {
    visit_at<TokenEmbedding>(f, path / "token_embedding", parts.token_embedding...);
    visit_at<PositionEmbedding>(f, path / "position_embedding", parts.position_embedding...);
    if constexpr (C.segments > 0) visit_at<SegmentEmbedding>(f, path / "segment_embedding", parts.segment_embedding...);
    if constexpr (C.embedding_norm) visit_at<EmbeddingNorm>(f, path / "embedding_norm", parts.embedding_norm...);
    visit_at<Blocks>(f, path / "blocks", parts.blocks...);
    if constexpr (final_norm) visit_at<Norm>(f, path / "norm", parts.norm...);
  }
  static void initialize(Parameters& p, const Initializer& initializer, const Path& path) {
    initialize_at<TokenEmbedding>(p.token_embedding, initializer, path / "token_embedding");
    initialize_at<PositionEmbedding>(p.position_embedding, initializer, path / "position_embedding");
    if constexpr (C.segments > 0)
      initialize_at<SegmentEmbedding>(p.segment_embedding, initializer, path / "segment_embedding");
    if constexpr (C.embedding_norm)
      initialize_at<EmbeddingNorm>(p.embedding_norm, initializer, path / "embedding_norm");
    initialize_at<Blocks>(p.blocks, initializer, path / "blocks");
    if constexpr (final_norm) initialize_at<Norm>(p.norm, initializer, path / "norm");
  }
  static void initialize_buffers(Buffers& buffers) {
    if constexpr (!std::is_same_v<Buffers, Empty>) {
      initialize_buffers_at<PositionEmbedding>(buffers.position_embedding);
      initialize_buffers_at<Blocks>(buffers.blocks);
    }
  }

  // What names this model in a file: a hash of every field that its outputs depend on, so not of dropout.
  static constexpr std::uint64_t fingerprint() {
    Hash hash;
    for (const size_t field : {C.vocabulary, C.context, C.width, C.heads, C.layers, hidden, C.segments,
                               AttentionType::groups, AttentionType::head_width, AttentionType::window})
      hash.number(field);
    for (const bool field : {C.biases, C.gated, C.embedding_norm, C.query_key_norm}) hash.byte(field);
    hash.byte(static_cast<std::uint8_t>(C.activation));
    hash.byte(static_cast<std::uint8_t>(C.norm));
    hash.byte(static_cast<std::uint8_t>(C.placement));
    hash.byte(static_cast<std::uint8_t>(C.positions));
    hash.real(C.epsilon);
    return hash.value();
  }

 private:
  static size_t segment(const TokensWithSegments& x, size_t row) {
    const size_t number = x.segments.empty() ? 0 : x.segments[row];
    INLAY_ASSERT(number < C.segments);
    return number;
  }
};

template <EncoderConfig C>
struct MaskedLanguageModel {
  using EncoderType = Encoder<C>;
  static constexpr EncoderConfig config = C;
  static constexpr size_t context = C.context;
  static constexpr size_t vocabulary = C.vocabulary;
  using Transform = Linear<C.width, C.width, C.biases ? Bias::yes : Bias::no>;
  using Nonlinearity = Activate<C.activation, C.width>;
  using Norm = typename detail::NormFor<EncoderType::norm_config, C.norm, NormPlacement::before>::type;
  using TokenEmbedding = typename EncoderType::TokenEmbedding;

  using Input = SegmentedTokens;
  using Output = Reals<C.vocabulary>;

  struct Parameters {
    ParametersOf<EncoderType> encoder;
    ParametersOf<Transform> transform;
    ParametersOf<Norm> transform_norm;
    Tensor<float, C.vocabulary> bias;
  };
  struct PartBuffers {
    BuffersOf<EncoderType> encoder;
  };
  using Buffers = std::conditional_t<std::is_empty_v<BuffersOf<EncoderType>>, Empty, PartBuffers>;
  template <Extent E>
  struct Activations {
    ActivationsOf<EncoderType, E> encoder;
    Tensor<float, E.rows, C.width> encoded, transformed, active, normalized;
    ActivationsOf<Norm, E> transform_norm;
  };
  template <Extent E>
  struct Workspace {
    WorkspaceOf<EncoderType, E> encoder;
    INLAY_NO_UNIQUE_ADDRESS std::conditional_t<E.training, Tensor<float, 2, E.rows, C.width>, Empty> gradients;
  };

  template <class Frame>
  static void forward(const Frame& frame, const TokensWithSegments& x, Rows<float, C.vocabulary> logits) {
    auto& a = frame.activations;
    const size_t rows = x.tokens.size();
    const Rows<float, C.width> encoded(a.encoded, rows), transformed(a.transformed, rows), active(a.active, rows),
        normalized(a.normalized, rows);
    EncoderType::forward(frame.child(INLAY_PART(encoder)), x, encoded);
    Transform::forward(frame.child(INLAY_PART(transform)), encoded, transformed);
    Nonlinearity::forward(frame.child(INLAY_PART(nonlinearity)), transformed, active);
    Norm::forward(frame.child(INLAY_PART(transform_norm)), active, normalized);
    TokenEmbedding::logits_forward(token_embedding(frame), normalized, logits);
    for (size_t i = 0; i < rows; ++i) kernels::add(C.vocabulary, frame.parameters.bias.data(), logits.row(i));
  }

  template <class Frame>
  static void backward(const Frame& frame, const TokensWithSegments& x, Rows<const float, C.vocabulary> dlogits,
                       NoGradient = {}) {
    using In = Rows<const float, C.width>;
    auto& a = frame.activations;
    const size_t rows = x.tokens.size();
    const Rows<float, C.width> d(&frame.workspace.gradients(0, 0, 0), rows);
    const Rows<float, C.width> e(&frame.workspace.gradients(1, 0, 0), rows);
    if constexpr (trains<Frame>) kernels::add_rows(rows, C.vocabulary, dlogits.data(), frame.gradients.bias.data());
    TokenEmbedding::logits_backward(token_embedding(frame), In(a.normalized, rows), dlogits, d);
    Norm::backward(frame.child(INLAY_PART(transform_norm)), In(a.active, rows), d, d);
    Nonlinearity::backward(frame.child(INLAY_PART(nonlinearity)), In(a.transformed, rows), d, d);
    Transform::backward(frame.child(INLAY_PART(transform)), In(a.encoded, rows), d, e);
    EncoderType::backward(frame.child(INLAY_PART(encoder)), x, e);
  }

  template <class F, class... P>
  static void visit(F&& f, const Path& path, P&... parts) {
    visit_at<EncoderType>(f, path / "encoder", parts.encoder...);
    visit_at<Transform>(f, path / "transform", parts.transform...);
    visit_at<Norm>(f, path / "transform_norm", parts.transform_norm...);
    f(path / "bias", parts.bias...);
  }
  static void initialize(Parameters& p, const Initializer& initializer, const Path& path) {
    initialize_at<EncoderType>(p.encoder, initializer, path / "encoder");
    initialize_at<Transform>(p.transform, initializer, path / "transform");
    initialize_at<Norm>(p.transform_norm, initializer, path / "transform_norm");
  }
  static void initialize_buffers(Buffers& buffers) {
    if constexpr (!std::is_same_v<Buffers, Empty>) initialize_buffers_at<EncoderType>(buffers.encoder);
  }
  static constexpr std::uint64_t fingerprint() {
    Hash hash;
    hash.text("masked language model");
    hash.number(EncoderType::fingerprint());
    return hash.value();
  }

 private:
  template <class Frame>
  static auto token_embedding(const Frame& frame) {
    return frame.child(INLAY_PART(encoder)).child(INLAY_PART(token_embedding));
  }
};

}  // namespace inlay::inline INLAY_ABI
