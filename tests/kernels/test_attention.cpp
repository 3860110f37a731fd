// Attention of one head: values and gradients against double precision, and rows whose bits do not depend on the tile
// they are in, nor on whether keys were packed at once or one at a time.

#include <algorithm>
#include <cmath>
#include <vector>

#include <inlay/kernels/attention.hpp>
#include <inlay/kernels/attention_backward.hpp>

#include "support/catch.hpp"
#include "support/compare.hpp"
#include "support/guarded.hpp"
#include "support/numbers.hpp"

namespace kernels = inlay::kernels;
using kernels::AttentionKind;
using kernels::AttentionShape;

namespace {

struct Head {
  AttentionShape shape;
  std::vector<float> query, key, value, doutput;  // with the shape's strides

  Head(const AttentionShape& the_shape, std::uint32_t seed) : shape(the_shape) {
    numbers::Source source(seed);
    query = source.list(shape.rows * shape.stride);
    doutput = source.list(shape.rows * shape.stride);
    key = source.list(shape.keys * shape.key_stride);
    value = source.list(shape.keys * shape.key_stride);
  }
  double weight_scale() const { return static_cast<double>(shape.scale); }
};

using Numbers = std::vector<double>;

struct Expected {
  Numbers weights, output, maximum;  // weights: rows x keys
  Numbers dquery, dkey, dvalue;      // rows or keys x head_width
  Numbers dbias;                     // of each distance from -keys to keys
};

// A bias for each distance, with memory that must not be read around it.
struct RelativeBias {
  std::vector<float> values;
  std::size_t zero;

  RelativeBias(std::size_t keys, std::uint32_t seed)
      : values(2 * (keys + kernels::relative_margin) + 1, 0.0f), zero(keys + kernels::relative_margin) {
    const std::vector<float> drawn = numbers::Source(seed).list(2 * keys + 1, 2.0f);
    std::copy(drawn.begin(), drawn.end(), values.begin() + kernels::relative_margin);
  }
  float* distance_zero() { return values.data() + zero; }
};

// 0 or 1 / (1 - rate): four weights of a row for each draw.
double mask(const kernels::AttentionDropout& dropout, std::size_t row, std::size_t key) {
  if (!dropout.active()) return 1.0;
  const auto words =
      kernels::random_words(dropout.key, dropout.stream, dropout.first_row + row, static_cast<std::uint32_t>(key / 4));
  return kernels::uniform(words.word[key % 4]) < dropout.rate ? 0.0 : 1.0 / (1.0 - static_cast<double>(dropout.rate));
}

// The formulas of the header, one number after the other.
Expected reference(const Head& head, const kernels::AttentionDropout& dropout = {}) {
  const AttentionShape& s = head.shape;
  const std::size_t width = s.head_width;
  Expected e{Numbers(s.rows * s.keys), Numbers(s.rows * width), Numbers(s.rows),        Numbers(s.rows * width),
             Numbers(s.keys * width),  Numbers(s.keys * width), Numbers(2 * s.keys + 1)};
  const auto dot = [&](const std::vector<float>& a, std::size_t i, std::size_t a_stride, const std::vector<float>& b,
                       std::size_t j) {
    double sum = 0.0;
    for (std::size_t d = 0; d < width; ++d)
      sum += static_cast<double>(a[i * a_stride + d]) * static_cast<double>(b[j * s.key_stride + d]);
    return sum;
  };
  for (std::size_t i = 0; i < s.rows; ++i) {
    const std::size_t position = s.start + i;
    std::size_t keys = s.causal ? position + 1 : s.keys, from = 0;
    if (s.window != 0) {
      keys = std::min(keys, position + s.window);
      if (position >= s.window) from = position - s.window + 1;
    }
    const auto distance = [&](std::size_t j) { return static_cast<std::ptrdiff_t>(position - j); };
    double greatest = -1e300, sum = 0.0, weighted = 0.0;
    double* const weights = &e.weights[i * s.keys];
    for (std::size_t j = from; j < keys; ++j) {
      weights[j] = head.weight_scale() * dot(head.query, i, s.stride, head.key, j);
      if (s.bias != nullptr) weights[j] += static_cast<double>(s.bias[distance(j)]);
      greatest = std::fmax(greatest, weights[j]);
    }
    for (std::size_t j = from; j < keys; ++j) sum += weights[j] = std::exp(weights[j] - greatest);
    Numbers dweights(keys);
    for (std::size_t j = from; j < keys; ++j) {
      weights[j] /= sum;
      dweights[j] = dot(head.doutput, i, s.stride, head.value, j) * mask(dropout, i, j);
      weighted += weights[j] * dweights[j];
    }
    e.maximum[i] = greatest;
    for (std::size_t j = from; j < keys; ++j) {
      const double unscaled = weights[j] * (dweights[j] - weighted), dscore = unscaled * head.weight_scale();
      e.dbias[static_cast<std::size_t>(distance(j) + static_cast<std::ptrdiff_t>(s.keys))] += unscaled;
      const double dropped = weights[j] * mask(dropout, i, j);
      for (std::size_t d = 0; d < width; ++d) {
        e.output[i * width + d] += dropped * static_cast<double>(head.value[j * s.key_stride + d]);
        e.dvalue[j * width + d] += dropped * static_cast<double>(head.doutput[i * s.stride + d]);
        e.dquery[i * width + d] += dscore * static_cast<double>(head.key[j * s.key_stride + d]);
        e.dkey[j * width + d] += dscore * static_cast<double>(head.query[i * s.stride + d]);
      }
    }
  }
  return e;
}

constexpr float present = 0.125f;  // what the gradients of keys and values are added to

struct Result {
  std::vector<float> output, maximum, scale, dquery, dkey, dvalue, dbias;
};

// What a kernel reads ends where memory ends; scratch, exactly as much as is asked for, has nothing in it that could be
// taken for a number.
struct Operands {
  Guarded query{1 << 16}, key{1 << 16}, value{1 << 16}, doutput{1 << 16}, forward{1 << 16}, backward{1 << 16};

  static const float* place(Guarded& memory, const std::vector<float>& rows, std::size_t stride, std::size_t width) {
    const std::size_t extent = rows.size() - (stride - width);
    float* const first = memory.last(extent);
    std::copy_n(rows.data(), extent, first);
    return first;
  }
  static float* scratch(Guarded& memory, std::size_t floats) {
    float* const first = memory.last(floats);
    std::fill_n(first, floats, NAN);
    return first;
  }
};

template <AttentionKind Kind = AttentionKind{}>
Result run(const Head& head, const kernels::AttentionDropout& dropout = {}) {
  static Operands memory;
  const AttentionShape& s = head.shape;
  Result r{std::vector<float>(s.rows * s.stride, Guarded::sentinel),
           std::vector<float>(s.rows),
           std::vector<float>(s.rows),
           std::vector<float>(s.rows * s.stride, Guarded::sentinel),
           std::vector<float>(s.keys * s.key_stride, present),
           std::vector<float>(s.keys * s.key_stride, present),
           std::vector<float>(2 * (s.keys + kernels::relative_margin) + 1)};
  const float* const query = Operands::place(memory.query, head.query, s.stride, s.head_width);
  const float* const doutput = Operands::place(memory.doutput, head.doutput, s.stride, s.head_width);
  const float* const key = Operands::place(memory.key, head.key, s.key_stride, s.head_width);
  const float* const value = Operands::place(memory.value, head.value, s.key_stride, s.head_width);
  float* const scratch = Operands::scratch(memory.forward, kernels::attention_floats(s.keys, s.head_width));
  float* const more = Operands::scratch(memory.backward, kernels::attention_backward_floats(s.keys, s.head_width));
  kernels::attend<Kind>(s, query, key, value, r.output.data(), r.maximum.data(), r.scale.data(), dropout, scratch);
  kernels::attend_backward<Kind>(s, query, key, value, r.output.data(), doutput, r.maximum.data(), r.scale.data(),
                                 {r.dquery.data(), r.dkey.data(), r.dvalue.data(),
                                  s.bias == nullptr ? nullptr : &r.dbias[s.keys + kernels::relative_margin]},
                                 dropout, more);
  CHECK(Guarded::front_untouched(scratch));
  CHECK(Guarded::front_untouched(more));
  return r;
}

// The columns of the head out of rows with a stride; checks that nothing else was touched.
std::vector<float> columns(const std::vector<float>& rows, std::size_t stride, std::size_t width, float untouched,
                           float minus = 0.0f) {
  std::vector<float> result;
  for (std::size_t at = 0; at < rows.size(); ++at) {
    if (at % stride < width)
      result.push_back(rows[at] - minus);
    else if (!numbers::same_bits(rows[at], untouched))
      FAIL("a column of another head was written");
  }
  return result;
}

AttentionShape shape_of(std::size_t rows, std::size_t start, std::size_t head_width, bool causal,
                        std::size_t wider = 0) {
  return {rows,
          start + rows,
          start,
          head_width,
          head_width + wider,
          head_width + wider,
          1.0f / std::sqrt(static_cast<float>(head_width)),
          causal};
}

}  // namespace

namespace {

template <AttentionKind Kind = AttentionKind{}>
void compare_with_reference(const Head& head, const kernels::AttentionDropout& dropout) {
  const std::size_t rows = head.shape.rows, head_width = head.shape.head_width;
  const Expected expected = reference(head, dropout);
  const Result result = run<Kind>(head, dropout);
  const auto error = [&](const std::vector<float>& values, const Numbers& truth, bool added) {
    const std::vector<float> got =
        columns(values, head.shape.stride, head_width, added ? present : Guarded::sentinel, added ? present : 0.0f);
    // A row that sees one key alone has no gradient for its score.
    return compare::relative_error(got.data(), truth, compare::root_mean_square(expected.dvalue));
  };
  // Of two keys, one of which weighs nearly nothing, both score gradients are differences of nearly equal numbers.
  const double slack = Kind.windowed || Kind.biased ? 10.0 : 1.0;
  CHECK(error(result.output, expected.output, false) < 1e-5);
  CHECK(error(result.dquery, expected.dquery, false) < slack * 1e-5);
  // These were added to what was there, and rounded as that is, once for each strip of rows.
  const auto bound = [&](const Numbers& truth) {
    const double least = 1e-3 * compare::root_mean_square(expected.dvalue);
    const double rounding = static_cast<double>(present) * 0x1p-24 * (4.0 + static_cast<double>(rows) / 4.0);
    return 2e-5 + rounding / std::fmax(compare::root_mean_square(truth), least);
  };
  CHECK(error(result.dkey, expected.dkey, true) < slack * bound(expected.dkey));
  CHECK(error(result.dvalue, expected.dvalue, true) < bound(expected.dvalue));
  if constexpr (Kind.biased) {
    CHECK(compare::relative_error(&result.dbias[kernels::relative_margin], expected.dbias,
                                  compare::root_mean_square(expected.dvalue)) < 3e-4);
    for (std::size_t i = 0; i < kernels::relative_margin; ++i) {
      CHECK(result.dbias[i] == 0.0f);
      CHECK(result.dbias[result.dbias.size() - 1 - i] == 0.0f);
    }
  }
}

}  // namespace

TEST_CASE("attention: values and gradients against double precision", "[attention]") {
  std::uint32_t seed = 0;
  for (const bool causal : {true, false})
    for (const std::size_t head_width : numbers::sizes({1, 4, 8, 12, 15, 16, 17, 24, 33}))
      for (const std::size_t rows : numbers::sizes({1, 2, 4, 5, 8, 9, 15, 16, 17, 20, 25, 31, 33, 50, 290}))
        for (const std::size_t start : numbers::sizes({0, 5, 16, 250})) {
          if (start != 0 && (!causal || rows > 17)) continue;
          if (rows + start > 100 && head_width % 16 != 1) continue;  // the keys come in more than one block
          CAPTURE(causal, head_width, rows, start);
          const Head head(shape_of(rows, start, head_width, causal, seed % 3), seed);
          ++seed;
          // Every third one drops weights too.
          compare_with_reference(head, {seed % 3 == 0 ? 0.3f : 0.0f, {1234, 7}, 99, 40});
        }
}

TEST_CASE("attention with a window and a relative bias against double precision", "[attention]") {
  std::uint32_t seed = 0;
  for (const bool causal : {true, false})
    for (const std::size_t head_width : numbers::sizes({4, 5, 16, 24}))
      for (const std::size_t rows : numbers::sizes({1, 2, 3, 15, 16, 17, 33, 50, 290, 600}))
        for (const std::size_t start : numbers::sizes({0, 5, 250}))
          for (const std::size_t window : numbers::sizes({1, 2, 7, 16, 17, 40, 300})) {
            if (start != 0 && (!causal || rows > 17)) continue;
            if (rows > 100 && head_width != 5) continue;
            CAPTURE(causal, head_width, rows, start, window);
            Head head(shape_of(rows, start, head_width, causal, seed % 3), seed);
            RelativeBias bias(head.shape.keys, ++seed);
            const kernels::AttentionDropout dropout{seed % 3 == 0 ? 0.3f : 0.0f, {1234, 7}, 99, 40};
            head.shape.window = window;
            compare_with_reference<AttentionKind{.windowed = true}>(head, dropout);
            head.shape.bias = bias.distance_zero();
            compare_with_reference<AttentionKind{.windowed = true, .biased = true}>(head, dropout);
            head.shape.window = 0;
            if (window == 1) compare_with_reference<AttentionKind{.biased = true}>(head, dropout);
          }
}

TEST_CASE("attention: keys packed at once or appended one by one are the same", "[attention]") {
  for (const std::size_t keys : numbers::sizes({1, 15, 16, 17, 40}))
    for (const std::size_t width : numbers::sizes({1, 5, 16, 24})) {
      const std::vector<float> rows = numbers::Source(5).list(keys * (width + 3));
      std::vector<float> at_once(kernels::packed_keys_floats(keys, width)), one_by_one(at_once.size());
      kernels::pack_keys(keys, width, rows.data(), width + 3, at_once.data());
      for (std::size_t j = 0; j < keys; ++j) kernels::append_key(j, width, &rows[j * (width + 3)], one_by_one.data());
      CHECK(at_once == one_by_one);
      CHECK(at_once[(keys - 1) / 16 * 16 * width + (keys - 1) % 16] == rows[(keys - 1) * (width + 3)]);
    }
}

namespace {

// A cache that is filled in pieces of different lengths against one call for all rows.
template <AttentionKind Kind>
void compare_pieces(std::size_t head_width, std::size_t window) {
  CAPTURE(head_width, window, Kind.biased);
  const std::size_t rows = 53;
  RelativeBias bias(rows, 3);
  const auto shaped = [&](std::size_t count, std::size_t start) {
    AttentionShape shape = shape_of(count, start, head_width, true);
    shape.window = window;
    shape.bias = Kind.biased ? bias.distance_zero() : nullptr;
    return shape;
  };
  const Head head(shaped(rows, 0), 77);
  const Result whole = run<Kind>(head);
  std::vector<float> keys(kernels::packed_keys_floats(rows, head_width), NAN);
  std::vector<float> output(rows * head_width), scratch(kernels::attention_floats(rows, head_width), NAN);
  std::size_t start = 0;
  for (const std::size_t count : numbers::sizes({1, 1, 7, 16, 1, 20, 5, 1, 1})) {
    for (std::size_t j = start; j < start + count; ++j)
      kernels::append_key(j, head_width, &head.key[j * head_width], keys.data());
    kernels::attend_cached<Kind>(shaped(count, start), &head.query[start * head_width], keys.data(), head.value.data(),
                                 &output[start * head_width], scratch.data());
    start += count;
  }
  REQUIRE(start == rows);
  bool equal = true;
  for (std::size_t i = 0; i < output.size(); ++i) equal = equal && numbers::same_bits(output[i], whole.output[i]);
  CHECK(equal);
}

}  // namespace

TEST_CASE("attention: a row has the same bits in any tile and any call", "[attention]") {
  for (const std::size_t head_width : numbers::sizes({4, 8, 12, 17, 24, 32})) {
    compare_pieces<AttentionKind{}>(head_width, 0);
    compare_pieces<AttentionKind{.biased = true}>(head_width, 0);
    for (const std::size_t window : numbers::sizes({1, 3, 16, 21, 60})) {
      compare_pieces<AttentionKind{.windowed = true}>(head_width, window);
      compare_pieces<AttentionKind{.windowed = true, .biased = true}>(head_width, window);
    }
  }
}

TEST_CASE("attention: a sequence without new rows is left alone", "[attention]") {
  const Head head(shape_of(3, 17, 16, true), 5);
  std::vector<float> scratch(kernels::attention_floats(20, 16)), keys(kernels::packed_keys_floats(20, 16));
  float output = Guarded::sentinel;
  AttentionShape shape = head.shape;
  shape.rows = 0;
  kernels::attend_cached(shape, head.query.data(), keys.data(), head.value.data(), &output, scratch.data());
  kernels::attend(shape, head.query.data(), head.key.data(), head.value.data(), &output, nullptr, nullptr, {},
                  scratch.data());
  CHECK(output == Guarded::sentinel);
}

TEST_CASE("attention: the worked example of two keys", "[attention]") {
  // q.k1 = 112 and q.k2 = 96 at a width of 64: 14 and 12 after the scaling, weights 0.88 and 0.12.
  const AttentionShape shape{1, 2, 0, 64, 64, 64, 0.125f, false};
  Head head(shape, 1);
  for (std::size_t d = 0; d < 64; ++d) {
    head.query[d] = 1.0f;
    head.key[d] = 112.0f / 64;
    head.key[64 + d] = 96.0f / 64;
    head.value[d] = d == 0 ? 1.0f : 0.0f;
    head.value[64 + d] = d == 1 ? 1.0f : 0.0f;
  }
  const Result result = run(head);
  CHECK(result.maximum[0] == 14.0f);
  CHECK(std::round(result.output[0] * 100) == 88.0f);
  CHECK(std::round(result.output[1] * 100) == 12.0f);
  CHECK(std::fabs(result.output[0] + result.output[1] - 1.0f) < 1e-6f);
  CHECK(result.output[2] == 0.0f);
}

TEST_CASE("attention: scores far apart neither overflow nor vanish", "[attention]") {
  Head head(shape_of(20, 0, 8, true), 4);
  for (float& value : head.query) value *= 1e4f;
  for (float& value : head.key) value *= 1e4f;
  const Result result = run(head);
  for (const float value : result.output) CHECK(std::fabs(value) <= 1.0f);
  for (const float value : result.dquery) CHECK(value - value == 0.0f);
}

TEST_CASE("attention: dropped weights are the same in backward, and none at all where the rate is zero",
          "[attention]") {
  const kernels::AttentionDropout dropout{0.4f, {1234, 7}, 99, 40};
  Head head(shape_of(21, 0, 16, true), 9);
  // With values that are one in one column each, the output shows the weights of the first 16 keys.
  for (std::size_t j = 0; j < 21; ++j)
    for (std::size_t d = 0; d < 16; ++d) head.value[j * 16 + d] = j == d ? 1.0f : 0.0f;
  const Expected whole = reference(head);
  const Result result = run(head, dropout);
  std::size_t dropped = 0, kept = 0;
  for (std::size_t i = 0; i < 21; ++i) {
    for (std::size_t j = 0; j <= i && j < 16; ++j) {
      const double weight = static_cast<double>(result.output[i * 16 + j]);
      const double expected = whole.weights[i * 21 + j] / (1.0 - 0.4);
      if (weight == 0.0) {
        ++dropped;
      } else {
        ++kept;
        CHECK(std::fabs(weight - expected) < 1e-5);
      }
    }
  }
  CHECK(dropped > 40);
  CHECK(kept > 60);

  // dV += (P * M)^T dO: with dO of one row alone, the value gradient repeats that row's dropped weights.
  for (float& value : head.doutput) value = 0.0f;
  head.doutput[20 * 16] = 1.0f;
  const Result row = run(head, dropout);
  for (std::size_t j = 0; j < 16; ++j) CHECK(std::fabs(row.dvalue[j * 16] - present - row.output[20 * 16 + j]) < 1e-6f);
}
