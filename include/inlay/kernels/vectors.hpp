#pragma once
// Loops over contiguous floats, written once for whole vectors and for what is left at the end.
//
//   for_each_vector(n, [&](auto at) { at.store(y, at.load(x) * at.load(z)); });      y = x * z
//   sum(n, [&](auto at) { return at.load(x); });                                      16 lanes, then a fixed tree
//
// `at` stands for up to one vector of positions: at.load(p) and at.store(p, v) touch those positions of p and nothing
// else; lanes beyond the end load as +0. A sum has 16 virtual lanes, lane = index mod 16, on every target: that zero
// is the identity there, because a lane that began at +0 is never -0.

#include <inlay/config.hpp>
#include <inlay/simd/simd.hpp>

namespace inlay::inline INLAY_ABI::kernels {

inline constexpr float lane_numbers[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
// The lanes whose number, from `first` on, is less than `end`; first + width <= 16.
INLAY_FORCE_INLINE simd::mask lanes_before(size_t first, size_t end) {
  return simd::less(simd::load(lane_numbers + first), simd::broadcast(static_cast<float>(end)));
}
// The other ones.
INLAY_FORCE_INLINE simd::mask lanes_from(size_t first, size_t begin) {
  return simd::less_equal(simd::broadcast(static_cast<float>(begin)), simd::load(lane_numbers + first));
}

struct WholeVector {
  size_t first;
  INLAY_FORCE_INLINE simd::batch load(const float* p) const { return simd::load(p + first); }
  INLAY_FORCE_INLINE void store(float* p, simd::batch value) const { simd::store(p + first, value); }
  // Positions that exist; lanes beyond the end become `filler`.
  INLAY_FORCE_INLINE simd::batch fill(simd::batch value, float) const { return value; }
};

struct PartOfVector {
  size_t first;
  size_t count;
  INLAY_FORCE_INLINE simd::batch load(const float* p) const { return simd::load_partial(p + first, count); }
  INLAY_FORCE_INLINE void store(float* p, simd::batch value) const { simd::store_partial(p + first, value, count); }
  INLAY_FORCE_INLINE simd::batch fill(simd::batch value, float filler) const {
    return simd::select(lanes_before(0, count), value, simd::broadcast(filler));
  }
};

template <class F>
INLAY_FORCE_INLINE void for_each_vector(size_t n, F&& f) {
  size_t i = 0;
  if constexpr (simd::width == 1) {  // from the other loop GCC concludes that it may never end, and warns
    for (; i < n; ++i) f(WholeVector{i});
  } else {
    for (; i + simd::width <= n; i += simd::width) f(WholeVector{i});
    if (i < n) f(PartOfVector{i, n - i});
  }
}

template <class Term>
INLAY_FORCE_INLINE float sum(size_t n, Term&& term) {
  constexpr size_t registers = 16 / simd::width;
  simd::Lanes lanes = simd::Lanes::zero();
  size_t i = 0;
  for (; i + 16 <= n; i += 16)
    for (size_t r = 0; r < registers; ++r) lanes.add(r, term(WholeVector{i + r * simd::width}));
  for (size_t r = 0; r < registers && i < n; ++r, i += simd::width) {
    if (n - i >= simd::width)
      lanes.add(r, term(WholeVector{i}));
    else
      lanes.add(r, PartOfVector{i, n - i}.fill(term(PartOfVector{i, n - i}), 0.0f));
  }
  return lanes.sum();
}

// The greatest of the terms; minus infinity where there are none. Undefined where one is NaN: the terms of its lane
// before it are forgotten (simd::maximum gives the second argument), and how many lanes there are is the target's.
// Whoever calls this also sums the terms, so that the NaN is in the result all the same.
template <class Term>
INLAY_FORCE_INLINE float maximum(size_t n, Term&& term) {
  constexpr float lowest = -__builtin_inff();
  simd::batch best = simd::broadcast(lowest);
  for_each_vector(n, [&](auto at) { best = simd::maximum(best, at.fill(term(at), lowest)); });
  return simd::reduce_maximum(best);
}

// Whether a float is neither infinite nor NaN.
inline bool is_finite(float x) { return x - x == 0.0f; }

inline void fill(size_t n, float value, float* y) {
  for_each_vector(n, [&](auto at) { at.store(y, simd::broadcast(value)); });
}

// y = x; the two may be the same
inline void copy(size_t n, const float* x, float* y) {
  if (x == y) return;
  for_each_vector(n, [&](auto at) { at.store(y, at.load(x)); });
}

// y += x
inline void add(size_t n, const float* x, float* y) {
  for_each_vector(n, [&](auto at) { at.store(y, at.load(y) + at.load(x)); });
}

}  // namespace inlay::inline INLAY_ABI::kernels
