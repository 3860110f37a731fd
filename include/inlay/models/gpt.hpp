#pragma once
// Gpt: the decoder-only language model.
//
//   h = E[token] + P[position];  h = drop(h);  h = block_L(... block_1(h));  z = norm(h) W_U
//
// tied: W_U = E^T. Normalisation after the blocks belongs to NormPlacement::before alone. P is there for learned and
// sinusoidal positions; rotary, alibi and relative (T5) ones act inside attention.
//
// GptConfig is the whole family of decoders. GPT-2 is the default; Llama, for instance, is
//   {.tied = false, .biases = false, .activation = Activation::silu, .gated = true, .norm = NormKind::root_mean_square,
//    .positions = Positions::rotary, .key_value_heads = 4}
// Tensors: token_embedding.weight [vocabulary][width], position_embedding.weight [context][width], blocks.N.*,
// norm.gain, norm.bias, logits.weight [width][vocabulary] (untied).
//
// Parameters: V d + n d (learned positions) + L (2 d k (heads + key_value_heads) + 2 d p, or 3 d p if gated, plus
// biases and gains; k: head width, p: hidden) + V d if untied. A new one begins as GPT-2 does: N(0, 0.02^2), biases 0,
// gains 1, and what adds to the residual stream with 0.02 / sqrt(2 L).
//
// Source: Radford et al., "Language Models are Unsupervised Multitask Learners", 2019; Vaswani et al., 2017.

#include <inlay/config.hpp>
#include <inlay/models/choices.hpp>
#include <inlay/models/language_head.hpp>
#include <inlay/modules/stack.hpp>

namespace inlay::inline INLAY_ABI {

struct GptConfig {
  size_t vocabulary;
  size_t context;  // the longest sequence
  size_t width;
  size_t heads;
  size_t layers;
  size_t hidden = 0;  // of the feed-forward; 0 is 4 * width
  bool tied = true;
  bool biases = true;  // of all projections and normalisations
  Activation activation = Activation::gelu_tanh;
  NormKind norm = NormKind::layer;
  bool norm_gain = true;
  NormPlacement placement = NormPlacement::before;
  Positions positions = Positions::learned;
  size_t position_count = 0;  // of learned positions; 0 is context
  float dropout = 0.0f;
  float epsilon = 1e-5f;
  bool gated = false;            // the feed-forward: f(x W_gate) * (x W_up) in place of f(x W_up)
  size_t key_value_heads = 0;    // 0: as many as heads; 1: multi-query attention
  size_t head_width = 0;         // 0: width / heads
  float attention_scale = 0.0f;  // 0: 1 / sqrt(head width)
  size_t window = 0;             // of attention, in tokens; 0: the whole context
  bool query_key_norm = false;
  float rotary_base = 10000.0f;
  size_t rotary_width = 0;  // numbers of a head that are turned; 0: all
  size_t buckets = 32;      // of relative positions
  size_t furthest_bucket = 128;
};

// The attention of a model with this configuration.
constexpr AttentionConfig attention_of(const GptConfig& c) {
  return {.width = c.width,
          .heads = c.heads,
          .context = c.context,
          .causal = true,
          .biases = c.biases,
          .dropout = c.dropout,
          .key_value_heads = c.key_value_heads,
          .head_width = c.head_width,
          .scale = c.attention_scale,
          .window = c.window,
          .positions = detail::inside_attention(c.positions),
          .rotary_base = c.rotary_base,
          .rotary_width = c.rotary_width,
          .buckets = c.buckets,
          .furthest_bucket = c.furthest_bucket,
          .query_key_norm = c.query_key_norm,
          .epsilon = c.epsilon};
}

template <GptConfig C>
struct Gpt {
  static constexpr GptConfig config = C;
  static constexpr size_t context = C.context;
  static constexpr size_t vocabulary = C.vocabulary;
  static constexpr size_t width = C.width;
  static constexpr bool selects_logits = true;  // Call::logits is followed, as a Generator needs it
  static constexpr size_t position_count = C.position_count == 0 ? C.context : C.position_count;
  static_assert(C.vocabulary > 0 && C.context > 0 && C.width > 0 && C.layers > 0,
                "inlay: a Gpt needs a vocabulary, a context, a width and at least one layer");
  static_assert(C.heads > 0 && (C.head_width > 0 || C.width % (C.heads > 0 ? C.heads : 1) == 0),
                "inlay: the heads of a Gpt must divide its width; choose heads so that width is a multiple of it");
  static_assert(C.context <= position_count ||
                    !(C.positions == Positions::learned || C.positions == Positions::sinusoidal),
                "inlay: the context of a Gpt is longer than its positions; it could not tell the last tokens apart");

  static constexpr NormConfig norm_config{
      .width = C.width, .gain = C.norm_gain, .bias = C.biases && C.norm_gain, .epsilon = C.epsilon};
  static constexpr size_t hidden = C.hidden == 0 ? 4 * C.width : C.hidden;
  static constexpr Bias bias = C.biases ? Bias::yes : Bias::no;

  using TokenEmbedding = Embedding<C.vocabulary, C.width>;
  using PositionEmbedding = detail::PositionsFor<C.positions, position_count, C.width>;
  using Norm = typename detail::NormFor<norm_config, C.norm, C.placement>::type;
  static constexpr AttentionConfig attention_config = attention_of(C);
  using AttentionType = Attention<attention_config>;
  using FeedForwardType = detail::FeedForwardFor<C.gated, C.width, hidden, C.activation, bias>;
  using BlockType = Block<Norm, AttentionType, FeedForwardType, C.placement, C.dropout>;
  using Blocks = Stack<BlockType, C.layers>;
  using Unembedding = Linear<C.width, C.vocabulary, Bias::no>;
  using Drop = Dropout<C.width, C.dropout>;
  static constexpr bool final_norm = C.placement == NormPlacement::before;
  using Head = detail::LanguageHead<TokenEmbedding, std::conditional_t<final_norm, Norm, Empty>, Unembedding, C.tied>;

  using Input = Tokens;
  using Output = Reals<C.vocabulary>;

  struct Parameters {
    typename TokenEmbedding::Parameters token_embedding;
    INLAY_NO_UNIQUE_ADDRESS ParametersOf<PositionEmbedding> position_embedding;
    typename Blocks::Parameters blocks;
    INLAY_NO_UNIQUE_ADDRESS std::conditional_t<final_norm, ParametersOf<Norm>, Empty> norm;
    INLAY_NO_UNIQUE_ADDRESS std::conditional_t<C.tied, Empty, ParametersOf<Unembedding>> logits;
  };
  struct PartBuffers {
    INLAY_NO_UNIQUE_ADDRESS BuffersOf<PositionEmbedding> position_embedding;
    INLAY_NO_UNIQUE_ADDRESS BuffersOf<Blocks> blocks;
  };
  using Buffers =
      std::conditional_t<std::is_empty_v<BuffersOf<PositionEmbedding>> && std::is_empty_v<BuffersOf<Blocks>>, Empty,
                         PartBuffers>;
  template <size_t Sequences>
  struct State {
    StateOf<Blocks, Sequences> blocks;
  };

  template <Extent E>
  struct Activations {
    Tensor<float, E.rows, C.width> embedded;  // the first block's input
    ActivationsOf<Blocks, E> blocks;
    Tensor<float, E.rows, C.width> last;  // the last block's output
    INLAY_NO_UNIQUE_ADDRESS std::conditional_t<final_norm, ActivationsOf<Norm, E>, Empty> norm;
    INLAY_NO_UNIQUE_ADDRESS std::conditional_t<final_norm, Tensor<float, E.rows, C.width>, Empty> normalized;
  };
  template <Extent E>
  struct Workspace {
    WorkspaceOf<Blocks, E> blocks;
    INLAY_NO_UNIQUE_ADDRESS std::conditional_t<E.training, Tensor<float, 2, E.rows, C.width>, Empty> gradients;
  };

  // logits: one row for each row of tokens, or for the last of each sequence, as the call asks.
  template <class Frame>
  static void forward(const Frame& frame, std::span<const Token> tokens, Rows<float, C.vocabulary> logits) {
    auto& a = frame.activations;
    const Rows<float, C.width> embedded(a.embedded, tokens.size());
    const Rows<float, C.width> last(a.last, tokens.size());
    TokenEmbedding::forward(frame.child(INLAY_PART(token_embedding)), tokens, embedded);
    PositionEmbedding::forward(frame.child(INLAY_PART(position_embedding)), embedded, embedded);
    Drop::forward(frame.child(INLAY_PART(dropout)), embedded, embedded);
    Blocks::forward(frame.child(INLAY_PART(blocks)), embedded, last);
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
    Blocks::backward(frame.child(INLAY_PART(blocks)), Rows<const float, C.width>(a.embedded, rows), d, e);
    Drop::backward(frame.child(INLAY_PART(dropout)), e, e, e);
    PositionEmbedding::backward(frame.child(INLAY_PART(position_embedding)), e, e, no_gradient);
    TokenEmbedding::backward(frame.child(INLAY_PART(token_embedding)), tokens, e);
  }

  template <class F, class... P>
  static void visit(F&& f, const Path& path, P&... parts) {
    visit_at<TokenEmbedding>(f, path / "token_embedding", parts.token_embedding...);
    visit_at<PositionEmbedding>(f, path / "position_embedding", parts.position_embedding...);
    visit_at<Blocks>(f, path / "blocks", parts.blocks...);
    if constexpr (final_norm) visit_at<Norm>(f, path / "norm", parts.norm...);
    if constexpr (!C.tied) visit_at<Unembedding>(f, path / "logits", parts.logits...);
  }
  template <class S>
  static void copy_sequence(const S& from, size_t i, S& to, size_t j) {
    inlay::copy_sequence<Blocks>(from.blocks, i, to.blocks, j);
  }
  static void initialize(Parameters& p, const Initializer& initializer, const Path& path) {
    initialize_at<TokenEmbedding>(p.token_embedding, initializer, path / "token_embedding");
    initialize_at<PositionEmbedding>(p.position_embedding, initializer, path / "position_embedding");
    initialize_at<Blocks>(p.blocks, initializer, path / "blocks");
    if constexpr (final_norm) initialize_at<Norm>(p.norm, initializer, path / "norm");
    if constexpr (!C.tied) initialize_at<Unembedding>(p.logits, initializer, path / "logits");
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
    for (const size_t field : {C.vocabulary, C.context, C.width, C.heads, C.layers, hidden, position_count})
      hash.number(field);
    for (const bool field : {C.tied, C.biases, C.norm_gain}) hash.byte(field);
    hash.byte(static_cast<std::uint8_t>(C.activation));
    hash.byte(static_cast<std::uint8_t>(C.norm));
    hash.byte(static_cast<std::uint8_t>(C.placement));
    hash.byte(static_cast<std::uint8_t>(C.positions));
    hash.real(C.epsilon);
    // Fields that came later count where they are used, each with a mark of its own, so that files written before stay
    // readable.
    const auto also = [&](bool used, std::uint8_t mark, size_t value) {
      if (!used) return;
      hash.byte(mark);
      hash.number(value);
    };
    also(C.gated, 1, 1);
    also(AttentionType::groups != C.heads, 2, AttentionType::groups);
    also(AttentionType::head_width * C.heads != C.width, 3, AttentionType::head_width);
    also(AttentionType::window != 0, 4, AttentionType::window);
    also(C.query_key_norm, 5, 1);
    also(C.positions == Positions::rotary, 6, AttentionType::turned);
    also(C.positions == Positions::relative, 7, C.buckets);
    also(C.positions == Positions::relative, 8, C.furthest_bucket);
    also(C.attention_scale != 0.0f, 9, 1);
    if (C.attention_scale != 0.0f) hash.real(C.attention_scale);
    if (C.positions == Positions::rotary) hash.real(C.rotary_base);
    return hash.value();
  }
};

}  // namespace inlay::inline INLAY_ABI
