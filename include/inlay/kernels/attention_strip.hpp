#pragma once
// What forward and backward of attention share: the shape of a call, and the tiles of S^T that both work on.
//
// A row at position p = start + i sees a band of keys, [first_key, end_key): all of them, those up to its own
// (causal), or those less than `window` positions away on either side. Where the bands of neighbouring rows differ, a
// tile takes the keys that some of its rows see and masks the others; what no row of a tile sees is not computed.

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
  size_t window = 0;  // a row sees keys less than this many positions away; 0: any
  // Added to the score of a key that stands d positions before the row: bias[d]. Up to relative_margin numbers before
  // the least distance and after the greatest are read, without effect.
  const float* bias = nullptr;

  // The end of the keys that the first `count` rows see between them.
  size_t visible(size_t count) const {
    if (causal) return start + count;
    if (window == 0) return keys;
    return start + count + window - 1 < keys ? start + count + window - 1 : keys;
  }
  // The first key that a row sees.
  size_t first_key(size_t row) const { return window == 0 || start + row < window ? 0 : start + row + 1 - window; }
};

// What a call of the kernels knows at compile time, so that plain attention pays for nothing else.
struct AttentionKind {
  bool windowed = false;  // AttentionShape::window is followed
  bool biased = false;    // AttentionShape::bias is followed
};

// How far beyond the distances of real pairs a bias is read: the rows that a tile has and the call has not.
inline constexpr size_t relative_margin = 32;

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

  // Without the rows before `row`.
  Right from(size_t row) const { return {data + row * stride, stride, group}; }
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

// Up to strip_tiles tiles of rows, and the keys [begin, end) that they may see. With a window, keys before that of the
// first row are left out, down to a multiple of 16, so that (key - begin) mod 16 is key mod 16, a lane of the sums.
template <AttentionKind Kind>
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
        begin(first_seen(whole, from, first_key)),
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

  // f(first key, end, tile): keys that this tile and those after it may see, and those before it do not.
  template <class F>
  void for_each_region(F&& f) const {
    for (size_t tile = 0, from = begin; tile < tiles; ++tile) {
      const size_t to = visible(tile);
      if (to > from) f(from, to, tile);
      from = to;
    }
  }

  // f(at) for the keys that all rows of a tile see, f(at, unseen) for the others, with the rows of vector `v` that do
  // not see the key; ascending, and `at` counts from `begin`.
  template <class F>
  INLAY_FORCE_INLINE void for_each_key(size_t tile, size_t v, F&& f) const {
    const size_t keys = visible(tile);
    const size_t top = first + tile * tile_rows;  // the tile's first row
    // Row i of the tile does not see the keys from first_unseen + i on.
    const size_t first_unseen = shape.visible(top + 1);
    if constexpr (Kind.windowed) {
      const size_t last = rows_of(tile) - 1;
      const size_t seen_from = shape.first_key(top + last);
      const size_t seen_to = seen_by_all(tile);
      for (size_t key = begin; key < keys; ++key) {
        if (key >= seen_from && key < seen_to) {
          f(key - begin);
          continue;
        }
        // Row i sees the key where  key - ahead <= position <= key + window - 1.
        const size_t position = shape.start + top;
        const size_t behind = key + shape.window > position ? key + shape.window - position : 0;  // rows that still do
        const size_t before = key < first_unseen ? 0 : key - first_unseen + 1;  // rows that do not yet
        f(key - begin,
          lanes_before(v * simd::width, before) | lanes_from(v * simd::width, behind < tile_rows ? behind : tile_rows));
      }
    } else {
      const size_t seen = shape.causal ? seen_by_all(tile) : keys;
      for (size_t key = begin; key < seen; ++key) f(key - begin);
      for (size_t key = seen; key < keys; ++key) f(key - begin, lanes_before(v * simd::width, key - first_unseen + 1));
    }
  }
  // The score of key begin + at for vector `v` of a tile's rows, as the softmax takes it.
  INLAY_FORCE_INLINE batch scaled(batch score, batch scale, size_t tile, size_t v, size_t at) const {
    if constexpr (Kind.biased)
      return simd::fma(score, scale, simd::load(shape.bias + distance(tile, v, at)));
    else
      return score * scale;
  }
  // From that key to the first row of the vector.
  INLAY_FORCE_INLINE std::ptrdiff_t distance(size_t tile, size_t v, size_t at) const {
    return static_cast<std::ptrdiff_t>(shape.start + first + tile * tile_rows + v * simd::width) -
           static_cast<std::ptrdiff_t>(begin + at);
  }

 private:
  size_t within(size_t key) const { return key < begin ? begin : key < end ? key : end; }
  static size_t first_seen(const AttentionShape& whole, size_t row, size_t first_key) {
    if constexpr (!Kind.windowed) return first_key;
    const size_t key = whole.first_key(row) / 16 * 16;
    return key < first_key ? first_key : key;
  }
};

// Products of left rows (keys or values, as rows or packed) with the transposed right ones, [group][head_width][16],
// into S^T: nothing for a tile that does not see a key.
template <Form Left, AttentionKind Kind>
inline void transposed_scores(const Strip<Kind>& strip, const float* left, const float* right, float* scores) {
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

// exp(s - m) of one key for a vector of rows, s as Strip::scaled gives it; 0 for the rows of the tile that do not see
// it. Those get the argument 0, because an exponential that ends below the smallest normal number takes a hundred
// cycles more on x86.
INLAY_FORCE_INLINE batch exponential(batch score, batch greatest) { return simd::exp_nonpositive(score - greatest); }
INLAY_FORCE_INLINE batch exponential(batch score, batch greatest, simd::mask unseen) {
  const batch zero = simd::broadcast(0.0f);
  return simd::select(unseen, zero, simd::exp_nonpositive(simd::select(unseen, zero, score - greatest)));
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

// Of the rows of a tile: the greatest score, and 1 / sum of the exponentials.
struct RowNumbers {
  alignas(64) float maximum[tile_rows];
  alignas(64) float inverse[tile_rows];
};

}  // namespace detail

}  // namespace inlay::inline INLAY_ABI::kernels
