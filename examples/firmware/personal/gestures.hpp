#pragma once
// Recordings of an accelerometer on a wrist: three axes at 32 moments of one gesture. They are made up: a movement in
// the wearer's plane, turned by how the device sits on the arm, with a speed, a strength, a beginning and noise of its
// own.

#include <inlay/kernels/random.hpp>
#include <inlay/modules/call.hpp>
#include <inlay/simd/math.hpp>
#include <inlay/tensor/tensor.hpp>

namespace personal {

using inlay::Token;

constexpr std::size_t moments = 32, axes = 3;
enum class Gesture : Token { circle, shake, nod, push };
constexpr std::size_t gestures = 4;
using Recording = inlay::Rows<float, axes>;

struct Wearer {
  float turn;   // of the device about its third axis, in radians
  float speed;  // 1 is usual
};

// Numbers in [-1, 1): a recording's own.
class Randoms {
 public:
  explicit Randoms(std::uint64_t seed) : seed_(seed) {}
  float next() {
    const auto words = inlay::kernels::random_words({.seed = seed_}, 0, count_++, 0);
    return 2.0f * inlay::kernels::uniform(words.word[0]) - 1.0f;
  }

 private:
  std::uint64_t seed_, count_ = 0;
};

inline void record(const Wearer& wearer, Gesture gesture, std::uint64_t seed, Recording x) {
  constexpr float circle = 6.2831853f;
  Randoms random(seed);
  const float begin = 0.3f * random.next(), strength = 1.0f + 0.3f * random.next();
  const float speed = wearer.speed * (1.0f + 0.15f * random.next()), turn = wearer.turn + 0.1f * random.next();
  const float cosine = inlay::simd::cos(turn), sine = inlay::simd::sin(turn);
  for (std::size_t i = 0; i < moments; ++i) {
    const float time = begin + speed * static_cast<float>(i) / static_cast<float>(moments);
    float along = 0.0f, across = 0.0f, up = 0.0f;
    switch (gesture) {
      case Gesture::circle:
        along = inlay::simd::cos(2.0f * circle * time);
        across = inlay::simd::sin(2.0f * circle * time);
        break;
      case Gesture::shake:
        along = inlay::simd::sin(3.0f * circle * time);
        break;
      case Gesture::nod:
        across = inlay::simd::sin(3.0f * circle * time);
        break;
      case Gesture::push:
        up = inlay::simd::exp(-30.0f * (time - 0.5f) * (time - 0.5f));
        break;
    }
    x(i, 0) = strength * (cosine * along - sine * across) + 0.4f * random.next();
    x(i, 1) = strength * (sine * along + cosine * across) + 0.4f * random.next();
    x(i, 2) = strength * up + 0.4f * random.next();
  }
}

}  // namespace personal
