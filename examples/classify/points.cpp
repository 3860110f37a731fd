#include "classify/points.hpp"

#include <inlay/kernels/random.hpp>
#include <inlay/simd/math.hpp>

#include <cmath>
#include <utility>

namespace classify {
namespace {

// Random numbers are inlay's own: counted, not remembered.
class Random {
 public:
  Random(std::uint64_t seed, std::uint32_t stream) : seed_{seed}, stream_{stream} {}

  std::uint32_t bits() { return inlay::kernels::random_words({seed_, 0}, stream_, drawn_++, 0).word[0]; }
  float uniform() { return inlay::kernels::uniform(bits()); }  // in [0, 1)
  float between(float low, float high) { return low + (high - low) * uniform(); }
  // About N(0, 1): the sum of twelve uniform numbers has variance 1.
  float normal() {
    float sum = -6;
    for (int i = 0; i < 12; ++i) sum += uniform();
    return sum;
  }

 private:
  std::uint64_t seed_;
  std::uint32_t stream_;
  std::uint64_t drawn_ = 0;
};

constexpr float full_circle = 6.2831853F;

}  // namespace

void Points::add(float x0, float x1, float target) {
  x.push_back(x0);
  x.push_back(x1);
  targets.push_back(target);
}

std::vector<examples::Regions::Point> Points::drawn() const {
  std::vector<examples::Regions::Point> result;
  for (std::size_t i = 0; i < count(); ++i)
    result.push_back({static_cast<double>(x[2 * i]), static_cast<double>(x[2 * i + 1]), targets[i] > 0});
  return result;
}

Points separable(std::size_t count, double margin, std::uint64_t seed) {
  Random random{seed, 1};
  const float direction = random.between(0, full_circle), offset = random.between(-0.3F, 0.3F);
  const float normal0 = inlay::simd::cos(direction), normal1 = inlay::simd::sin(direction);
  Points points;
  while (points.count() < count) {
    const float x0 = random.between(-1, 1), x1 = random.between(-1, 1);
    const float distance = normal0 * x0 + normal1 * x1 - offset;
    if (std::abs(distance) >= static_cast<float>(margin)) points.add(x0, x1, distance > 0 ? 1.0F : 0.0F);
  }
  return points;
}

Points exclusive_or() {
  Points points;
  for (const float x0 : {0.0F, 1.0F})
    for (const float x1 : {0.0F, 1.0F}) points.add(x0, x1, x0 != x1 ? 1.0F : 0.0F);
  return points;
}

Points spirals(std::size_t count, std::uint64_t seed) {
  constexpr float turns = 1.5F, noise = 0.025F;
  Random random{seed, 2};
  Points points;
  while (points.count() < count) {
    const bool second = points.count() % 2 == 1;
    // The root spreads the points evenly along the arm.
    const float along = inlay::simd::sqrt(random.between(0.01F, 0.9F));
    const float angle = full_circle * (turns * along + (second ? 0.5F : 0.0F));
    const float x0 = along * inlay::simd::cos(angle) + noise * random.normal();
    const float x1 = along * inlay::simd::sin(angle) + noise * random.normal();
    points.add(x0, x1, second ? 1.0F : 0.0F);
  }
  return points;
}

Points shuffled(const Points& points, std::uint64_t seed, std::uint64_t epoch) {
  Random random{seed ^ (epoch << 32), 3};
  Points result = points;
  for (std::size_t left = result.count(); left > 1; --left) {
    const std::size_t i = left - 1, j = random.bits() % left;
    std::swap(result.x[2 * i], result.x[2 * j]);
    std::swap(result.x[2 * i + 1], result.x[2 * j + 1]);
    std::swap(result.targets[i], result.targets[j]);
  }
  return result;
}

}  // namespace classify
