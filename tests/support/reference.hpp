#pragma once

// Plain forward passes in double precision: what the modules must compute. Each function is its formula and nothing
// else; gradients come from the tape. Rows are packed sequences; sequence s has the rows offsets[s] to offsets[s + 1].

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <inlay/models/gpt.hpp>

#include "support/catch.hpp"
#include "support/tape.hpp"

namespace reference {

struct Matrix {
  std::size_t rows = 0, columns = 0;
  std::vector<Real> values;

  Matrix() = default;
  Matrix(std::size_t the_rows, std::size_t the_columns)
      : rows(the_rows), columns(the_columns), values(the_rows * the_columns) {}
  static Matrix variables(std::size_t rows, std::size_t columns, const float* from) {
    Matrix result(rows, columns);
    for (std::size_t i = 0; i < result.values.size(); ++i) result.values[i] = variable(static_cast<double>(from[i]));
    return result;
  }
  Real& operator()(std::size_t i, std::size_t j) { return values[i * columns + j]; }
  const Real& operator()(std::size_t i, std::size_t j) const { return values[i * columns + j]; }
};

using Offsets = std::vector<std::uint32_t>;
using Tensors = std::map<std::string, Matrix>;

// Random numbers are inlay's own (their known answers are tested in tests/kernels): whether a number is dropped.
struct Randomness {
  inlay::RandomKey key;
  std::uint64_t first_row;
  bool training;

  double mask(float rate, inlay::Stream stream, std::size_t row, std::size_t column) const {
    if (rate == 0.0f || !training) return 1.0;
    const auto words =
        inlay::kernels::random_words(key, stream.value, first_row + row, static_cast<std::uint32_t>(column / 4));
    if (inlay::kernels::uniform(words.word[column % 4]) < rate) return 0.0;
    return 1.0 / (1.0 - static_cast<double>(rate));
  }
};

// A place in a model: the names of its tensors begin with `prefix`, its random numbers come from `stream`.
struct Place {
  const Tensors* tensors;
  const Offsets* offsets;
  Randomness random;
  std::string prefix = {};
  inlay::Stream stream = {};

  bool has(const std::string& name) const { return tensors->count(prefix + name) != 0; }
  const Matrix& operator()(const std::string& name) const {
    const auto found = tensors->find(prefix + name);
    if (found == tensors->end()) FAIL("no tensor " << prefix << name);
    return found->second;
  }
  Place part(const std::string& name) const {
    return {tensors, offsets, random, prefix + name + ".", stream.child(name.c_str(), 0)};
  }
  // Layer `index` of a Stack or member `index` of a Sequential.
  Place layer(std::size_t index, const char* of = "layers") const {
    return {tensors, offsets, random, prefix + std::to_string(index) + ".", stream.child(of, index)};
  }
};

inline Matrix operator+(const Matrix& a, const Matrix& b) {
  Matrix y = a;
  for (std::size_t i = 0; i < y.values.size(); ++i) y.values[i] = a.values[i] + b.values[i];
  return y;
}

inline Matrix product(const Matrix& a, const Matrix& b) {
  Matrix y(a.rows, b.columns);
  for (std::size_t i = 0; i < a.rows; ++i)
    for (std::size_t p = 0; p < a.columns; ++p)
      for (std::size_t j = 0; j < b.columns; ++j) y(i, j) += a(i, p) * b(p, j);
  return y;
}

inline Matrix transposed(const Matrix& a) {
  Matrix y(a.columns, a.rows);
  for (std::size_t i = 0; i < a.rows; ++i)
    for (std::size_t j = 0; j < a.columns; ++j) y(j, i) = a(i, j);
  return y;
}

inline Matrix linear(const Place& p, const Matrix& x) {
  Matrix y = product(x, p("weight"));
  if (!p.has("bias")) return y;
  for (std::size_t i = 0; i < y.rows; ++i)
    for (std::size_t j = 0; j < y.columns; ++j) y(i, j) += p("bias")(0, j);
  return y;
}

inline Matrix normalization(const Place& p, const Matrix& x, bool centered, double epsilon = 1e-5) {
  Matrix y(x.rows, x.columns);
  const Real n(static_cast<double>(x.columns));
  for (std::size_t i = 0; i < x.rows; ++i) {
    Real mean, variance;
    for (std::size_t j = 0; j < x.columns && centered; ++j) mean += x(i, j) / n;
    for (std::size_t j = 0; j < x.columns; ++j) variance += (x(i, j) - mean) * (x(i, j) - mean) / n;
    for (std::size_t j = 0; j < x.columns; ++j) {
      y(i, j) = (x(i, j) - mean) / sqrt(variance + Real(epsilon));
      if (p.has("gain")) y(i, j) = y(i, j) * p("gain")(0, j);
      if (p.has("bias")) y(i, j) += p("bias")(0, j);
    }
  }
  return y;
}

inline Matrix dropout(const Place& p, const Matrix& x, float rate) {
  Matrix y = x;
  for (std::size_t i = 0; i < x.rows; ++i)
    for (std::size_t j = 0; j < x.columns; ++j) y(i, j) = x(i, j) * Real(p.random.mask(rate, p.stream, i, j));
  return y;
}

inline Matrix softmax(const Matrix& x) {
  Matrix y(x.rows, x.columns);
  for (std::size_t i = 0; i < x.rows; ++i) {
    Real sum;
    for (std::size_t j = 0; j < x.columns; ++j) sum += exp(x(i, j));
    for (std::size_t j = 0; j < x.columns; ++j) y(i, j) = exp(x(i, j)) / sum;
  }
  return y;
}

inline Matrix log_softmax(const Matrix& x) {
  Matrix y = softmax(x);
  for (Real& value : y.values) value = log(value);
  return y;
}

inline Matrix activation(inlay::Activation kind, const Matrix& x) {
  using inlay::Activation;
  Matrix y = x;
  for (Real& v : y.values) {
    if (kind == Activation::relu) v = positive_part(v);
    if (kind == Activation::gelu_erf) v = Real(0.5) * v * (Real(1.0) + erf(v / sqrt(Real(2.0))));
    if (kind == Activation::gelu_tanh) {
      const Real inner = sqrt(Real(2.0 / 3.14159265358979323846)) * (v + Real(0.044715) * v * v * v);
      v = Real(0.5) * v * (Real(1.0) + tanh(inner));
    }
    if (kind == Activation::silu) v = v / (Real(1.0) + exp(-v));
    if (kind == Activation::sigmoid) v = Real(1.0) / (Real(1.0) + exp(-v));
    if (kind == Activation::tanh) v = tanh(v);
  }
  return y;
}

inline Matrix feed_forward(const Place& p, const Matrix& x, inlay::Activation kind) {
  return linear(p.part("down"), activation(kind, linear(p.part("up"), x)));
}

inline Matrix gated_feed_forward(const Place& p, const Matrix& x, inlay::Activation kind) {
  Matrix product = activation(kind, linear(p.part("gate"), x));
  const Matrix up = linear(p.part("up"), x);
  for (std::size_t i = 0; i < product.values.size(); ++i) product.values[i] = product.values[i] * up.values[i];
  return linear(p.part("down"), product);
}

// What is added to a score for the distance from a key to the query, i - j.
inline Real relative_bias(const Place& p, const inlay::AttentionConfig& c, std::size_t head, double distance) {
  if (c.positions == inlay::RelativePositions::alibi) {
    const double heads = static_cast<double>(c.heads), power = std::exp2(std::floor(std::log2(heads)));
    const double h = static_cast<double>(head);
    const double exponent = h < power ? (h + 1.0) / power : (2.0 * (h - power) + 1.0) / (2.0 * power);
    return Real(-std::exp2(-8.0 * exponent) * std::fabs(distance));
  }
  if (c.positions != inlay::RelativePositions::buckets) return Real(0.0);
  const double each = static_cast<double>(c.causal ? c.buckets : c.buckets / 2), exact = each / 2.0;
  double bucket = std::fabs(distance);
  if (bucket >= exact) {
    const double furthest = static_cast<double>(c.furthest_bucket);
    bucket = exact + std::floor(std::log(bucket / exact) / std::log(furthest / exact) * (each - exact) + 1e-9);
    bucket = std::fmin(bucket, each - 1.0);
  }
  if (distance < 0.0) bucket += each;
  return p.part("relative_bias")("weight")(static_cast<std::size_t>(bucket), head);
}

// The weights of one head over one sequence: rows of softmax(scale Q K^T + B), of the keys that a row sees.
inline Matrix attention_weights(const Place& p, const inlay::AttentionConfig& c, std::size_t head, const Matrix& query,
                                const Matrix& key) {
  Matrix weights(query.rows, key.rows);
  const double scale =
      c.scale != 0.0f ? static_cast<double>(c.scale) : 1.0 / std::sqrt(static_cast<double>(query.columns));
  for (std::size_t i = 0; i < query.rows; ++i) {
    std::size_t from = 0, keys = c.causal ? i + 1 : key.rows;
    if (c.window != 0) {
      keys = std::min(keys, i + c.window);
      from = i + 1 > c.window ? i + 1 - c.window : 0;
    }
    Real sum;
    for (std::size_t j = from; j < keys; ++j) {
      Real score;
      for (std::size_t d = 0; d < query.columns; ++d) score += query(i, d) * key(j, d);
      weights(i, j) =
          exp(score * Real(scale) + relative_bias(p, c, head, static_cast<double>(i) - static_cast<double>(j)));
      sum += weights(i, j);
    }
    for (std::size_t j = from; j < keys; ++j) weights(i, j) = weights(i, j) / sum;
  }
  return weights;
}

inline Matrix piece(const Matrix& x, std::size_t first_row, std::size_t rows, std::size_t first, std::size_t columns) {
  Matrix y(rows, columns);
  for (std::size_t i = 0; i < rows; ++i)
    for (std::size_t j = 0; j < columns; ++j) y(i, j) = x(first_row + i, first + j);
  return y;
}

// Q or K of one head over one sequence: normalised and turned.
inline Matrix head_rows(const Place& norm, const inlay::AttentionConfig& c, Matrix x) {
  if (c.query_key_norm) x = normalization(norm, x, false, static_cast<double>(c.epsilon));
  if (c.positions != inlay::RelativePositions::rotary) return x;
  const std::size_t turned = c.rotary_width > 0 ? c.rotary_width : x.columns;
  for (std::size_t i = 0; i < x.rows; ++i)
    for (std::size_t j = 0; j < turned; j += 2) {
      const double angle = static_cast<double>(i) / std::pow(static_cast<double>(c.rotary_base),
                                                             static_cast<double>(j) / static_cast<double>(turned));
      const Real a = x(i, j), b = x(i, j + 1), cosine(std::cos(angle)), sine(std::sin(angle));
      x(i, j) = a * cosine - b * sine;
      x(i, j + 1) = a * sine + b * cosine;
    }
  return x;
}

// Self-attention, or cross-attention where there is a memory with its own offsets.
inline Matrix attention(const Place& p, const Matrix& x, const inlay::AttentionConfig& c, const Matrix& memory,
                        const Offsets& memory_offsets) {
  const Matrix query = linear(p.part("query"), x), key = linear(p.part("key"), memory),
               value = linear(p.part("value"), memory);
  Matrix mixed(x.rows, query.columns);
  const std::size_t width = query.columns / c.heads, shared = c.heads / (key.columns / width);
  for (std::size_t s = 0; s + 1 < p.offsets->size(); ++s) {
    const std::size_t first = (*p.offsets)[s] - p.offsets->front(), rows = (*p.offsets)[s + 1] - (*p.offsets)[s];
    const std::size_t first_key = memory_offsets[s] - memory_offsets.front(),
                      keys = memory_offsets[s + 1] - memory_offsets[s];
    for (std::size_t h = 0; h < c.heads; ++h) {
      const auto cut = [&](const Matrix& of) { return piece(of, first_key, keys, h / shared * width, width); };
      Matrix weights =
          attention_weights(p, c, h, head_rows(p.part("query_norm"), c, piece(query, first, rows, h * width, width)),
                            head_rows(p.part("key_norm"), c, cut(key)));
      for (std::size_t i = 0; i < rows; ++i)
        for (std::size_t j = 0; j < keys; ++j)
          weights(i, j) = weights(i, j) * Real(p.random.mask(c.dropout, p.stream.child("weights", h), first + i, j));
      const Matrix head = product(weights, cut(value));
      for (std::size_t i = 0; i < rows; ++i)
        for (std::size_t d = 0; d < width; ++d) mixed(first + i, h * width + d) = head(i, d);
    }
  }
  return linear(p.part("output"), mixed);
}
inline Matrix attention(const Place& p, const Matrix& x, const inlay::AttentionConfig& c) {
  return attention(p, x, c, x, *p.offsets);
}

// Of a Gpt or an Encoder.
template <class Config>
Matrix block(const Place& p, const Matrix& x, const Config& c) {
  const auto norm = [&](const char* name, const Matrix& in) {
    return normalization(p.part(name), in, c.norm == inlay::NormKind::layer, static_cast<double>(c.epsilon));
  };
  const auto attend = [&](const Matrix& in) {
    return dropout(p.part("attention_dropout"), attention(p.part("attention"), in, inlay::attention_of(c)), c.dropout);
  };
  const auto feed = [&](const Matrix& in) {
    const Place part = p.part("feed_forward");
    return dropout(p.part("feed_forward_dropout"),
                   c.gated ? gated_feed_forward(part, in, c.activation) : feed_forward(part, in, c.activation),
                   c.dropout);
  };
  if (c.placement == inlay::NormPlacement::none) {
    const Matrix middle = x + attend(x);
    return middle + feed(middle);
  }
  if (c.placement == inlay::NormPlacement::before) {
    const Matrix middle = x + attend(norm("attention_norm", x));
    return middle + feed(norm("feed_forward_norm", middle));
  }
  const Matrix middle = norm("attention_norm", x + attend(x));
  return norm("feed_forward_norm", middle + feed(middle));
}

inline Matrix embedding(const Place& p, const std::vector<inlay::Token>& tokens) {
  // One-hot rows times the matrix.
  Matrix one_hot(tokens.size(), p("weight").rows);
  for (std::size_t i = 0; i < tokens.size(); ++i) one_hot(i, tokens[i]) = Real(1.0);
  return product(one_hot, p("weight"));
}

// f(row, position in its sequence)
template <class F>
void for_each_position(const Place& p, F&& f) {
  for (std::size_t s = 0; s + 1 < p.offsets->size(); ++s)
    for (std::size_t row = (*p.offsets)[s]; row < (*p.offsets)[s + 1]; ++row)
      f(row - p.offsets->front(), row - (*p.offsets)[s]);
}

inline Matrix learned_positions(const Place& p, const Matrix& x, std::size_t start = 0) {
  Matrix y = x;
  for_each_position(p, [&](std::size_t row, std::size_t position) {
    for (std::size_t j = 0; j < x.columns; ++j) y(row, j) += p("weight")(start + position, j);
  });
  return y;
}

inline Matrix sinusoidal_positions(const Place& p, const Matrix& x, std::size_t start = 0) {
  Matrix y = x;
  for_each_position(p, [&](std::size_t row, std::size_t position) {
    for (std::size_t j = 0; j < x.columns; ++j) {
      const double exponent = static_cast<double>(j / 2 * 2) / static_cast<double>(x.columns);
      const double angle = static_cast<double>(start + position) / std::pow(10000.0, exponent);
      y(row, j) += Real(j % 2 == 0 ? std::sin(angle) : std::cos(angle));
    }
  });
  return y;
}

inline Matrix gpt(const Place& p, const inlay::GptConfig& c, const std::vector<inlay::Token>& tokens) {
  Matrix x = embedding(p.part("token_embedding"), tokens);
  if (c.positions == inlay::Positions::learned) x = learned_positions(p.part("position_embedding"), x);
  if (c.positions == inlay::Positions::sinusoidal) x = sinusoidal_positions(p.part("position_embedding"), x);
  x = dropout(p.part("dropout"), x, c.dropout);
  for (std::size_t layer = 0; layer < c.layers; ++layer) x = block(p.part("blocks").layer(layer), x, c);
  if (c.placement == inlay::NormPlacement::before)
    x = normalization(p.part("norm"), x, c.norm == inlay::NormKind::layer, static_cast<double>(c.epsilon));
  return c.tied ? product(x, transposed(p.part("token_embedding")("weight"))) : linear(p.part("logits"), x);
}

}  // namespace reference
