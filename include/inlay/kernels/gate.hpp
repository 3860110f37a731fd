#pragma once
// A gated product, elementwise:  y = f(g) u
//
//   dg = dy u f'(g)     du = dy f(g)
//
// y may be g or u in forward; dg may be g and du may be dy in backward, which reads each number before it writes there.
//
// Source: Shazeer, "GLU Variants Improve Transformer", 2020, eq. 5 and 6.

#include <inlay/kernels/activation.hpp>

namespace inlay::inline INLAY_ABI::kernels {

template <Activation A>
INLAY_NO_INLINE void gate(size_t n, const float* g, const float* u, float* y) noexcept {
  for_each_vector(n, [&](auto at) { at.store(y, detail::activation<A>(at.load(g)).value * at.load(u)); });
}

template <Activation A>
INLAY_NO_INLINE void gate_backward(size_t n, const float* g, const float* u, const float* dy, float* dg,
                                   float* du) noexcept {
  for_each_vector(n, [&](auto at) {
    const detail::ValueAndSlope f = detail::activation<A>(at.load(g));
    const simd::batch d = at.load(dy);
    at.store(dg, d * at.load(u) * f.slope);
    at.store(du, d * f.value);
  });
}

}  // namespace inlay::inline INLAY_ABI::kernels
