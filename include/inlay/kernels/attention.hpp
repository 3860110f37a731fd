#pragma once
// Scaled dot-product attention of one head over one sequence.
//
//   S = scale Q K^T          scores; row i of a causal call at position `start` sees the keys 0 to start + i
//   E = exp(S - max_j S)     of the keys that it sees; 0 for the others of its tile
//   P = E / sum_j E
//   O = (E V) / sum_j E
//
// Backward, with D_i = dO_i . O_i:
//   dV += P^T dO     dP = dO V^T     dS = P * (dP - D) scale     dQ = dS K     dK += dS^T Q
// and with dropout on P (mask M = 0 or 1 / (1 - rate)): O uses P * M, and dP is multiplied by M.
//
// Shapes: Q, dQ, O, dO: rows x head_width with a stride; K, V, dK, dV: keys x head_width with a stride. Keys also come
// packed, in groups of 16: key j, element d is at [(j / 16) * head_width + d][j % 16], the same on every target; it is
// the layout of the key cache.
//
// Work goes in tiles of `tile_rows` rows; scratch is a few tiles of tile_rows x keys, so memory grows linearly with the
// context; rows of a causal tile stop at the tile's last key. Saved for backward: each row's maximum and 1 / sum; the
// weights are computed again.
//
// Arithmetic: every product is a chain of fused multiply-adds in ascending order (kernels/matmul.hpp); each row takes
// one maximum and one sum in 16 lanes over its own keys. A row's result does not depend on the tile it is in, so
// decoding one token from a cache gives the same bits as the full pass. That is so for finite values: a key that a row
// does not see, but another row of its tile does, enters with weight 0, and 0 times infinity is NaN.
//
// Source: Vaswani et al., "Attention Is All You Need", 2017, eq. 1; the row-wise backward is that of Dao et al.,
// "FlashAttention", 2022, section 3.1 and appendix B.

#include <inlay/config.hpp>
#include <inlay/kernels/matmul.hpp>
#include <inlay/kernels/random.hpp>
#include <inlay/kernels/vectors.hpp>
#include <inlay/simd/math.hpp>

namespace inlay::inline INLAY_ABI::kernels {

inline constexpr size_t attention_tile_rows = 16;

// Keys rounded up to whole groups: the stride of a tile of scores, and the packed keys' capacity.
constexpr size_t attention_keys(size_t keys) { return (keys + 15) / 16 * 16; }
constexpr size_t packed_keys_floats(size_t keys, size_t head_width) { return attention_keys(keys) * head_width; }
constexpr size_t attention_tile_floats(size_t keys) { return attention_tile_rows * attention_keys(keys); }

// Dropout of attention weights; rate 0 is none.
struct AttentionDropout {
  float rate = 0.0f;
  RandomKey key{};
  std::uint32_t stream = 0;
  std::uint64_t first_row = 0;  // of row 0, in the whole batch

  bool active() const { return rate > 0.0f; }
};

struct AttentionShape {
  size_t rows;   // queries
  size_t keys;   // start + rows when causal with a cache
  size_t start;  // position of the first query
  size_t head_width;
  size_t stride;      // of Q, O and their gradients
  size_t key_stride;  // of K, V and their gradients
  float scale;
  bool causal;

  // Keys that the first `count` rows see between them.
  size_t visible(size_t count) const { return causal ? start + count : keys; }
};

// K[keys][head_width] into groups of 16 keys.
inline void pack_keys(size_t keys, size_t head_width, const float* key, size_t stride, float* packed) {
  detail::pack<Form::transposed>(head_width, keys, key, stride, packed);
}
// One more key at the end of the packed ones.
inline void append_key(size_t position, size_t head_width, const float* key, float* packed) {
  float* group = packed + position / 16 * 16 * head_width + position % 16;
  for (size_t d = 0; d < head_width; ++d) group[d * 16] = key[d];
}

namespace detail {

// scores[rows][stride] = Q K^T from packed keys; columns are rounded up to groups of 16.
inline void packed_scores(size_t rows, size_t keys, size_t head_width, const float* query, size_t query_stride,
                          const float* packed, float* scores, size_t stride) {
  const size_t columns = attention_keys(keys);
  for (size_t j = 0; j < columns; j += panel_columns) {
    const Block panel{head_width, query, query_stride, packed + j * head_width, group, group * head_width, scores + j,
                      stride,     false, nullptr};
    run_panel<Form::plain>(rows, columns - j < panel_columns ? columns - j : panel_columns, panel);
  }
}

// Multiplies weights [from, from + count) of one row by 0 or 1 / (1 - rate); `from` is a multiple of 4.
inline void drop(const AttentionDropout& dropout, std::uint64_t row, size_t from, size_t count, float* weights) {
  const float keep = 1.0f / (1.0f - dropout.rate);
  for (size_t j = 0; j < count; j += 4) {
    const RandomWords words =
        random_words(dropout.key, dropout.stream, dropout.first_row + row, static_cast<std::uint32_t>((from + j) / 4));
    for (size_t i = 0; i < 4 && j + i < count; ++i)
      weights[j + i] = uniform(words.word[i]) < dropout.rate ? 0.0f : weights[j + i] * keep;
  }
}

// e = exp(scale s - m) for a row whose greatest scale s is m, zero from `keys` to `columns`.
inline void exponentials(size_t keys, size_t columns, float scale, float row_maximum, float* scores) {
  const simd::batch factor = simd::broadcast(scale);
  const simd::batch greatest = simd::broadcast(row_maximum);
  for_each_vector(keys, [&](auto at) { at.store(scores, simd::exp_nonpositive(at.load(scores) * factor - greatest)); });
  for (size_t j = keys; j < columns; ++j) scores[j] = 0.0f;
}

}  // namespace detail

// O, and each row's maximum and 1 / sum (either may be null together, when backward does not follow).
// scratch: attention_tile_floats(keys).
INLAY_NO_INLINE inline void attend(const AttentionShape& shape, const float* query, const float* packed_keys,
                                   const float* value, float* output, float* row_maximum, float* row_scale,
                                   const AttentionDropout& dropout, float* scratch) noexcept {
  const size_t stride = attention_keys(shape.keys);
  for (size_t first = 0; first < shape.rows; first += attention_tile_rows) {
    const size_t rows = shape.rows - first < attention_tile_rows ? shape.rows - first : attention_tile_rows;
    const size_t visible = shape.visible(first + rows);
    detail::packed_scores(rows, visible, shape.head_width, query + first * shape.stride, shape.stride, packed_keys,
                          scratch, stride);
    float inverse[attention_tile_rows];
    for (size_t i = 0; i < rows; ++i) {
      float* const scores = scratch + i * stride;
      const size_t keys = shape.visible(first + i + 1);
      const simd::batch factor = simd::broadcast(shape.scale);
      const float greatest = maximum(keys, [&](auto at) { return at.load(scores) * factor; });
      detail::exponentials(keys, visible, shape.scale, greatest, scores);
      inverse[i] = 1.0f / sum(keys, [&](auto at) { return at.load(scores); });
      if (row_maximum != nullptr) {
        row_maximum[first + i] = greatest;
        row_scale[first + i] = inverse[i];
      }
      if (dropout.active()) detail::drop(dropout, first + i, 0, keys, scores);
    }
    float* const out = output + first * shape.stride;
    matmul<Form::plain, Form::plain>(rows, shape.head_width, visible, scratch, stride, value, shape.key_stride, out,
                                     shape.stride);
    for (size_t i = 0; i < rows; ++i) {
      const simd::batch factor = simd::broadcast(inverse[i]);
      float* const row = out + i * shape.stride;
      for_each_vector(shape.head_width, [&](auto at) { at.store(row, at.load(row) * factor); });
    }
  }
}

struct AttentionGradients {
  float* query;  // assigned
  float* key;    // added to
  float* value;  // added to
};

// scratch: two tiles, attention_tile_floats(keys) each.
INLAY_NO_INLINE inline void attend_backward(const AttentionShape& shape, const float* query, const float* key,
                                            const float* packed_keys, const float* packed_values, const float* output,
                                            const float* doutput, const float* row_maximum, const float* row_scale,
                                            const AttentionGradients& gradients, const AttentionDropout& dropout,
                                            float* scratch) noexcept {
  const size_t stride = attention_keys(shape.keys);
  float* const weights = scratch;
  float* const dweights = scratch + attention_tile_rows * stride;
  float mask[16];
  for (size_t first = 0; first < shape.rows; first += attention_tile_rows) {
    const size_t rows = shape.rows - first < attention_tile_rows ? shape.rows - first : attention_tile_rows;
    const size_t visible = shape.visible(first + rows);
    const float* const q = query + first * shape.stride;
    const float* const d_out = doutput + first * shape.stride;
    detail::packed_scores(rows, visible, shape.head_width, q, shape.stride, packed_keys, weights, stride);
    detail::packed_scores(rows, visible, shape.head_width, d_out, shape.stride, packed_values, dweights, stride);
    for (size_t i = 0; i < rows; ++i) {
      float* const p = weights + i * stride;
      float* const dp = dweights + i * stride;
      const size_t keys = shape.visible(first + i + 1);
      detail::exponentials(keys, visible, shape.scale, row_maximum[first + i], p);
      for (size_t j = keys; j < visible; ++j) dp[j] = 0.0f;
      const float* const o = output + (first + i) * shape.stride;
      const float* const g = d_out + i * shape.stride;
      const float dot = sum(shape.head_width, [&](auto at) { return at.load(o) * at.load(g); });
      const simd::batch row_dot = simd::broadcast(dot);
      const simd::batch inverse = simd::broadcast(row_scale[first + i]);
      const simd::batch factor = simd::broadcast(shape.scale);
      if (!dropout.active()) {
        for_each_vector(keys, [&](auto at) {
          const simd::batch weight = at.load(p) * inverse;
          at.store(p, weight);
          at.store(dp, weight * (at.load(dp) - row_dot) * factor);
        });
        continue;
      }
      for (size_t j = 0; j < keys; j += 16) {
        const size_t count = keys - j < 16 ? keys - j : 16;
        for (float& m : mask) m = 1.0f;
        detail::drop(dropout, first + i, j, count, mask);
        for (size_t at = 0; at < count; ++at) {
          const float weight = p[j + at] * row_scale[first + i];
          dp[j + at] = weight * (dp[j + at] * mask[at] - dot) * shape.scale;
          p[j + at] = weight * mask[at];
        }
      }
    }
    matmul<Form::transposed, Form::plain>(visible, shape.head_width, rows, weights, stride, d_out, shape.stride,
                                          gradients.value, shape.key_stride, Store::accumulate);
    matmul<Form::transposed, Form::plain>(visible, shape.head_width, rows, dweights, stride, q, shape.stride,
                                          gradients.key, shape.key_stride, Store::accumulate);
    matmul<Form::plain, Form::plain>(rows, shape.head_width, visible, dweights, stride, key, shape.key_stride,
                                     gradients.query + first * shape.stride, shape.stride);
  }
}

}  // namespace inlay::inline INLAY_ABI::kernels
