#pragma once
// Scaled dot-product attention of one head over one sequence.
//
//   S = scale Q K^T + B      scores; a row sees the keys of its band (kernels/attention_strip.hpp); B: a bias of the
//                            distance, or none
//   E = exp(S - max_j S)     of the keys that it sees
//   P = E / sum_j E
//   O = (E V) / sum_j E
//
// Backward, with D_i = dO_i . O_i:
//   dV += P^T dO     dP = dO V^T     dS = P * (dP - D) scale     dQ = dS K     dK += dS^T Q
// and with dropout on P (mask M = 0 or 1 / (1 - rate)): O uses P * M, and dP is multiplied by M.
//
// Shapes: Q, dQ, O, dO: rows x head_width with a stride; K, V, dK, dV: keys x head_width with a stride. The keys of a
// cache are packed in groups of 16: key j, element d is at [(j / 16) * head_width + d][j % 16], the same on every
// target.
//
// Scores stand transposed, S^T[key][row], in tiles of 16 rows: a vector holds one key's scores of neighbouring rows, so
// that maxima, sums and exponentials need no work across a vector, and 16 rows of any length fill one. A strip is a few
// tiles side by side; it makes the sums over rows (dV, dK) long enough to pay for reading and writing their results.
// The part of a strip that no row of a tile sees is not computed. Forward keeps a strip's scores of all keys, so
// scratch grows linearly with the context; backward takes the keys in blocks, with all rows for each, so that a block's
// keys, values and their gradients stay in the cache. Saved for backward: each row's maximum and 1 / sum; the weights
// are computed again.
//
// Arithmetic: every product is a chain of fused multiply-adds in ascending order (kernels/matmul.hpp); each row takes
// one maximum and one sum in 16 lanes, lane = key mod 16, over its own keys. A row's result does not depend on the tile
// it is in, so decoding one token from a cache gives the same bits as the full pass. That is so for finite keys and
// values: one that a row does not see, but another row of its tile does, enters O and dQ with weight 0, and 0 times
// infinity is NaN. Where there are rows there is at least one key.
//
// Stack: 2 KiB; attend_cached with few rows also that of matmul.
//
// Source: Vaswani et al., "Attention Is All You Need", 2017, eq. 1; the row-wise backward is that of Dao et al.,
// "FlashAttention", 2022, section 3.1 and appendix B.

#include <inlay/kernels/attention_strip.hpp>

namespace inlay::inline INLAY_ABI::kernels {

namespace detail {

// S^T to E^T in place, for the vectors that hold a tile's rows; their maxima and 1 / sum.
template <AttentionKind Kind>
inline void exponentials(const Strip<Kind>& strip, size_t tile, float* scores, RowNumbers& row) {
  const size_t keys = strip.visible(tile) - strip.begin;
  const batch scale = simd::broadcast(strip.shape.scale);
  alignas(64) float
      lanes[16][tile_rows];  // of the sums; one without a key is left out, as +0 changes no sum of exponentials
  const batch lowest = simd::broadcast(-__builtin_inff());
  for (size_t v = 0; v < strip.vectors(tile); ++v) {
    float* const column = scores + v * simd::width;
    batch greatest = lowest;
    strip.for_each_key(tile, v, [&](size_t key, auto... unseen) {
      batch score = strip.scaled(simd::load(column + key * strip.stride), scale, tile, v, key);
      if constexpr (sizeof...(unseen) > 0) score = simd::select(unseen..., lowest, score);
      greatest = simd::maximum(greatest, score);
    });
    simd::store(row.maximum + v * simd::width, greatest);
    strip.for_each_key(tile, v, [&](size_t key, auto... unseen) {
      float* const s = column + key * strip.stride;
      const batch e = exponential(strip.scaled(simd::load(s), scale, tile, v, key), greatest, unseen...);
      simd::store(s, e);
      float* const lane = lanes[key % 16] + v * simd::width;
      simd::store(lane, key < 16 ? e : simd::load(lane) + e);
    });
    for (size_t half = 8; half > 0; half /= 2)
      for (size_t lane = 0; lane < half && lane + half < keys; ++lane)
        simd::store(lanes[lane] + v * simd::width,
                    simd::load(lanes[lane] + v * simd::width) + simd::load(lanes[lane + half] + v * simd::width));
    simd::store(row.inverse + v * simd::width, simd::broadcast(1.0f) / simd::load(lanes[0] + v * simd::width));
  }
}

// Adding +0 makes a -0 one: a chain that went on over keys with weight 0 ends in +0, one that stopped before them may
// not.
inline void scale_rows(size_t rows, size_t head_width, const float* factors, float* output, size_t stride) {
  for (size_t i = 0; i < rows; ++i) {
    const batch factor = simd::broadcast(factors[i]);
    float* const row = output + i * stride;
    for_each_vector(head_width,
                    [&](auto at) { at.store(row, simd::fma(at.load(row), factor, simd::broadcast(0.0f))); });
  }
}

template <Form Keys, AttentionKind Kind>
inline void attend_strips(const AttentionShape& shape, const float* query, const float* key, const float* value,
                          float* output, float* row_maximum, float* row_scale, const AttentionDropout& dropout,
                          float* scratch) {
  float* const transposed_query = scratch;
  float* const scores = transposed_query + strip_rows * shape.head_width;
  float* padded = scores + strip_rows * round_up_16(shape.keys);
  const Right values = right_operand(shape.keys, shape.head_width, value, shape.key_stride, padded);
  for (size_t first = 0; first < shape.rows; first += strip_rows) {
    const Strip<Kind> strip(shape, first, 0, shape.keys);
    pack<Form::transposed>(shape.head_width, strip.rows, query + first * shape.stride, shape.stride, transposed_query);
    transposed_scores<Keys>(strip, key, transposed_query, scores);
    for (size_t tile = 0; tile < strip.tiles; ++tile) {
      float* const weights = scores + tile * tile_rows;
      const size_t row = first + tile * tile_rows;
      const size_t rows = strip.rows_of(tile);
      RowNumbers number;
      exponentials(strip, tile, weights, number);
      if (row_maximum != nullptr) {
        copy(rows, number.maximum, row_maximum + row);
        copy(rows, number.inverse, row_scale + row);
      }
      if (dropout.active())
        for (size_t i = 0; i < rows; ++i)
          drop(dropout, row + i, strip.begin, shape.visible(row + i + 1), weights + i, strip.stride);
      float* const out = output + row * shape.stride;
      product<Form::transposed>(rows, shape.head_width, strip.visible(tile) - strip.begin, weights, strip.stride,
                                values.from(strip.begin), out, shape.stride, Store::assign);
      scale_rows(rows, shape.head_width, number.inverse, out, shape.stride);
    }
  }
}

// A few rows against packed keys: a vector holds 16 keys of one row.
template <AttentionKind Kind>
inline void attend_rows(const AttentionShape& shape, const float* query, const float* packed_keys, const float* value,
                        float* output, float* scratch) {
  const size_t begin = Kind.windowed ? shape.first_key(0) / 16 * 16 : 0;  // the lanes of a sum are key mod 16
  const size_t stride = round_up_16(shape.keys) - begin;
  run_panel<Form::plain>(shape.rows, stride,
                         {shape.head_width, query, shape.stride, packed_keys + begin * shape.head_width, group,
                          group * shape.head_width, scratch, stride, false, nullptr});
  for (size_t i = 0; i < shape.rows; ++i) {
    float* const scores = scratch + i * stride;
    const size_t keys = shape.visible(i + 1) - begin;
    const size_t unseen = Kind.windowed ? shape.first_key(i) - begin : 0;
    float factor = shape.scale;
    if constexpr (Kind.biased) {
      const float* const bias = shape.bias + (shape.start + i - begin);
      for (size_t key = unseen; key < keys; ++key)
        scores[key] = simd::fma(scores[key], factor, bias[-static_cast<std::ptrdiff_t>(key)]);
      factor = 1.0f;
    }
    const batch scale = simd::broadcast(factor);
    const batch greatest =
        simd::broadcast(maximum(keys - unseen, [&](auto at) { return at.load(scores + unseen) * scale; }));
    for_each_vector(keys - unseen, [&](auto at) {
      at.store(scores + unseen, simd::exp_nonpositive(at.load(scores + unseen) * scale - greatest));
    });
    if constexpr (Kind.windowed) fill(unseen, 0.0f, scores);
    const float inverse = 1.0f / sum(keys, [&](auto at) { return at.load(scores); });
    float* const out = output + i * shape.stride;
    matmul<Form::plain, Form::plain>(1, shape.head_width, keys, scores, stride, value + begin * shape.key_stride,
                                     shape.key_stride, out, shape.stride);
    scale_rows(1, shape.head_width, &inverse, out, shape.stride);
  }
}

}  // namespace detail

// O, and each row's maximum and 1 / sum (null together, when backward does not follow).
// scratch: attention_floats(keys, head_width).
template <AttentionKind Kind = AttentionKind{}>
INLAY_NO_INLINE void attend(const AttentionShape& shape, const float* query, const float* key, const float* value,
                            float* output, float* row_maximum, float* row_scale, const AttentionDropout& dropout,
                            float* scratch) noexcept {
  INLAY_ASSERT(shape.keys > 0 || shape.rows == 0);
  detail::attend_strips<Form::plain, Kind>(shape, query, key, value, output, row_maximum, row_scale, dropout, scratch);
}

// The same O from packed keys. With fewer rows than a tile is begun for (least_tile_rows) the scratch need have room
// for the scores alone: rows * keys, the keys rounded up to 16.
template <AttentionKind Kind = AttentionKind{}>
INLAY_NO_INLINE void attend_cached(const AttentionShape& shape, const float* query, const float* packed_keys,
                                   const float* value, float* output, float* scratch) noexcept {
  INLAY_ASSERT(shape.keys > 0 || shape.rows == 0);
  if (shape.rows < detail::least_tile_rows)
    detail::attend_rows<Kind>(shape, query, packed_keys, value, output, scratch);
  else
    detail::attend_strips<Form::transposed, Kind>(shape, query, packed_keys, value, output, nullptr, nullptr, {},
                                                  scratch);
}

}  // namespace inlay::inline INLAY_ABI::kernels
