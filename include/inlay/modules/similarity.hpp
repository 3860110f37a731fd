#pragma once
// What embeddings are compared with: cosine similarity, nearest rows, differences.
//
//   cosine_similarity(a, b)            a . b / (|a| |b|); 0 where one of them is all zero
//   cosine_similarities(x, rows, y)    y_i = cosine_similarity(x, row i)
//   nearest(x, rows, except)           the row that is most like x, the first of equals, none of those in `except`;
//                                      rows.count() where there is none
//   difference(a, b, y)                y = a - b: a direction, to be added to another vector or compared with another
//
//   inlay::difference(king, man, direction);     // add woman, and nearest() may be queen
//
// A text that gives |a . b| / (|a| |b|) takes the absolute value of this.
//
// Formulas and sources: kernels/similarity.hpp.

#include <inlay/config.hpp>
#include <inlay/kernels/similarity.hpp>
#include <inlay/parallel/float_environment.hpp>
#include <inlay/tensor/tensor.hpp>

#include <span>
#include <type_traits>

namespace inlay::inline INLAY_ABI {

namespace detail {
// Width is deduced from the rows alone, so that a vector may be anything that becomes a span.
template <size_t Width>
using VectorOf = std::type_identity_t<std::span<const float, Width>>;
}  // namespace detail

inline float cosine_similarity(std::span<const float> a, std::span<const float> b) {
  INLAY_ASSERT(a.size() == b.size());
  const FloatEnvironment environment;
  return environment.settle(kernels::cosine_similarity(a.size(), a.data(), b.data()));
}

template <size_t Width>
void cosine_similarities(detail::VectorOf<Width> x, Rows<const float, Width> rows, std::span<float> y) {
  INLAY_ASSERT(y.size() == rows.count());
  const FloatEnvironment environment;
  for (size_t i = 0; i < rows.count(); ++i) y[i] = kernels::cosine_similarity(Width, x.data(), rows.row(i));
}

template <size_t Width>
size_t nearest(detail::VectorOf<Width> x, Rows<const float, Width> rows, std::span<const size_t> except = {}) {
  const FloatEnvironment environment;
  size_t best = rows.count();
  float greatest = -2.0f;
  for (size_t i = 0; i < rows.count(); ++i) {
    bool excluded = false;
    for (const size_t index : except) excluded = excluded || index == i;
    if (excluded) continue;
    const float similarity = kernels::cosine_similarity(Width, x.data(), rows.row(i));
    if (similarity > greatest) {
      greatest = similarity;
      best = i;
    }
  }
  return best;
}

inline void difference(std::span<const float> a, std::span<const float> b, std::span<float> y) {
  INLAY_ASSERT(a.size() == b.size() && a.size() == y.size());
  const FloatEnvironment environment;
  kernels::subtract(a.size(), a.data(), b.data(), y.data());
}

}  // namespace inlay::inline INLAY_ABI
