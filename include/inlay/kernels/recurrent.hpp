#pragma once
// One row of one time step of a recurrent cell, after its matrix products, and backwards.
//
//   Elman   h = tanh(z)                                               z = x W + h' U + b
//   GRU     r = s(z_r),  u = s(z_u),  n = tanh(z_n + r q)             z likewise, without h' U for the candidate n,
//           h = n + u (h' - n)                                        q = h' U_n + b_n: the reset gate acts after U_n
//   LSTM    i = s(z_i),  f = s(z_f),  g = tanh(z_g),  o = s(z_o)
//           c = f c' + i g,  h = o tanh(c)
//
// s is the logistic sigmoid; h' and c' are the hidden state and the cell of the step before. Gates lie one after the
// other, [gates][width], in the order in which they are named here. Saved for backward: the gates after their
// nonlinearity (Elman: h), q and h' (GRU), c and c' (LSTM).
//
// Backward takes dh, the gradient of h from the output and from the next step together, and gives dz and what of the
// gradient reaches the step before without a matrix product: dh u (GRU), dc f (LSTM).
//
// Accuracy: a few ULP of the largest term; tanh and the sigmoid state theirs in simd/math.hpp.
//
// Source: Elman, "Finding Structure in Time", 1990; Cho et al., "Learning Phrase Representations using RNN
// Encoder-Decoder", 2014, eq. 5 to 8, with the reset gate after the product as cuDNN and PyTorch have it; Hochreiter,
// Schmidhuber, "Long Short-Term Memory", 1997, with the forget gate of Gers et al., "Learning to Forget", 2000.

#include <inlay/config.hpp>
#include <inlay/kernels/vectors.hpp>
#include <inlay/simd/math.hpp>

namespace inlay::inline INLAY_ABI::kernels {

// h may be z.
INLAY_NO_INLINE inline void elman_row(size_t width, const float* z, float* h) noexcept {
  for_each_vector(width, [&](auto at) { at.store(h, simd::tanh(at.load(z))); });
}

INLAY_NO_INLINE inline void elman_row_backward(size_t width, const float* h, const float* dh, float* dz) noexcept {
  const simd::batch one = simd::broadcast(1.0f);
  for_each_vector(width, [&](auto at) {
    const simd::batch value = at.load(h);
    at.store(dz, at.load(dh) * (one - value * value));
  });
}

// gates may be z.
INLAY_NO_INLINE inline void gru_row(size_t width, const float* z, const float* q, const float* previous, float* gates,
                                    float* h) noexcept {
  for_each_vector(width, [&](auto at) {
    const simd::batch reset = simd::sigmoid(at.load(z));
    const simd::batch update = simd::sigmoid(at.load(z + width));
    const simd::batch candidate = simd::tanh(simd::fma(reset, at.load(q), at.load(z + 2 * width)));
    at.store(gates, reset);
    at.store(gates + width, update);
    at.store(gates + 2 * width, candidate);
    at.store(h, simd::fma(update, at.load(previous) - candidate, candidate));
  });
}

INLAY_NO_INLINE inline void gru_row_backward(size_t width, const float* gates, const float* q, const float* previous,
                                             const float* dh, float* dz, float* dq, float* dprevious) noexcept {
  const simd::batch one = simd::broadcast(1.0f);
  for_each_vector(width, [&](auto at) {
    const simd::batch reset = at.load(gates);
    const simd::batch update = at.load(gates + width);
    const simd::batch candidate = at.load(gates + 2 * width);
    const simd::batch d = at.load(dh);
    const simd::batch inside = d * (one - update) * (one - candidate * candidate);  // at z_n + r q
    at.store(dz, inside * at.load(q) * reset * (one - reset));
    at.store(dz + width, d * (at.load(previous) - candidate) * update * (one - update));
    at.store(dz + 2 * width, inside);
    at.store(dq, inside * reset);
    at.store(dprevious, d * update);
  });
}

// gates may be z.
INLAY_NO_INLINE inline void lstm_row(size_t width, const float* z, const float* previous_cell, float* gates,
                                     float* cell, float* h) noexcept {
  for_each_vector(width, [&](auto at) {
    const simd::batch input = simd::sigmoid(at.load(z));
    const simd::batch forget = simd::sigmoid(at.load(z + width));
    const simd::batch candidate = simd::tanh(at.load(z + 2 * width));
    const simd::batch output = simd::sigmoid(at.load(z + 3 * width));
    const simd::batch c = simd::fma(forget, at.load(previous_cell), input * candidate);
    at.store(gates, input);
    at.store(gates + width, forget);
    at.store(gates + 2 * width, candidate);
    at.store(gates + 3 * width, output);
    at.store(cell, c);
    at.store(h, output * simd::tanh(c));
  });
}

// dcell: the gradient of c that comes from the next step. dprevious_cell may be dcell.
INLAY_NO_INLINE inline void lstm_row_backward(size_t width, const float* gates, const float* previous_cell,
                                              const float* cell, const float* dh, const float* dcell, float* dz,
                                              float* dprevious_cell) noexcept {
  const simd::batch one = simd::broadcast(1.0f);
  for_each_vector(width, [&](auto at) {
    const simd::batch input = at.load(gates);
    const simd::batch forget = at.load(gates + width);
    const simd::batch candidate = at.load(gates + 2 * width);
    const simd::batch output = at.load(gates + 3 * width);
    const simd::batch t = simd::tanh(at.load(cell));
    const simd::batch d = at.load(dh);
    const simd::batch dc = simd::fma(d * output, one - t * t, at.load(dcell));
    at.store(dz, dc * candidate * input * (one - input));
    at.store(dz + width, dc * at.load(previous_cell) * forget * (one - forget));
    at.store(dz + 2 * width, dc * input * (one - candidate * candidate));
    at.store(dz + 3 * width, d * t * output * (one - output));
    at.store(dprevious_cell, dc * forget);
  });
}

}  // namespace inlay::inline INLAY_ABI::kernels
