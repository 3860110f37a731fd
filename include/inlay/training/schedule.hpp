#pragma once
// Learning rates as functions of the step, counted from 0.
//
//   warm-up   peak (step + 1) / (warmup + 1)                       for step < warmup
//   cosine    last + (peak - last) (1 + cos(pi progress)) / 2        then, for step < total
//   linear    last + (peak - last) (1 - progress)                    then, for step < total
//   last      afterwards; progress = (step - warmup) / (total - warmup)
//
// Source: Loshchilov, Hutter, "SGDR", 2017, eq. 5 (cosine); Goyal et al., 2017, section 2.2 (warm-up).

#include <inlay/config.hpp>
#include <inlay/parallel/float_environment.hpp>
#include <inlay/simd/math.hpp>

namespace inlay::inline INLAY_ABI {

struct Schedule {
  float peak = 1e-3f;
  float last = 0.0f;
  std::uint64_t warmup = 0;
  std::uint64_t total = 1;
};

namespace detail {
// The part of the way from the end of the warm-up to the end, in [0, 1].
inline float schedule_progress(std::uint64_t step, const Schedule& s) {
  if (step >= s.total || s.total <= s.warmup) return 1.0f;
  return static_cast<float>(step - s.warmup) / static_cast<float>(s.total - s.warmup);
}
inline float schedule_warmup(std::uint64_t step, const Schedule& s) {
  return s.peak * static_cast<float>(step + 1) / static_cast<float>(s.warmup + 1);
}
}  // namespace detail

// Not inlined: a compiler could otherwise take part of the arithmetic out of a training loop, and with it out of the
// floating-point environment.
INLAY_NO_INLINE inline float warmup_cosine(std::uint64_t step, const Schedule& s) {
  const FloatEnvironment environment;
  if (step < s.warmup) return environment.settle(detail::schedule_warmup(step, s));
  const float wave = simd::cos(3.14159265f * detail::schedule_progress(step, s));
  return environment.settle(s.last + (s.peak - s.last) * (0.5f * (1.0f + wave)));
}

INLAY_NO_INLINE inline float warmup_linear(std::uint64_t step, const Schedule& s) {
  const FloatEnvironment environment;
  if (step < s.warmup) return environment.settle(detail::schedule_warmup(step, s));
  return environment.settle(s.last + (s.peak - s.last) * (1.0f - detail::schedule_progress(step, s)));
}

}  // namespace inlay::inline INLAY_ABI
