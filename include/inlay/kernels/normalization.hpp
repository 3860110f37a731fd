#pragma once
// Normalisation of rows of `width` numbers.
//
//   layer norm   mean = sum(x) / n;  scale = 1 / sqrt(sum((x - mean)^2) / n + epsilon);  x^ = (x - mean) scale
//                y = x^ * gain + bias
//   RMS norm     mean = 0 in all of the above: scale = 1 / sqrt(sum(x^2) / n + epsilon)
//
// Backward, with g = dy * gain:   dx = scale (g - sum(g) / n - x^ sum(g x^) / n)     (RMS norm: without sum(g) / n)
//                                 dgain += sum over rows of dy x^,   dbias += sum over rows of dy, rows in order
//
// Saved: mean and scale of each row. gain and bias may be null (then 1 and 0). Mean and variance take two passes; sums
// have 16 lanes (kernels/vectors.hpp). y may be x; dx may be dy.
//
// Source: Ba, Kiros, Hinton, "Layer Normalization", 2016, eq. 3; Zhang, Sennrich, "Root Mean Square Layer
// Normalization", 2019, eq. 4.

#include <inlay/config.hpp>
#include <inlay/kernels/vectors.hpp>

namespace inlay::inline INLAY_ABI::kernels {

enum class Centered : bool { no, yes };

// y = x^ gain + bias from saved statistics: what backward calls where normalised rows were not kept.
inline void normalize_row(size_t width, const float* x, float mean, float scale, const float* gain, const float* bias,
                          float* y) {
  const simd::batch m = simd::broadcast(mean);
  const simd::batch s = simd::broadcast(scale);
  for_each_vector(width, [&](auto at) {
    simd::batch value = (at.load(x) - m) * s;
    if (gain != nullptr) value = value * at.load(gain);
    if (bias != nullptr) value = value + at.load(bias);
    at.store(y, value);
  });
}

template <Centered C>
INLAY_NO_INLINE void normalize(size_t rows, size_t width, float epsilon, const float* x, const float* gain,
                               const float* bias, float* y, float* mean, float* scale) noexcept {
  const float count = static_cast<float>(width);
  for (size_t i = 0; i < rows; ++i, x += width, y += width) {
    const float m = C == Centered::yes ? sum(width, [&](auto at) { return at.load(x); }) / count : 0.0f;
    const simd::batch center = simd::broadcast(m);
    const float squares = sum(width, [&](auto at) {
      const simd::batch d = at.load(x) - center;
      return d * d;
    });
    const float s = 1.0f / simd::sqrt(squares / count + epsilon);
    if constexpr (C == Centered::yes) mean[i] = m;
    scale[i] = s;
    normalize_row(width, x, m, s, gain, bias, y);
  }
}

// dx from dy; nothing is added to gradients here.
template <Centered C>
INLAY_NO_INLINE void normalize_backward(size_t rows, size_t width, const float* x, const float* gain, const float* mean,
                                        const float* scale, const float* dy, float* dx) noexcept {
  const float count = static_cast<float>(width);
  for (size_t i = 0; i < rows; ++i, x += width, dy += width, dx += width) {
    const simd::batch m = simd::broadcast(C == Centered::yes ? mean[i] : 0.0f);
    const simd::batch s = simd::broadcast(scale[i]);
    const auto gradient = [&](auto at) { return gain == nullptr ? at.load(dy) : at.load(dy) * at.load(gain); };
    const float sum_g = C == Centered::yes ? sum(width, gradient) / count : 0.0f;
    const float sum_gx = sum(width, [&](auto at) { return gradient(at) * ((at.load(x) - m) * s); }) / count;
    const simd::batch mean_g = simd::broadcast(sum_g);
    const simd::batch mean_gx = simd::broadcast(sum_gx);
    for_each_vector(width, [&](auto at) {
      const simd::batch normalized = (at.load(x) - m) * s;
      at.store(dx, (gradient(at) - mean_g - normalized * mean_gx) * s);
    });
  }
}

// dgain and dbias, either of which may be null, over all rows in order.
template <Centered C>
INLAY_NO_INLINE void normalize_gradients(size_t rows, size_t width, const float* x, const float* mean,
                                         const float* scale, const float* dy, float* dgain, float* dbias) noexcept {
  for (size_t i = 0; i < rows; ++i, x += width, dy += width) {
    const simd::batch m = simd::broadcast(C == Centered::yes ? mean[i] : 0.0f);
    const simd::batch s = simd::broadcast(scale[i]);
    for_each_vector(width, [&](auto at) {
      const simd::batch d = at.load(dy);
      if (dgain != nullptr) at.store(dgain, simd::fma(d, (at.load(x) - m) * s, at.load(dgain)));
      if (dbias != nullptr) at.store(dbias, at.load(dbias) + d);
    });
  }
}

// y += sum over rows of x, rows in order: the gradient of a bias.
INLAY_NO_INLINE inline void add_rows(size_t rows, size_t width, const float* x, float* y) noexcept {
  for (size_t i = 0; i < rows; ++i) add(width, x + i * width, y);
}

}  // namespace inlay::inline INLAY_ABI::kernels
