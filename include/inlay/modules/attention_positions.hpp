#pragma once
// How attention knows where a key stands: what RelativePositions adds to Attention.
//
//   rotary    queries and keys are turned by their positions (kernels/rotary.hpp); a table in the buffers
//   alibi     a bias for each head and distance (kernels/relative_positions.hpp); a table in the buffers
//   buckets   the same, trained: relative_bias.weight [buckets][heads]. The buffers say which bucket a distance has; a
//             pass spreads the weights over the distances, and gathers their gradients from there

#include <inlay/config.hpp>
#include <inlay/kernels/attention_strip.hpp>
#include <inlay/kernels/relative_positions.hpp>
#include <inlay/kernels/rotary.hpp>
#include <inlay/modules/attention_config.hpp>
#include <inlay/modules/initialize.hpp>
#include <inlay/modules/module.hpp>

namespace inlay::inline INLAY_ABI::detail {

template <AttentionConfig C, size_t HeadWidth, bool Causal>
struct AttentionPositions {
  static constexpr bool rotates = C.positions == RelativePositions::rotary;
  static constexpr size_t turned = C.rotary_width > 0 ? C.rotary_width : HeadWidth;
  static constexpr bool learns_bias = C.positions == RelativePositions::buckets;
  static constexpr bool biased = learns_bias || C.positions == RelativePositions::alibi;
  static_assert(!rotates || (turned % 2 == 0 && turned <= HeadWidth),
                "inlay: rotary positions turn pairs of numbers; head_width, or rotary_width where it is given, must be "
                "even, and rotary_width at most head_width");
  static_assert(!learns_bias || (C.buckets >= (Causal ? 2 : 4) && C.buckets % (Causal ? 2 : 4) == 0 &&
                                 C.furthest_bucket > C.buckets / (Causal ? 2 : 4)),
                "inlay: half of the buckets of a direction have one distance each, so their number is even (a "
                "multiple of four without a causal mask), and furthest_bucket is beyond those");
  static_assert(!learns_bias || (C.buckets <= 128 && C.furthest_bucket <= 65536),
                "inlay: there are at most 128 buckets of distances, up to a furthest one of at most 65536");

  // Biases of the distances [-least, greatest], with the margin that the kernels read around them.
  static constexpr size_t zero = kernels::relative_margin + (Causal ? 0 : C.context);
  static constexpr size_t span = zero + C.context + kernels::relative_margin;

  struct Buckets {
    struct {
      Tensor<float, C.buckets, C.heads> weight;
    } relative_bias;
  };

  struct RotaryTable {
    Tensor<float, C.context, turned> rotary;
  };
  struct BiasTable {
    Tensor<float, C.heads, span> bias;
  };
  struct BucketTable {
    Tensor<std::uint32_t, span> bucket;
  };
  using Buffers =
      std::conditional_t<rotates, RotaryTable,
                         std::conditional_t<learns_bias, BucketTable, std::conditional_t<biased, BiasTable, Empty>>>;

  struct Biases {
    Tensor<float, C.heads, span> bias;
  };
  struct BiasesAndGradients : Biases {
    Tensor<float, C.heads, span> dbias;
  };
  template <Extent E>
  using Workspace = std::conditional_t<!learns_bias, Empty, std::conditional_t<E.training, BiasesAndGradients, Biases>>;

  // Before a pass, and before backward adds to dbias.
  template <class Frame>
  static void spread(const Frame& frame) {
    if constexpr (learns_bias)
      for (size_t h = 0; h < C.heads; ++h)
        for (size_t i = 0; i < span; ++i)
          frame.workspace.relative.bias(h, i) = frame.parameters.relative_bias.weight(frame.buffers.bucket(i), h);
  }
  template <class Frame>
  static void begin_gradients(const Frame& frame) {
    if constexpr (learns_bias) {
      auto& dbias = frame.workspace.relative.dbias;
      kernels::fill(dbias.size(), 0.0f, dbias.data());
    }
  }
  // After the heads of all sequences.
  template <class Frame>
  static void gather_gradients(const Frame& frame) {
    if constexpr (learns_bias && trains<Frame>)
      for (size_t h = 0; h < C.heads; ++h)
        for (size_t i = 0; i < span; ++i)
          frame.gradients.relative_bias.weight(frame.buffers.bucket(i), h) += frame.workspace.relative.dbias(h, i);
  }

  // What the kernels are given: the bias of distance 0, and its gradient; null where there is none.
  template <class Frame>
  static const float* bias([[maybe_unused]] const Frame& frame, [[maybe_unused]] size_t head) {
    if constexpr (learns_bias)
      return &frame.workspace.relative.bias(head, zero);
    else if constexpr (biased)
      return &frame.buffers.bias(head, zero);
    else
      return nullptr;
  }
  template <class Frame>
  static float* bias_gradient([[maybe_unused]] const Frame& frame, [[maybe_unused]] size_t head) {
    if constexpr (learns_bias && trains<Frame>)
      return &frame.workspace.relative.dbias(head, zero);
    else
      return nullptr;
  }
  // The bias of row i and key j, from what outlives a pass.
  template <class Frame>
  static float bias_of_pair([[maybe_unused]] const Frame& frame, [[maybe_unused]] size_t head,
                            [[maybe_unused]] size_t i, [[maybe_unused]] size_t j) {
    if constexpr (learns_bias)
      return frame.parameters.relative_bias.weight(frame.buffers.bucket(zero + i - j), head);
    else if constexpr (biased)
      return frame.buffers.bias(head, zero + i - j);
    else
      return 0.0f;
  }

  // All heads of all rows of Q or K in place.
  template <kernels::Turn T, size_t Columns, class Frame>
  static void turn(const Frame& frame, const Packing& packing, float* x) {
    if constexpr (rotates)
      for (size_t s = 0; s < packing.count; ++s)
        for (size_t i = 0; i < packing.length(s); ++i) {
          const size_t position = packing.start(s) + i;
          INLAY_ASSERT(position < C.context);
          kernels::rotate<T>(Columns / HeadWidth, HeadWidth, turned, frame.buffers.rotary.data() + position * turned,
                             x + (packing.begin(s) + i) * Columns);
        }
  }

  template <class F, class... P>
  static void visit(F&& f, const Path& path, P&... parts) {
    if constexpr (learns_bias) f(path / "relative_bias" / "weight", parts.relative_bias.weight...);
  }
  template <class P>
  static void initialize(P& p, const Initializer& initializer, const Path& path) {
    if constexpr (learns_bias) initializer.normal(path / "relative_bias" / "weight", p.relative_bias.weight, 0.02f);
  }
  static void initialize_buffers(Buffers& buffers) {
    if constexpr (rotates) {
      constexpr float base = C.rotary_base;
      kernels::fill_rotary_table(C.context, turned, base, buffers.rotary.data());
    } else if constexpr (learns_bias) {
      constexpr size_t each = Causal ? C.buckets : C.buckets / 2;  // of a direction
      for (size_t i = 0; i < span; ++i) {
        const bool ahead = i < zero;  // the key stands after the query
        const size_t bucket = kernels::distance_bucket(ahead ? zero - i : i - zero, each, C.furthest_bucket);
        buffers.bucket(i) = static_cast<std::uint32_t>(Causal && ahead ? 0 : ahead ? each + bucket : bucket);
      }
    } else if constexpr (biased) {
      for (size_t h = 0; h < C.heads; ++h) {
        const float slope = kernels::alibi_slope(h, C.heads);
        for (size_t i = 0; i < span; ++i)
          buffers.bias(h, i) = -slope * static_cast<float>(i < zero ? zero - i : i - zero);
      }
    }
  }
};

}  // namespace inlay::inline INLAY_ABI::detail
