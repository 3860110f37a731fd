#pragma once
// Scaled dot-product attention of one head over one sequence.
//
//   S = scale Q K^T          scores; row i of a causal call at position `start` sees the keys 0 to start + i
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

#include <inlay/config.hpp>
#include <inlay/kernels/matmul.hpp>
#include <inlay/kernels/random.hpp>
#include <inlay/kernels/vectors.hpp>
#include <inlay/simd/math.hpp>

namespace inlay::inline INLAY_ABI::kernels {

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

namespace detail {

inline constexpr size_t tile_rows = 16;
inline constexpr size_t strip_tiles = 2;
inline constexpr size_t strip_rows = strip_tiles * tile_rows;
// Keys whose rows pass by together in backward.
inline constexpr size_t block_keys = 256;
// Below this many rows, those of a decoded token, a tile would be mostly empty.
inline constexpr size_t least_tile_rows = 4;

constexpr size_t round_up_16(size_t n) { return (n + 15) / 16 * 16; }
// A right operand that a product would read beyond its columns is copied, padded with zeros; others are read where they
// lie.
constexpr size_t padded_floats(size_t rows, size_t head_width) {
  return reads_only(head_width) ? 0 : rows * round_up_16(head_width);
}

}  // namespace detail

constexpr size_t packed_keys_floats(size_t keys, size_t head_width) { return detail::round_up_16(keys) * head_width; }
// What attend and attend_cached need: Q^T, S^T, padded values.
constexpr size_t attention_floats(size_t keys, size_t head_width) {
  return detail::strip_rows * (head_width + detail::round_up_16(keys)) + detail::padded_floats(keys, head_width);
}
// Keys that attend_backward takes at once.
constexpr size_t attention_block(size_t keys) {
  return keys < detail::block_keys ? detail::round_up_16(keys) : detail::block_keys;
}
// What attend_backward needs: Q^T, dO^T; S^T, dP^T of a block of keys; padded keys, Q and dO.
constexpr size_t attention_backward_floats(size_t keys, size_t head_width) {
  const size_t block = attention_block(keys);
  return 2 * detail::strip_rows * (head_width + block) + detail::padded_floats(block, head_width) +
         2 * detail::padded_floats(detail::strip_rows, head_width);
}

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

using simd::batch;

// The right operand of a product with head_width columns.
struct Right {
  const float* data;
  size_t stride;  // from row to row
  size_t group;   // from one group of 16 columns to the next
};
// Where it lies, or padded, with the memory for that taken from `scratch`.
inline Right right_operand(size_t rows, size_t head_width, const float* data, size_t stride, float*& scratch) {
  if (reads_only(head_width)) return {data, stride, group};
  float* const padded = scratch;
  scratch += padded_floats(rows, head_width);
  pack<Form::plain>(rows, head_width, data, stride, padded);
  return {padded, group, rows * group};
}
template <Form A>
inline void product(size_t rows, size_t head_width, size_t depth, const float* a, size_t a_stride, const Right& right,
                    float* c, size_t c_stride, Store store) {
  run_panel<A>(
      rows, head_width,
      {depth, a, a_stride, right.data, right.stride, right.group, c, c_stride, store == Store::accumulate, nullptr});
}

// Up to strip_tiles tiles of rows, and which of the keys [begin, end) they see.
struct Strip {
  const AttentionShape& shape;
  size_t first;  // row
  size_t begin, end;
  size_t rows;
  size_t tiles;
  size_t stride;  // of S^T, which begins at key `begin`

  Strip(const AttentionShape& whole, size_t from, size_t first_key, size_t end_key)
      : shape(whole),
        first(from),
        begin(first_key),
        end(end_key),
        rows(whole.rows - from < strip_rows ? whole.rows - from : strip_rows),
        tiles((rows + tile_rows - 1) / tile_rows),
        stride(tiles * tile_rows) {}

  size_t rows_of(size_t tile) const {
    return rows - tile * tile_rows < tile_rows ? rows - tile * tile_rows : tile_rows;
  }
  // Vectors that hold the rows of a tile; no more are computed.
  size_t vectors(size_t tile) const { return (rows_of(tile) + simd::width - 1) / simd::width; }
  // Columns of S^T from a tile on.
  size_t columns(size_t tile) const { return (tiles - 1 - tile) * tile_rows + vectors(tiles - 1) * simd::width; }
  // The end of the keys that some row of a tile sees, and of those that all of them do.
  size_t visible(size_t tile) const { return within(shape.visible(first + tile * tile_rows + rows_of(tile))); }
  size_t seen_by_all(size_t tile) const { return within(shape.visible(first + tile * tile_rows + 1)); }

  // f(first key, end, tile): keys that this tile and those behind it see, and those before it do not.
  template <class F>
  void for_each_region(F&& f) const {
    for (size_t tile = 0, from = begin; tile < tiles; ++tile) {
      const size_t to = visible(tile);
      if (to > from) f(from, to, tile);
      from = to;
    }
  }

 private:
  size_t within(size_t key) const { return key < begin ? begin : key < end ? key : end; }
};

// Products of left rows (keys or values, as rows or packed) with the transposed right ones, [group][head_width][16],
// into S^T: nothing for a tile that does not see a key.
template <Form Left>
inline void transposed_scores(const Strip& strip, const float* left, const float* right, float* scores) {
  const size_t head_width = strip.shape.head_width;
  const size_t left_stride = Left == Form::plain ? strip.shape.key_stride : group;
  strip.for_each_region([&](size_t from, size_t to, size_t tile) {
    const size_t columns = strip.columns(tile);
    const auto part = [&](size_t key, size_t count, const float* a) {
      run_panel<Left>(count, columns,
                      {head_width, a, left_stride, right + tile * tile_rows * head_width, group, group * head_width,
                       scores + (key - strip.begin) * strip.stride + tile * tile_rows, strip.stride, false, nullptr});
    };
    if constexpr (Left == Form::plain) {
      part(from, to - from, left + from * left_stride);
    } else {
      for (size_t key = from; key < to;) {
        const size_t rest = group - key % group;
        const size_t count = to - key < rest ? to - key : rest;
        part(key, count, left + key / group * group * head_width + key % group);
        key += count;
      }
    }
  });
}

// exp(scale s - m) of one key for a vector of rows; 0 for the rows of the tile that do not see it. Those get the
// argument 0, because an exponential that ends below the smallest normal number takes a hundred cycles more on x86.
INLAY_FORCE_INLINE batch exponential(batch score, batch scale, batch greatest) {
  return simd::exp_nonpositive(score * scale - greatest);
}
INLAY_FORCE_INLINE batch exponential(batch score, batch scale, batch greatest, simd::mask unseen) {
  const batch zero = simd::broadcast(0.0f);
  return simd::select(unseen, zero, simd::exp_nonpositive(simd::select(unseen, zero, score * scale - greatest)));
}

// f(at) for the keys that all rows of a tile see, then f(at, unseen) for the others, with the rows of vector `v` that
// do not see the key; `at` counts from the strip's first key.
template <class F>
INLAY_FORCE_INLINE void for_each_key(const Strip& strip, size_t tile, size_t v, F&& f) {
  const size_t keys = strip.visible(tile);
  const size_t seen = strip.shape.causal ? strip.seen_by_all(tile) : keys;
  for (size_t key = strip.begin; key < seen; ++key) f(key - strip.begin);
  // Row i of the tile sees the keys before first_unseen + i.
  const size_t first_unseen = strip.shape.visible(strip.first + tile * tile_rows + 1);
  for (size_t key = seen; key < keys; ++key)
    f(key - strip.begin, lanes_before(v * simd::width, key - first_unseen + 1));
}

// Multiplies the weights of one row and keys [begin, end), `stride` apart, by 0 or 1 / (1 - rate); begin is a multiple
// of 4.
inline void drop(const AttentionDropout& dropout, std::uint64_t row, size_t begin, size_t end, float* weights,
                 size_t stride) {
  const float keep = 1.0f / (1.0f - dropout.rate);
  for (size_t j = begin; j < end; j += 4) {
    const RandomWords words =
        random_words(dropout.key, dropout.stream, dropout.first_row + row, static_cast<std::uint32_t>(j / 4));
    for (size_t i = 0; i < 4 && j + i < end; ++i) {
      float& weight = weights[(j + i - begin) * stride];
      weight = uniform(words.word[i]) < dropout.rate ? 0.0f : weight * keep;
    }
  }
}

// S^T to E^T in place, for the vectors that hold a tile's rows; their maxima and 1 / sum.
struct RowNumbers {
  alignas(64) float maximum[tile_rows];
  alignas(64) float inverse[tile_rows];
};
inline void exponentials(const Strip& strip, size_t tile, float* scores, RowNumbers& row) {
  const size_t keys = strip.visible(tile);
  const batch scale = simd::broadcast(strip.shape.scale);
  alignas(64) float
      lanes[16][tile_rows];  // of the sums; one without a key is left out, as +0 changes no sum of exponentials
  const batch lowest = simd::broadcast(-__builtin_inff());
  for (size_t v = 0; v < strip.vectors(tile); ++v) {
    float* const column = scores + v * simd::width;
    batch greatest = lowest;
    for_each_key(strip, tile, v, [&](size_t key, auto... unseen) {
      batch score = simd::load(column + key * strip.stride) * scale;
      if constexpr (sizeof...(unseen) > 0) score = simd::select(unseen..., lowest, score);
      greatest = simd::maximum(greatest, score);
    });
    simd::store(row.maximum + v * simd::width, greatest);
    for_each_key(strip, tile, v, [&](size_t key, auto... unseen) {
      float* const s = column + key * strip.stride;
      const batch e = exponential(simd::load(s), scale, greatest, unseen...);
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

template <Form Keys>
inline void attend_strips(const AttentionShape& shape, const float* query, const float* key, const float* value,
                          float* output, float* row_maximum, float* row_scale, const AttentionDropout& dropout,
                          float* scratch) {
  float* const transposed_query = scratch;
  float* const scores = transposed_query + strip_rows * shape.head_width;
  float* padded = scores + strip_rows * round_up_16(shape.keys);
  const Right values = right_operand(shape.keys, shape.head_width, value, shape.key_stride, padded);
  for (size_t first = 0; first < shape.rows; first += strip_rows) {
    const Strip strip(shape, first, 0, shape.keys);
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
          drop(dropout, row + i, 0, shape.visible(row + i + 1), weights + i, strip.stride);
      float* const out = output + row * shape.stride;
      product<Form::transposed>(rows, shape.head_width, strip.visible(tile), weights, strip.stride, values, out,
                                shape.stride, Store::assign);
      scale_rows(rows, shape.head_width, number.inverse, out, shape.stride);
    }
  }
}

// A few rows against packed keys: a vector holds 16 keys of one row.
inline void attend_rows(const AttentionShape& shape, const float* query, const float* packed_keys, const float* value,
                        float* output, float* scratch) {
  const size_t stride = round_up_16(shape.keys);
  run_panel<Form::plain>(shape.rows, stride,
                         {shape.head_width, query, shape.stride, packed_keys, group, group * shape.head_width, scratch,
                          stride, false, nullptr});
  for (size_t i = 0; i < shape.rows; ++i) {
    float* const scores = scratch + i * stride;
    const size_t keys = shape.visible(i + 1);
    const batch scale = simd::broadcast(shape.scale);
    const batch greatest = simd::broadcast(maximum(keys, [&](auto at) { return at.load(scores) * scale; }));
    for_each_vector(keys,
                    [&](auto at) { at.store(scores, simd::exp_nonpositive(at.load(scores) * scale - greatest)); });
    const float inverse = 1.0f / sum(keys, [&](auto at) { return at.load(scores); });
    float* const out = output + i * shape.stride;
    matmul<Form::plain, Form::plain>(1, shape.head_width, keys, scores, stride, value, shape.key_stride, out,
                                     shape.stride);
    scale_rows(1, shape.head_width, &inverse, out, shape.stride);
  }
}

// E^T to P^T and dP^T to dS^T in place, for the vectors that hold a tile's rows, from their maxima, 1 / sum and D.
struct RowGradients : RowNumbers {
  alignas(64) float dot[tile_rows];
};
inline void score_gradients(const Strip& strip, size_t tile, float* weights, float* dweights, const RowGradients& row) {
  const batch scale = simd::broadcast(strip.shape.scale);
  for (size_t v = 0; v < strip.vectors(tile); ++v) {
    const size_t lane = v * simd::width;
    const batch greatest = simd::load(row.maximum + lane);
    const batch inverse = simd::load(row.inverse + lane);
    const batch dot = simd::load(row.dot + lane);
    for_each_key(strip, tile, v, [&](size_t key, auto... unseen) {
      float* const p = weights + key * strip.stride + lane;
      float* const dp = dweights + key * strip.stride + lane;
      batch weight = exponential(simd::load(p), scale, greatest, unseen...) * inverse;
      batch gradient = weight * (simd::load(dp) - dot) * scale;
      if constexpr (sizeof...(unseen) > 0) {
        weight = simd::select(unseen..., simd::broadcast(0.0f), weight);
        gradient = simd::select(unseen..., simd::broadcast(0.0f), gradient);
      }
      simd::store(p, weight);
      simd::store(dp, gradient);
    });
  }
}
// The same with dropout, one number after the other.
inline void dropped_score_gradients(const Strip& strip, size_t tile, float* weights, float* dweights,
                                    const RowGradients& row, const AttentionDropout& dropout) {
  const size_t first = strip.first + tile * tile_rows;
  for (size_t i = 0; i < strip.rows_of(tile); ++i) {
    const size_t seen = strip.shape.visible(first + i + 1);
    const size_t end = seen < strip.end ? seen : strip.end;
    float* const p = weights + i;
    float* const dp = dweights + i;
    for (size_t key = strip.begin; key < strip.visible(tile); ++key) {
      float& weight = p[(key - strip.begin) * strip.stride];
      weight = key < end ? simd::exp_nonpositive(weight * strip.shape.scale - row.maximum[i]) * row.inverse[i] : 0.0f;
    }
    drop(dropout, first + i, strip.begin, end, dp, strip.stride);
    for (size_t key = strip.begin; key < strip.visible(tile); ++key) {
      const size_t at = (key - strip.begin) * strip.stride;
      dp[at] = key < end ? p[at] * (dp[at] - row.dot[i]) * strip.shape.scale : 0.0f;
    }
    drop(dropout, first + i, strip.begin, end, p, strip.stride);
  }
}

}  // namespace detail

// O, and each row's maximum and 1 / sum (null together, when backward does not follow).
// scratch: attention_floats(keys, head_width).
INLAY_NO_INLINE inline void attend(const AttentionShape& shape, const float* query, const float* key,
                                   const float* value, float* output, float* row_maximum, float* row_scale,
                                   const AttentionDropout& dropout, float* scratch) noexcept {
  INLAY_ASSERT(shape.keys > 0 || shape.rows == 0);
  detail::attend_strips<Form::plain>(shape, query, key, value, output, row_maximum, row_scale, dropout, scratch);
}

// The same O from packed keys.
INLAY_NO_INLINE inline void attend_cached(const AttentionShape& shape, const float* query, const float* packed_keys,
                                          const float* value, float* output, float* scratch) noexcept {
  INLAY_ASSERT(shape.keys > 0 || shape.rows == 0);
  if (shape.rows < detail::least_tile_rows)
    detail::attend_rows(shape, query, packed_keys, value, output, scratch);
  else
    detail::attend_strips<Form::transposed>(shape, query, packed_keys, value, output, nullptr, nullptr, {}, scratch);
}

struct AttentionGradients {
  float* query;  // assigned
  float* key;    // added to
  float* value;  // added to
};

// scratch: attention_backward_floats(keys, head_width).
INLAY_NO_INLINE inline void attend_backward(const AttentionShape& shape, const float* query, const float* key,
                                            const float* value, const float* output, const float* doutput,
                                            const float* row_maximum, const float* row_scale,
                                            const AttentionGradients& gradients, const AttentionDropout& dropout,
                                            float* scratch) noexcept {
  INLAY_ASSERT(shape.keys > 0 || shape.rows == 0);
  using detail::product, detail::strip_rows, detail::tile_rows;
  const size_t head_width = shape.head_width;
  const size_t most_keys = attention_block(shape.keys);
  float* const transposed_query = scratch;
  float* const transposed_doutput = transposed_query + strip_rows * head_width;
  float* const scores = transposed_doutput + strip_rows * head_width;
  float* const dscores = scores + strip_rows * most_keys;
  float* const operands = dscores + strip_rows * most_keys;
  for (size_t begin = 0; begin < shape.keys; begin += most_keys) {
    const size_t end = shape.keys - begin < most_keys ? shape.keys : begin + most_keys;
    float* padded = operands;
    const detail::Right keys =
        detail::right_operand(end - begin, head_width, key + begin * shape.key_stride, shape.key_stride, padded);
    // The first rows of a causal call see nothing of a later block.
    const size_t unseeing = shape.causal && begin > shape.start ? begin - shape.start : 0;
    for (size_t first = unseeing / strip_rows * strip_rows; first < shape.rows; first += strip_rows) {
      const detail::Strip strip(shape, first, begin, end);
      const float* const q = query + first * shape.stride;
      const float* const d_out = doutput + first * shape.stride;
      detail::pack<Form::transposed>(head_width, strip.rows, q, shape.stride, transposed_query);
      detail::pack<Form::transposed>(head_width, strip.rows, d_out, shape.stride, transposed_doutput);
      detail::transposed_scores<Form::plain>(strip, key, transposed_query, scores);
      detail::transposed_scores<Form::plain>(strip, value, transposed_doutput, dscores);
      for (size_t tile = 0; tile < strip.tiles; ++tile) {
        if (strip.visible(tile) == begin) continue;
        const size_t row = first + tile * tile_rows;
        const size_t rows = strip.rows_of(tile);
        float* const weights = scores + tile * tile_rows;
        float* const dweights = dscores + tile * tile_rows;
        detail::RowGradients number{};
        copy(rows, row_maximum + row, number.maximum);
        copy(rows, row_scale + row, number.inverse);
        for (size_t i = 0; i < rows; ++i) {
          const float* const o = output + (row + i) * shape.stride;
          const float* const g = doutput + (row + i) * shape.stride;
          number.dot[i] = sum(head_width, [&](auto at) { return at.load(o) * at.load(g); });
        }
        if (dropout.active())
          detail::dropped_score_gradients(strip, tile, weights, dweights, number, dropout);
        else
          detail::score_gradients(strip, tile, weights, dweights, number);
        product<Form::transposed>(rows, head_width, strip.visible(tile) - begin, dweights, strip.stride, keys,
                                  gradients.query + row * shape.stride, shape.stride,
                                  begin == 0 ? Store::assign : Store::accumulate);
      }
      float* free = padded;
      const detail::Right queries = detail::right_operand(strip.rows, head_width, q, shape.stride, free);
      const detail::Right doutputs = detail::right_operand(strip.rows, head_width, d_out, shape.stride, free);
      strip.for_each_region([&](size_t from, size_t to, size_t tile) {
        const size_t skipped = tile * tile_rows;  // rows that see none of these keys
        const auto add = [&](const float* a, const detail::Right& right, float* sum) {
          product<Form::plain>(to - from, head_width, strip.rows - skipped, a + (from - begin) * strip.stride + skipped,
                               strip.stride, {right.data + skipped * right.stride, right.stride, right.group},
                               sum + from * shape.key_stride, shape.key_stride, Store::accumulate);
        };
        add(scores, doutputs, gradients.value);
        add(dscores, queries, gradients.key);
      });
    }
  }
}

}  // namespace inlay::inline INLAY_ABI::kernels
