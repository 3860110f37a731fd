#pragma once
// Backward of attention of one head over one sequence: formulas, shapes and tiles in kernels/attention.hpp and
// kernels/attention_strip.hpp.
//
//   dB[i - j] += dS_ij / scale, the gradient of a relative bias that is trained

#include <inlay/kernels/attention_strip.hpp>

namespace inlay::inline INLAY_ABI::kernels {

namespace detail {

// E^T to P^T and dP^T to dS^T in place, for the vectors that hold a tile's rows, from their maxima, 1 / sum and D.
struct RowGradients : RowNumbers {
  alignas(64) float dot[tile_rows];
};
template <AttentionKind Kind>
inline void score_gradients(const Strip<Kind>& strip, size_t tile, float* weights, float* dweights,
                            const RowGradients& row, float* dbias) {
  const batch scale = simd::broadcast(strip.shape.scale);
  for (size_t v = 0; v < strip.vectors(tile); ++v) {
    const size_t lane = v * simd::width;
    const batch greatest = simd::load(row.maximum + lane);
    const batch inverse = simd::load(row.inverse + lane);
    const batch dot = simd::load(row.dot + lane);
    strip.for_each_key(tile, v, [&](size_t key, auto... unseen) {
      float* const p = weights + key * strip.stride + lane;
      float* const dp = dweights + key * strip.stride + lane;
      const batch score = strip.scaled(simd::load(p), scale, tile, v, key);
      batch weight = exponential(score, greatest, unseen...) * inverse;
      batch dscore = weight * (simd::load(dp) - dot);
      batch gradient = dscore * scale;
      if constexpr (sizeof...(unseen) > 0) {
        weight = simd::select(unseen..., simd::broadcast(0.0f), weight);
        gradient = simd::select(unseen..., simd::broadcast(0.0f), gradient);
        dscore = simd::select(unseen..., simd::broadcast(0.0f), dscore);
      }
      if (Kind.biased && dbias != nullptr) {
        // A tile may have more rows than the call.
        float* const sum = dbias + strip.distance(tile, v, key);
        dscore = simd::select(lanes_before(lane, strip.rows_of(tile)), dscore, simd::broadcast(0.0f));
        simd::store(sum, simd::load(sum) + dscore);
      }
      simd::store(p, weight);
      simd::store(dp, gradient);
    });
  }
}
// The same with dropout, one number after the other.
template <AttentionKind Kind>
inline void dropped_score_gradients(const Strip<Kind>& strip, size_t tile, float* weights, float* dweights,
                                    const RowGradients& row, const AttentionDropout& dropout, float* dbias) {
  const size_t first = strip.first + tile * tile_rows;
  for (size_t i = 0; i < strip.rows_of(tile); ++i) {
    const size_t seen = strip.shape.visible(first + i + 1);
    const size_t end = seen < strip.end ? seen : strip.end;
    const size_t from = Kind.windowed ? strip.shape.first_key(first + i) : 0;
    const std::ptrdiff_t position = static_cast<std::ptrdiff_t>(strip.shape.start + first + i);
    float* const p = weights + i;
    float* const dp = dweights + i;
    for (size_t key = strip.begin; key < strip.visible(tile); ++key) {
      float& weight = p[(key - strip.begin) * strip.stride];
      if (key < from || key >= end) {
        weight = 0.0f;
        continue;
      }
      float score = weight * strip.shape.scale;
      if constexpr (Kind.biased)
        score = simd::fma(weight, strip.shape.scale, strip.shape.bias[position - static_cast<std::ptrdiff_t>(key)]);
      weight = simd::exp_nonpositive(score - row.maximum[i]) * row.inverse[i];
    }
    drop(dropout, first + i, strip.begin, end, dp, strip.stride);
    for (size_t key = strip.begin; key < strip.visible(tile); ++key) {
      const size_t at = (key - strip.begin) * strip.stride;
      const float dscore = key >= from && key < end ? p[at] * (dp[at] - row.dot[i]) : 0.0f;
      if (Kind.biased && dbias != nullptr) dbias[position - static_cast<std::ptrdiff_t>(key)] += dscore;
      dp[at] = dscore * strip.shape.scale;
    }
    drop(dropout, first + i, strip.begin, end, p, strip.stride);
  }
}

}  // namespace detail

struct AttentionGradients {
  float* query;           // assigned
  float* key;             // added to
  float* value;           // added to
  float* bias = nullptr;  // of distance 0, added to, as AttentionShape::bias; null where it is not trained
};

// scratch: attention_backward_floats(keys, head_width).
template <AttentionKind Kind = AttentionKind{}>
INLAY_NO_INLINE void attend_backward(const AttentionShape& shape, const float* query, const float* key,
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
    // Rows that see nothing of the block: the first ones of a causal call, and with a window the last ones, too.
    const size_t ahead = shape.causal ? 0 : shape.window == 0 ? begin : shape.window - 1;
    const size_t unseeing = begin > shape.start + ahead ? begin - shape.start - ahead : 0;
    for (size_t first = unseeing / strip_rows * strip_rows; first < shape.rows; first += strip_rows) {
      if (Kind.windowed && shape.first_key(first) >= end) break;
      const detail::Strip<Kind> strip(shape, first, begin, end);
      const float* const q = query + first * shape.stride;
      const float* const d_out = doutput + first * shape.stride;
      detail::pack<Form::transposed>(head_width, strip.rows, q, shape.stride, transposed_query);
      detail::pack<Form::transposed>(head_width, strip.rows, d_out, shape.stride, transposed_doutput);
      detail::transposed_scores<Form::plain>(strip, key, transposed_query, scores);
      detail::transposed_scores<Form::plain>(strip, value, transposed_doutput, dscores);
      for (size_t tile = 0; tile < strip.tiles; ++tile) {
        if (strip.visible(tile) == strip.begin) continue;
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
          detail::dropped_score_gradients(strip, tile, weights, dweights, number, dropout, gradients.bias);
        else
          detail::score_gradients(strip, tile, weights, dweights, number, gradients.bias);
        const bool first_block = Kind.windowed ? shape.first_key(first) >= begin : begin == 0;
        product<Form::transposed>(rows, head_width, strip.visible(tile) - strip.begin, dweights, strip.stride,
                                  keys.from(strip.begin - begin), gradients.query + row * shape.stride, shape.stride,
                                  first_block ? Store::assign : Store::accumulate);
      }
      float* free = padded;
      const detail::Right queries = detail::right_operand(strip.rows, head_width, q, shape.stride, free);
      const detail::Right doutputs = detail::right_operand(strip.rows, head_width, d_out, shape.stride, free);
      strip.for_each_region([&](size_t from, size_t to, size_t tile) {
        const size_t skipped = tile * tile_rows;  // rows that see none of these keys
        const auto add = [&](const float* a, const detail::Right& right, float* sum) {
          product<Form::plain>(to - from, head_width, strip.rows - skipped,
                               a + (from - strip.begin) * strip.stride + skipped, strip.stride, right.from(skipped),
                               sum + from * shape.key_stride, shape.key_stride, Store::accumulate);
        };
        add(scores, doutputs, gradients.value);
        add(dscores, queries, gradients.key);
      });
    }
  }
}

}  // namespace inlay::inline INLAY_ABI::kernels
