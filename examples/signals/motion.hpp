#pragma once
// Motion signals of a three-axis accelerometer that somebody carries, made up: acceleration in g at 50 samples a
// second. The device has any orientation; what its carrier does changes every few seconds.
//
//   still     gravity and a tremor
//   walking   1.5 to 2.3 steps a second up and down, a second harmonic, and a sway at half the pace
//   running   2.4 to 3.3 steps a second, two to four times as strong
//   shaking   to and fro in any direction, 4.5 to 8 times a second
//   turning   the device turns about some axis, so that gravity wanders through its own axes
//
// No libm and no heap: the same signal to the bit on a microcontroller.

#include <inlay/kernels/random.hpp>
#include <inlay/modules/call.hpp>
#include <inlay/simd/math.hpp>

#include <cstddef>
#include <cstdint>

namespace signals {

using inlay::Token;

constexpr std::size_t axes = 3, rate = 50;  // samples a second
enum class Activity : Token { still, walking, running, shaking, turning };
constexpr std::size_t activities = 5;
constexpr const char* names[activities] = {"still", "walking", "running", "shaking", "turning"};

struct Vector {
  float x, y, z;
  friend Vector operator+(Vector a, Vector b) { return {a.x + b.x, a.y + b.y, a.z + b.z}; }
  friend Vector operator*(float s, Vector a) { return {s * a.x, s * a.y, s * a.z}; }
};
inline float dot(Vector a, Vector b) { return a.x * b.x + a.y * b.y + a.z * b.z; }
inline Vector cross(Vector a, Vector b) {
  return {a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x};
}
inline Vector unit(Vector a) { return (1.0f / inlay::simd::sqrt(dot(a, a))) * a; }

class Motion {
 public:
  struct Sample {
    float acceleration[axes];
    Activity activity;
    std::size_t since_change;  // samples
  };

  explicit Motion(std::uint64_t seed) : seed_(seed) {
    up_ = direction();
    activity_ = static_cast<Activity>(below(activities));
    begin_activity();
  }

  Sample next() {
    if (since_change_ == length_) {
      activity_ = static_cast<Activity>((static_cast<std::size_t>(activity_) + 1 + below(activities - 1)) % activities);
      begin_activity();
    }
    constexpr float circle = 6.2831853f;
    const float time = static_cast<float>(since_change_) / static_cast<float>(rate);
    const float begun = time < 0.2f ? time / 0.2f : 1.0f;  // movements begin softly
    const float angle = circle * (phase_ + pace_ * time);
    Vector a = up_;
    switch (activity_) {
      case Activity::still:
        break;
      case Activity::walking:
      case Activity::running: {
        const float bounce = inlay::simd::sin(angle) + 0.35f * inlay::simd::sin(2.0f * angle + 0.8f);
        a = a + (begun * strength_ * bounce) * up_ +
            (0.4f * begun * strength_ * inlay::simd::sin(0.5f * angle)) * side_;
        break;
      }
      case Activity::shaking:
        a = a + (begun * strength_ * inlay::simd::sin(angle)) * side_;
        break;
      case Activity::turning: {
        const float step = begun * pace_ / static_cast<float>(rate);
        up_ = unit(inlay::simd::cos(step) * up_ + inlay::simd::sin(step) * cross(side_, up_) +
                   ((1.0f - inlay::simd::cos(step)) * dot(side_, up_)) * side_);
        a = up_;
        break;
      }
    }
    const Vector noise = 0.04f * Vector{normal(), normal(), normal()};
    a = a + noise;
    return {{a.x, a.y, a.z}, activity_, since_change_++};
  }

 private:
  void begin_activity() {
    since_change_ = 0;
    length_ = rate * 2 + below(rate * 4);
    phase_ = between(0.0f, 1.0f);
    side_ = direction();
    switch (activity_) {
      case Activity::still:
        break;
      case Activity::walking:
        pace_ = between(1.5f, 2.3f), strength_ = between(0.15f, 0.4f);
        break;
      case Activity::running:
        pace_ = between(2.4f, 3.3f), strength_ = between(0.6f, 1.2f);
        break;
      case Activity::shaking:
        pace_ = between(4.5f, 8.0f), strength_ = between(0.4f, 1.2f);
        break;
      case Activity::turning:
        pace_ = between(1.0f, 3.5f);  // radians a second
        // About an axis far from gravity's, or nothing would be seen of it.
        side_ = unit(side_ + (-0.8f * dot(side_, up_)) * up_);
        break;
    }
  }

  // In [0, 1).
  float next_uniform() {
    const auto words = inlay::kernels::random_words({.seed = seed_}, 0, drawn_++, 0);
    return inlay::kernels::uniform(words.word[0]);
  }
  float between(float low, float high) { return low + (high - low) * next_uniform(); }
  std::size_t below(std::size_t limit) { return static_cast<std::size_t>(next_uniform() * static_cast<float>(limit)); }
  // Nearly N(0, 1): four uniform numbers have a variance of a third.
  float normal() {
    constexpr float scale = 1.7320508f;
    const auto words = inlay::kernels::random_words({.seed = seed_}, 0, drawn_++, 0);
    float sum = -2.0f;
    for (const auto word : words.word) sum += inlay::kernels::uniform(word);
    return scale * sum;
  }
  Vector direction() {
    for (;;) {
      const Vector v{normal(), normal(), normal()};
      if (dot(v, v) > 0.1f) return unit(v);
    }
  }

  std::uint64_t seed_, drawn_ = 0;
  Vector up_{}, side_{};
  Activity activity_;
  std::size_t since_change_ = 0, length_ = 0;
  float pace_ = 0.0f, strength_ = 0.0f, phase_ = 0.0f;
};

}  // namespace signals
