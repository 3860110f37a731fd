// Counter-based random numbers, and what is drawn with them: dropout masks and starting values.

#include <cmath>
#include <vector>

#include <inlay/kernels/dropout.hpp>
#include <inlay/kernels/random.hpp>

#include "support/catch.hpp"
#include "support/numbers.hpp"

namespace kernels = inlay::kernels;
using kernels::RandomWords;

namespace {

constexpr bool equal(const RandomWords& a, const RandomWords& b) {
  for (int i = 0; i < 4; ++i)
    if (a.word[i] != b.word[i]) return false;
  return true;
}
// The known answers that Random123 publishes for philox4x32-10.
static_assert(equal(kernels::philox({{0, 0, 0, 0}}, 0, 0), {{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}}));
static_assert(equal(kernels::philox({{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}}, 0xffffffff, 0xffffffff),
                    {{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}}));
static_assert(equal(kernels::philox({{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}}, 0xa4093822, 0x299f31d0),
                    {{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}}));

static_assert(kernels::uniform(0) == 0.0f && kernels::uniform(0xffffffff) == 1.0f - 0x1p-24f);
static_assert(kernels::uniform(0x80000000) == 0.5f);

std::vector<float> dropped(const std::vector<float>& x, std::size_t width, float rate, inlay::RandomKey key,
                           std::uint32_t stream, std::uint64_t first_row) {
  std::vector<float> y(x.size(), NAN);
  kernels::dropout(x.size() / width, width, rate, key, stream, first_row, x.data(), y.data());
  return y;
}

}  // namespace

TEST_CASE("random words differ in every part of their place", "[random]") {
  const RandomWords one = kernels::random_words({1, 2}, 3, 4, 5);
  CHECK(equal(one, kernels::random_words({1, 2}, 3, 4, 5)));
  CHECK(!equal(one, kernels::random_words({2, 2}, 3, 4, 5)));
  CHECK(!equal(one, kernels::random_words({1 + (1ULL << 32), 2}, 3, 4, 5)));
  CHECK(!equal(one, kernels::random_words({1, 3}, 3, 4, 5)));
  CHECK(!equal(one, kernels::random_words({1, 2 + (1ULL << 32)}, 3, 4, 5)));
  CHECK(!equal(one, kernels::random_words({1, 2}, 4, 4, 5)));
  CHECK(!equal(one, kernels::random_words({1, 2}, 3, 5, 5)));
  CHECK(!equal(one, kernels::random_words({1, 2}, 3, 4 + (1ULL << 32), 5)));
  CHECK(!equal(one, kernels::random_words({1, 2}, 3, 4, 6)));
}

TEST_CASE("dropout drops at its rate and keeps the mean", "[random]") {
  const std::vector<float> ones(200 * 100, 1.0f);
  for (const float rate : {0.1f, 0.5f, 0.9f}) {
    const std::vector<float> y = dropped(ones, 100, rate, {7, 0}, 1, 0);
    double zeros = 0, sum = 0;
    for (const float value : y) {
      CHECK((value == 0.0f || value == 1.0f / (1.0f - rate)));
      zeros += value == 0.0f ? 1 : 0;
      sum += static_cast<double>(value);
    }
    const double wanted = static_cast<double>(rate);
    CHECK(std::fabs(zeros / 20000 - wanted) < 0.012);  // three standard deviations at a half
    CHECK(std::fabs(sum / 20000 - 1.0) < 0.1);
  }
}

TEST_CASE("a dropout mask depends on key, stream, absolute row and column, and on nothing else", "[random]") {
  const std::size_t width = 19, rows = 24;
  const std::vector<float> x = numbers::Source(1).list(rows * width, 1.0f, 3.0f);
  const std::vector<float> whole = dropped(x, width, 0.5f, {7, 9}, 1, 100);
  for (const std::size_t cut : numbers::sizes({1, 5, 16, 23})) {
    const auto middle = x.begin() + static_cast<std::ptrdiff_t>(cut * width);
    std::vector<float> parts = dropped({x.begin(), middle}, width, 0.5f, {7, 9}, 1, 100);
    const std::vector<float> rest = dropped({middle, x.end()}, width, 0.5f, {7, 9}, 1, 100 + cut);
    parts.insert(parts.end(), rest.begin(), rest.end());
    CHECK(parts == whole);
  }
  CHECK(dropped(x, width, 0.5f, {8, 9}, 1, 100) != whole);
  CHECK(dropped(x, width, 0.5f, {7, 10}, 1, 100) != whole);
  CHECK(dropped(x, width, 0.5f, {7, 9}, 2, 100) != whole);
  CHECK(dropped(x, width, 0.5f, {7, 9}, 1, 101) != whole);

  // Backward is the same map, in place as well.
  const std::vector<float> dy = numbers::Source(2).list(rows * width, 1.0f, 3.0f);
  std::vector<float> dx = dy;
  kernels::dropout(rows, width, 0.5f, {7, 9}, 1, 100, dx.data(), dx.data());
  for (std::size_t i = 0; i < x.size(); ++i) CHECK((dx[i] == 0.0f) == (whole[i] == 0.0f));
}
