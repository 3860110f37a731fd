#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

#include <inlay/simd/simd.hpp>

#include "support/catch.hpp"

#if __has_include(<sys/mman.h>) && __has_include(<unistd.h>)
#include <sys/mman.h>
#include <unistd.h>
#define HAS_GUARD_PAGES 1
#endif

namespace {

namespace simd = inlay::simd;
using simd::batch;
using simd::ibatch;
using simd::ScalarBatch;
using simd::width;

constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();
constexpr float denormal = std::numeric_limits<float>::denorm_min();

// Equal bits, or two NaNs.
bool same(float a, float b) {
  std::uint32_t x, y;
  std::memcpy(&x, &a, sizeof x);
  std::memcpy(&y, &b, sizeof y);
  return x == y || (a != a && b != b);
}

// Below the normal range, or where a result may have been flushed before it was rounded.
bool is_flushed(float x) { return !simd::keeps_denormals && x != 0.0f && std::fabs(x) <= 0x1p-126f; }

std::vector<float> interesting() {
  std::vector<float> values{0.0f,     -0.0f,        1.0f,          -1.0f,  0.5f,
                            3.0f,     -2.5f,        1e-20f,        1e20f,  3e38f,
                            denormal, not_a_number, -not_a_number, 1e-38f, -1.1754942e-38f,
                            infinity, -infinity,    16777216.0f};
  std::mt19937 random{1};
  for (int i = 0; i < 18; ++i) {
    const std::uint32_t bits = static_cast<std::uint32_t>(random());
    float x;
    std::memcpy(&x, &bits, sizeof x);
    values.push_back(x);
  }
  std::erase_if(values, is_flushed);
  return values;
}

// What is in memory stays unknown to the compiler, so that the instructions are tested and not its folding of
// constants. Clang 14 never ends on WebAssembly where it folds a round_to_int of three known lanes.
void forget([[maybe_unused]] const void* memory) {
#if defined(__GNUC__) || defined(__clang__)
  __asm__ volatile("" : : "r"(memory) : "memory");
#endif
}

// The lane of a batch that holds x in its last lane and 1 elsewhere, after `f`.
template <class Batch, class F>
float last_lane(F f, float a, float b = 1.0f, float c = 1.0f) {
  constexpr std::size_t lanes = Batch::width;
  float x[lanes], y[lanes], z[lanes], result[lanes];
  for (std::size_t i = 0; i < lanes; ++i) x[i] = y[i] = z[i] = 1.0f;
  x[lanes - 1] = a;
  y[lanes - 1] = b;
  z[lanes - 1] = c;
  forget(x), forget(y), forget(z);
  simd::store(result, f(Batch::load(x), Batch::load(y), Batch::load(z)));
  forget(result);
  return result[lanes - 1];
}
template <class Batch, class F>
std::int32_t last_lane_of_integers(F f, std::int32_t a, std::int32_t b = 1) {
  constexpr std::size_t lanes = Batch::width;
  std::int32_t x[lanes], y[lanes], result[lanes];
  for (std::size_t i = 0; i < lanes; ++i) x[i] = y[i] = 1;
  x[lanes - 1] = a;
  y[lanes - 1] = b;
  forget(x), forget(y);
  simd::store(result, f(Batch::integers::load(x), Batch::integers::load(y)));
  forget(result);
  return result[lanes - 1];
}

template <class Batch>
void check_arithmetic() {
  const std::vector<float> values = interesting();
  int wrong = 0;
  const auto expect = [&](float got, float want) { wrong += same(got, want) || is_flushed(want) ? 0 : 1; };
  for (const float a : values) {
    expect(last_lane<Batch>([](auto x, auto, auto) { return -x; }, a), -a);
    expect(last_lane<Batch>([](auto x, auto, auto) { return simd::abs(x); }, a), std::fabs(a));
    expect(last_lane<Batch>([](auto x, auto, auto) { return simd::sqrt(x); }, a), std::sqrt(a));
    expect(last_lane<Batch>([](auto x, auto, auto) { return simd::as_float(simd::as_int(x)); }, a), a);
    for (const float b : values) {
      expect(last_lane<Batch>([](auto x, auto y, auto) { return x + y; }, a, b), a + b);
      expect(last_lane<Batch>([](auto x, auto y, auto) { return x - y; }, a, b), a - b);
      expect(last_lane<Batch>([](auto x, auto y, auto) { return x * y; }, a, b), a * b);
      expect(last_lane<Batch>([](auto x, auto y, auto) { return x / y; }, a, b), a / b);
      expect(last_lane<Batch>([](auto x, auto y, auto) { return simd::minimum(x, y); }, a, b), a < b ? a : b);
      expect(last_lane<Batch>([](auto x, auto y, auto) { return simd::maximum(x, y); }, a, b), b < a ? a : b);
      for (const float c : {1.0f, -0.0f, -a * b, 1e-30f, infinity, not_a_number}) {
        if (is_flushed(c)) continue;
        const float fused = simd::has_fused_multiply_add ? std::fma(a, b, c) : a * b + c;
        expect(last_lane<Batch>([](auto x, auto y, auto z) { return simd::fma(x, y, z); }, a, b, c), fused);
      }
    }
  }
  CHECK(wrong == 0);
}

template <class Batch>
void check_comparisons() {
  const std::vector<float> values = interesting();
  int wrong = 0;
  const auto expect = [&](float got, bool want) { wrong += got == (want ? 2.0f : 3.0f) ? 0 : 1; };
  const auto choose = [](auto m) { return simd::select(m, Batch::broadcast(2.0f), Batch::broadcast(3.0f)); };
  for (const float a : values)
    for (const float b : values) {
      expect(last_lane<Batch>([&](auto x, auto y, auto) { return choose(simd::less(x, y)); }, a, b), a < b);
      expect(last_lane<Batch>([&](auto x, auto y, auto) { return choose(simd::less_equal(x, y)); }, a, b), a <= b);
      expect(last_lane<Batch>([&](auto x, auto y, auto) { return choose(simd::equal(x, y)); }, a, b), a == b);
      expect(last_lane<Batch>([&](auto x, auto y, auto) { return choose(!simd::less(x, y)); }, a, b), !(a < b));
      expect(last_lane<Batch>([&](auto x, auto y, auto) { return choose(simd::less(x, y) & simd::less(-x, y)); }, a, b),
             a < b && -a < b);
      expect(last_lane<Batch>([&](auto x, auto y, auto) { return choose(simd::less(x, y) | simd::less(-x, y)); }, a, b),
             a < b || -a < b);
      // one lane is enough for `any`
      bool found = false;
      last_lane<Batch>(
          [&](auto x, auto y, auto) {
            found = simd::any(simd::less(x, y));
            return x;
          },
          a, b);
      wrong += found == (a < b) ? 0 : 1;
    }
  CHECK(wrong == 0);
}

template <class Batch>
void check_integers() {
  using Integers = typename Batch::integers;
  const std::int32_t lowest = std::numeric_limits<std::int32_t>::min();
  const std::int32_t highest = std::numeric_limits<std::int32_t>::max();
  const std::vector<std::int32_t> values{0, 1, -1, 2, 12345678, -12345678, 16777217, lowest, highest, 0x55555555};
  const auto wrapped = [](std::uint32_t x) { return static_cast<std::int32_t>(x); };
  int wrong = 0;
  const auto expect = [&](std::int32_t got, std::int32_t want) { wrong += got == want ? 0 : 1; };
  const auto choose = [](auto m) { return simd::select(m, Integers::broadcast(2), Integers::broadcast(3)); };
  for (const std::int32_t a : values) {
    const std::uint32_t u = static_cast<std::uint32_t>(a);
    expect(last_lane_of_integers<Batch>([](auto x, auto) { return simd::shift_left<0>(x); }, a), a);
    expect(last_lane_of_integers<Batch>([](auto x, auto) { return simd::shift_left<23>(x); }, a), wrapped(u << 23));
    expect(last_lane_of_integers<Batch>([](auto x, auto) { return simd::shift_right<5>(x); }, a), a >> 5);
    expect(last_lane_of_integers<Batch>([](auto x, auto) { return simd::shift_right_logical<1>(x); }, a),
           wrapped(u >> 1));
    expect(last_lane_of_integers<Batch>([](auto x, auto) { return simd::shift_right_logical<31>(x); }, a),
           wrapped(u >> 31));
    expect(last_lane_of_integers<Batch>([](auto x, auto) { return simd::as_int(simd::to_float(x)); }, a),
           last_lane_of_integers<ScalarBatch>(
               [](auto x, auto) { return simd::as_int(ScalarBatch{static_cast<float>(x.value)}); }, a));
    for (const std::int32_t b : values) {
      const std::uint32_t v = static_cast<std::uint32_t>(b);
      expect(last_lane_of_integers<Batch>([](auto x, auto y) { return x + y; }, a, b), wrapped(u + v));
      expect(last_lane_of_integers<Batch>([](auto x, auto y) { return x - y; }, a, b), wrapped(u - v));
      expect(last_lane_of_integers<Batch>([](auto x, auto y) { return x & y; }, a, b), a & b);
      expect(last_lane_of_integers<Batch>([](auto x, auto y) { return x | y; }, a, b), a | b);
      expect(last_lane_of_integers<Batch>([](auto x, auto y) { return x ^ y; }, a, b), a ^ b);
      expect(last_lane_of_integers<Batch>([&](auto x, auto y) { return choose(simd::less(x, y)); }, a, b),
             a < b ? 2 : 3);
      expect(last_lane_of_integers<Batch>([&](auto x, auto y) { return choose(simd::less_equal(x, y)); }, a, b),
             a <= b ? 2 : 3);
      expect(last_lane_of_integers<Batch>([&](auto x, auto y) { return choose(simd::equal(x, y)); }, a, b),
             a == b ? 2 : 3);
    }
  }
  CHECK(wrong == 0);
}

// A row summed by the definition: 16 lanes in plain floats, then the halving tree.
float reference_sum(const std::vector<float>& row) {
  float lanes[16] = {};
  for (std::size_t i = 0; i < row.size(); ++i) lanes[i % 16] = lanes[i % 16] + row[i];
  for (std::size_t half = 8; half != 0; half /= 2)
    for (std::size_t i = 0; i < half; ++i) lanes[i] = lanes[i] + lanes[i + half];
  return lanes[0];
}
float reference_largest(const std::vector<float>& row) {
  float lanes[16];
  for (float& lane : lanes) lane = -infinity;
  const auto larger = [](float a, float b) { return b < a ? a : b; };
  for (std::size_t i = 0; i < row.size(); ++i) lanes[i % 16] = larger(lanes[i % 16], row[i]);
  for (std::size_t half = 8; half != 0; half /= 2)
    for (std::size_t i = 0; i < half; ++i) lanes[i] = larger(lanes[i], lanes[i + half]);
  return lanes[0];
}

template <class F>
void for_each_vector(const std::vector<float>& row, float missing, F f) {
  for (std::size_t i = 0; i < row.size(); i += width) {
    const std::size_t count = row.size() - i < width ? row.size() - i : width;
    float filled[width];
    for (std::size_t j = 0; j < width; ++j) filled[j] = j < count ? row[i + j] : missing;
    f(i / width % simd::Lanes::count, simd::load(filled));
  }
}

}  // namespace

TEST_CASE("the vector fits the target") {
  CHECK((width == 1 || width == 4 || width == 8 || width == 16));
  CHECK((simd::registers == 16 || simd::registers == 32));
#if defined(INLAY_SIMD_SCALAR)
  CHECK(width == 1);
#elif defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512DQ__) && defined(__AVX512VL__)
  CHECK(width == 16);
  CHECK(simd::registers == 32);
#elif defined(__AVX__)
  CHECK(width == 8);
#elif defined(__SSE2__) || defined(__aarch64__) || defined(__wasm_simd128__)
  CHECK(width == 4);
#endif
#if defined(__FMA__) || defined(__aarch64__)
  CHECK(simd::has_fused_multiply_add);
#endif
}

TEST_CASE("floats: + - * / fma sqrt minimum maximum, special values included") {
  check_arithmetic<batch>();
  check_arithmetic<ScalarBatch>();
}
TEST_CASE("comparisons and selection") {
  check_comparisons<batch>();
  check_comparisons<ScalarBatch>();
}
TEST_CASE("integers") {
  check_integers<batch>();
  check_integers<ScalarBatch>();
}

TEST_CASE("minimum and maximum of NaN and of two zeros: the second argument") {
  const auto smaller = [](auto x, auto y, auto) { return simd::minimum(x, y); };
  const auto larger = [](auto x, auto y, auto) { return simd::maximum(x, y); };
  CHECK(same(last_lane<batch>(smaller, not_a_number, 2.0f), 2.0f));
  CHECK(same(last_lane<batch>(smaller, 2.0f, not_a_number), not_a_number));
  CHECK(same(last_lane<batch>(larger, not_a_number, 2.0f), 2.0f));
  CHECK(same(last_lane<batch>(larger, 2.0f, not_a_number), not_a_number));
  CHECK(same(last_lane<batch>(smaller, -0.0f, 0.0f), 0.0f));
  CHECK(same(last_lane<batch>(smaller, 0.0f, -0.0f), -0.0f));
  CHECK(same(last_lane<batch>(larger, -0.0f, 0.0f), 0.0f));
  CHECK(same(last_lane<batch>(larger, 0.0f, -0.0f), -0.0f));
}

TEST_CASE("loads and stores at any address") {
  float source[width + 1];
  for (std::size_t i = 0; i <= width; ++i) source[i] = static_cast<float>(i) + 0.5f;
  float target[width + 2] = {};
  simd::store(target + 1, simd::load(source + 1));
  for (std::size_t i = 0; i < width; ++i) CHECK(target[i + 1] == source[i + 1]);
  CHECK(target[0] == 0.0f);
  CHECK(target[width + 1] == 0.0f);
  std::int32_t integers[width];
  simd::store(integers, simd::broadcast(7) + simd::broadcast(std::size_t{1}));
  for (const std::int32_t x : integers) CHECK(x == 8);
}

TEST_CASE("partial loads and stores touch nothing beyond the count") {
  for (std::size_t count = 0; count <= width; ++count) {
    CAPTURE(count);
    float source[width], target[width], loaded[width];
    for (std::size_t i = 0; i < width; ++i) source[i] = static_cast<float>(i + 1), target[i] = -1.0f;
    const batch part = simd::load_partial(source, count);
    simd::store(loaded, part);
    simd::store_partial(target, part, count);
    for (std::size_t i = 0; i < width; ++i) {
      CHECK(same(loaded[i], i < count ? source[i] : 0.0f));
      CHECK(target[i] == (i < count ? source[i] : -1.0f));
    }
  }
#if defined(HAS_GUARD_PAGES)
  // The last floats of a page whose successor cannot be touched.
  const std::size_t page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  void* memory = mmap(nullptr, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  REQUIRE(memory != MAP_FAILED);
  REQUIRE(mprotect(static_cast<char*>(memory) + page, page, PROT_NONE) == 0);
  float* end = static_cast<float*>(memory) + page / sizeof(float);
  for (std::size_t count = 0; count <= width; ++count) {
    for (std::size_t i = 0; i < count; ++i) *(end - count + i) = static_cast<float>(i);
    simd::store_partial(end - count, simd::load_partial(end - count, count) + simd::broadcast(1.0f), count);
    for (std::size_t i = 0; i < count; ++i) CHECK(*(end - count + i) == static_cast<float>(i + 1));
  }
  munmap(memory, 2 * page);
#endif
}

TEST_CASE("round to nearest, ties to even") {
  const float cases[][2] = {{0.5f, 0.0f},   {1.5f, 2.0f},        {2.5f, 2.0f}, {-0.5f, -0.0f},           {-1.5f, -2.0f},
                            {0.49f, 0.0f},  {-0.51f, -1.0f},     {1e6f, 1e6f}, {4194303.5f, 4194304.0f}, {2.4f, 2.0f},
                            {-7.6f, -8.0f}, {65535.5f, 65536.0f}};
  for (const auto& [x, want] : cases) {
    CAPTURE(x);
    CHECK(last_lane<batch>([](auto v, auto, auto) { return simd::round(v); }, x) == want);
    CHECK(last_lane<ScalarBatch>([](auto v, auto, auto) { return simd::round(v); }, x) == want);
    CHECK(last_lane<batch>([](auto v, auto, auto) { return simd::to_float(simd::round_to_int(v)); }, x) == want);
  }
}

TEST_CASE("the 16 lanes of a row give the sum of the definition, whatever the width") {
  std::mt19937 random{7};
  std::uniform_real_distribution<float> exponent{-12.0f, 12.0f};
  int order_matters = 0;
  for (std::size_t length = 0; length <= 70; ++length) {
    CAPTURE(length);
    std::vector<float> row(length), squares(length);
    float plain = 0.0f;
    for (std::size_t i = 0; i < length; ++i) {
      row[i] = std::exp2(exponent(random)) * ((random() & 1) != 0 ? 1.0f : -1.0f);
      plain = plain + row[i];
    }
    simd::Lanes sum = simd::Lanes::zero(), largest = simd::Lanes::filled(-infinity), dot = simd::Lanes::zero();
    for_each_vector(row, 0.0f, [&](std::size_t r, batch x) { sum.add(r, x); });
    for_each_vector(row, 0.0f, [&](std::size_t r, batch x) { dot.fma(r, x, simd::broadcast(1.0f)); });
    for_each_vector(row, -infinity, [&](std::size_t r, batch x) { largest.maximum(r, x); });
    const float want = reference_sum(row);
    CHECK(same(sum.sum(), want));
    CHECK(same(dot.sum(), want));
    CHECK(same(largest.largest(), reference_largest(row)));
    order_matters += same(plain, want) ? 0 : 1;
  }
  CHECK(order_matters > 30);  // or the rows could not tell one order from another
}

TEST_CASE("a NaN in a row of maxima ends where the definition says") {
  for (std::size_t place = 0; place < 16; ++place) {
    std::vector<float> row(16);
    for (std::size_t i = 0; i < 16; ++i) row[i] = static_cast<float>(i * 7 % 16);
    row[place] = not_a_number;
    simd::Lanes largest = simd::Lanes::filled(-infinity);
    for_each_vector(row, -infinity, [&](std::size_t r, batch x) { largest.maximum(r, x); });
    CHECK(same(largest.largest(), reference_largest(row)));
  }
}

TEST_CASE("reductions of one batch are halving trees") {
  std::mt19937 random{3};
  std::uniform_real_distribution<float> exponent{-12.0f, 12.0f};
  for (int trial = 0; trial < 50; ++trial) {
    float x[width], tree[width], maxima[width];
    for (std::size_t i = 0; i < width; ++i)
      tree[i] = maxima[i] = x[i] = std::exp2(exponent(random)) * ((random() & 1) != 0 ? 1.0f : -1.0f);
    if (trial % 5 == 0) maxima[static_cast<std::size_t>(random()) % width] = not_a_number;
    std::memcpy(x, maxima, sizeof x);
    for (std::size_t half = width / 2; half != 0; half /= 2)
      for (std::size_t i = 0; i < half; ++i) {
        maxima[i] = maxima[i + half] < maxima[i] ? maxima[i] : maxima[i + half];
        tree[i] = tree[i] + tree[i + half];
      }
    CHECK(same(simd::reduce_maximum(simd::load(x)), maxima[0]));
    if (trial % 5 != 0) CHECK(same(simd::reduce_add(simd::load(x)), tree[0]));
  }
}

TEST_CASE("transpose_16 for every number of rows, and columns that are no multiple of the width") {
  int wrong = 0;
  for (std::size_t rows = 0; rows <= 16; ++rows)
    for (std::size_t columns = 0; columns <= 37; ++columns) {
      const std::size_t stride = columns + 3;
      // Exactly as long as it must be: a sanitizer finds a read beyond.
      std::vector<float> source(rows == 0 ? 0 : (rows - 1) * stride + columns);
      for (std::size_t i = 0; i < source.size(); ++i) source[i] = static_cast<float>(i + 1);
      std::vector<float> packed(columns * 16, -1.0f);
      simd::transpose_16(source.data(), stride, rows, columns, packed.data());
      for (std::size_t column = 0; column < columns; ++column)
        for (std::size_t row = 0; row < 16; ++row) {
          const float want = row < rows ? source[row * stride + column] : 0.0f;
          wrong += same(packed[column * 16 + row], want) ? 0 : 1;
        }
    }
  CHECK(wrong == 0);
}
