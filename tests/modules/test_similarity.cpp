// Cosine similarity, nearest rows, differences of vectors.

#include <inlay/modules/similarity.hpp>

#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include "support/catch.hpp"
#include "support/numbers.hpp"

using inlay::cosine_similarity;
using inlay::Rows;

namespace {

double in_double(const std::vector<float>& a, const std::vector<float>& b) {
  double ab = 0.0, aa = 0.0, bb = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double x = static_cast<double>(a[i]), y = static_cast<double>(b[i]);
    ab += x * y, aa += x * x, bb += y * y;
  }
  return ab / std::sqrt(aa) / std::sqrt(bb);
}

}  // namespace

TEST_CASE("lecture E: cosine similarity is v1.v2 / (|v1| |v2|)", "[similarity]") {
  for (const std::size_t n : numbers::sizes({1, 2, 15, 16, 17, 333}))
    for (const float scale : {1.0f, 1e-30f, 1e-41f, 1e30f, 3e38f}) {
      CAPTURE(n, scale);
      if (scale < 1e-38f && !inlay::simd::keeps_denormals) continue;
      numbers::Source source(static_cast<std::uint32_t>(n));
      const std::vector<float> a = source.list(n, scale), b = source.list(n, 1.0f, 0.3f);
      const double expected = in_double(a, b), found = static_cast<double>(cosine_similarity(a, b));
      CHECK(std::fabs(found - expected) < 1e-6);
      // The lecture's formula takes its absolute value, for which opposite directions are the same.
      std::vector<float> opposite = a;
      for (float& value : opposite) value = -value;
      CHECK(cosine_similarity(opposite, b) == -cosine_similarity(a, b));
      CHECK(cosine_similarity(b, a) == cosine_similarity(a, b));
      CHECK(cosine_similarity(a, a) == 1.0f);
      CHECK(cosine_similarity(a, opposite) == -1.0f);
    }
  const std::vector<float> right{3, 0}, up{0, 2}, diagonal{5, 5};
  CHECK(cosine_similarity(right, up) == 0.0f);
  CHECK(std::fabs(cosine_similarity(right, diagonal) - 0.70710678f) < 1e-7f);
}

TEST_CASE("cosine similarity: a vector of zeros is like nothing, and what is no number stays none", "[similarity]") {
  const std::vector<float> zero(17), some = numbers::Source(2).list(17);
  CHECK(cosine_similarity(zero, some) == 0.0f);
  CHECK(cosine_similarity(some, zero) == 0.0f);
  CHECK(cosine_similarity(zero, zero) == 0.0f);
  CHECK(cosine_similarity({}, {}) == 0.0f);
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()})
    for (const std::size_t place : numbers::sizes({0, 16})) {
      std::vector<float> odd(17);
      odd[place] = bad;
      for (const std::vector<float>& other : {zero, some, odd}) {
        const float found = cosine_similarity(odd, other);
        CHECK(found != found);
      }
    }
}

TEST_CASE("lecture E: differences of vectors and the nearest row", "[similarity]") {
  // Two directions, royal and female, and a third that they share.
  constexpr std::size_t man = 0, woman = 1, king = 2, queen = 3, apple = 4;
  const std::vector<float> table{0, 0, 1, /**/ 0, 1, 1, /**/ 1, 0, 1, /**/ 1, 1, 1, /**/ 0, 0, -1};
  const Rows<const float, 3> rows(table.data(), 5);
  const auto of = [&](std::size_t row) { return std::span<const float, 3>(rows.row(row), 3); };

  std::array<float, 3> female{}, royal{}, x{};
  inlay::difference(of(queen), of(king), female);
  CHECK((female == std::array<float, 3>{0, 1, 0}));
  inlay::difference(of(woman), of(man), royal);
  CHECK(cosine_similarity(female, royal) == 1.0f);  // the same step twice
  inlay::difference(of(king), of(man), x);
  for (std::size_t j = 0; j < 3; ++j) x[j] += of(woman)[j];
  CHECK(inlay::nearest(x, rows) == queen);

  std::array<float, 5> similarities{};
  inlay::cosine_similarities(of(queen), rows, similarities);
  for (std::size_t i = 0; i < 5; ++i) CHECK(similarities[i] == cosine_similarity(of(queen), of(i)));
  const std::size_t itself[] = {queen};
  CHECK(inlay::nearest(of(queen), rows) == queen);
  CHECK(inlay::nearest(of(queen), rows, itself) == woman);  // as near as king, which comes later
  const std::size_t all[] = {0, 1, 2, 3, 4};
  CHECK(inlay::nearest(of(queen), rows, all) == 5);
  CHECK(inlay::nearest(of(apple), rows, std::span(all).last(1)) == queen);  // the least unlike
  CHECK(inlay::nearest(of(queen), Rows<const float, 3>(table.data(), 0)) == 0);
}
