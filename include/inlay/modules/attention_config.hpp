#pragma once
// AttentionConfig: which attention; every field is resolved at compile time (modules/attention.hpp says what they do).

#include <inlay/config.hpp>

namespace inlay::inline INLAY_ABI {

// How the weights know where a key stands.
enum class RelativePositions : std::uint8_t { none, rotary, alibi, buckets };

struct AttentionConfig {
  size_t width;
  size_t heads;
  size_t context;  // the longest sequence
  bool causal = true;
  bool biases = true;
  float dropout = 0.0f;        // of the attention weights
  size_t key_value_heads = 0;  // 0: as many as heads
  size_t head_width = 0;       // 0: width / heads
  float scale = 0.0f;          // of the scores; 0: 1 / sqrt(head_width)
  size_t window = 0;           // 0: a row sees keys at any distance
  RelativePositions positions = RelativePositions::none;
  float rotary_base = 10000.0f;
  size_t rotary_width = 0;       // numbers of a head that are turned; 0: all
  size_t buckets = 32;           // of distances
  size_t furthest_bucket = 128;  // the distance from which on the last bucket is shared
  bool query_key_norm = false;
  float epsilon = 1e-5f;      // of query_key_norm
  size_t memory_width = 0;    // of CrossAttention; 0: width
  size_t memory_context = 0;  // the longest memory; 0: context
};

}  // namespace inlay::inline INLAY_ABI
