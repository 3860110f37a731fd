#pragma once
// Pool: one row for each sequence, from its rows.
//
//   first   y_s = x of the sequence's first row (BERT's classification token)
//   last    y_s = x of its last row (a decoder's summary of all it has read)
//   mean    y_s = (1 / n) sum_i x_i, rows in order
//   backward: dx_i = dy_s, 0, or dy_s / n
//
// x: a row for each position; y: a row for each sequence. Sequences have at least one row. Saved for backward: nothing.
//
// Source: Devlin et al., "BERT", 2019, section 3 (first); Reimers, Gurevych, "Sentence-BERT", 2019, section 3 (mean).

#include <inlay/config.hpp>
#include <inlay/kernels/vectors.hpp>
#include <inlay/modules/module.hpp>

namespace inlay::inline INLAY_ABI {

enum class Pooling : std::uint8_t { first, last, mean };

template <size_t Width, Pooling P>
struct Pool {
  using Input = Reals<Width>;
  using Output = Reals<Width>;
  static constexpr bool per_sequence = true;
  struct Parameters {};

  template <class Frame>
  static void forward(const Frame& frame, Rows<const float, Width> x, Rows<float, Width> y) {
    const Packing& packing = frame.call.packing;
    INLAY_ASSERT(y.count() == packing.count);
    for (size_t s = 0; s < packing.count; ++s) {
      const size_t begin = packing.begin(s);
      const size_t length = packing.length(s);
      INLAY_ASSERT(length > 0);
      if constexpr (P != Pooling::mean) {
        kernels::copy(Width, x.row(P == Pooling::first ? begin : begin + length - 1), y.row(s));
      } else {
        float* const sum = y.row(s);
        kernels::fill(Width, 0.0f, sum);
        for (size_t i = 0; i < length; ++i) kernels::add(Width, x.row(begin + i), sum);
        const simd::batch share = simd::broadcast(1.0f / static_cast<float>(length));
        kernels::for_each_vector(Width, [&](auto at) { at.store(sum, at.load(sum) * share); });
      }
    }
  }

  template <class Frame, class Gradient>
  static void backward(const Frame& frame, Rows<const float, Width>, Rows<const float, Width> dy, Gradient dx) {
    if constexpr (wants_gradient<Gradient>) {
      const Packing& packing = frame.call.packing;
      for (size_t s = 0; s < packing.count; ++s) {
        const size_t begin = packing.begin(s);
        const size_t length = packing.length(s);
        const size_t chosen = P == Pooling::first ? 0 : length - 1;
        const simd::batch share = simd::broadcast(P == Pooling::mean ? 1.0f / static_cast<float>(length) : 1.0f);
        for (size_t i = 0; i < length; ++i) {
          float* const row = dx.row(begin + i);
          if (P == Pooling::mean || i == chosen)
            kernels::for_each_vector(Width, [&](auto at) { at.store(row, at.load(dy.row(s)) * share); });
          else
            kernels::fill(Width, 0.0f, row);
        }
      }
    }
  }
};

}  // namespace inlay::inline INLAY_ABI
