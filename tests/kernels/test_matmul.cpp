// Every element of a product has the bits of one ascending chain of multiply-adds, whatever the sizes, strides and
// blocks; nothing outside C is written, nothing behind an operand is read.

#include <algorithm>
#include <vector>

#include <inlay/kernels/matmul.hpp>

#include "support/catch.hpp"
#include "support/guarded.hpp"
#include "support/numbers.hpp"

namespace kernels = inlay::kernels;
using kernels::Form;
using kernels::Store;

namespace {

struct Sizes {
  std::size_t m, n, k;
};
struct Memory {
  Guarded a{1 << 18}, b{1 << 19}, c{1 << 16}, bias{1 << 10};
};
Memory& memory() {
  static Memory instance;
  return instance;
}

// The number of floats from the first element of a matrix to its last, both included.
std::size_t extent(std::size_t rows, std::size_t columns, std::size_t stride) {
  return rows == 0 || columns == 0 ? 0 : (rows - 1) * stride + columns;
}

enum class Kind { assign, assign_with_bias, accumulate, accumulate_with_bias };

template <Form A, Form B>
bool equals_chain(const Sizes& s, std::size_t wider, Kind kind) {
  const bool with_bias = kind == Kind::assign_with_bias || kind == Kind::accumulate_with_bias;
  const bool accumulates = kind == Kind::accumulate || kind == Kind::accumulate_with_bias;
  const std::size_t a_rows = A == Form::plain ? s.m : s.k, a_columns = A == Form::plain ? s.k : s.m;
  const std::size_t b_rows = B == Form::plain ? s.k : s.n, b_columns = B == Form::plain ? s.n : s.k;
  const std::size_t a_stride = a_columns + wider, b_stride = b_columns + wider, c_stride = s.n + wider;
  const std::size_t a_size = extent(a_rows, a_columns, a_stride), b_size = extent(b_rows, b_columns, b_stride);
  const std::size_t c_size = extent(s.m, s.n, c_stride);
  float* const a = memory().a.last(a_size);
  float* const b = memory().b.last(b_size);
  float* const c = memory().c.last(c_size);
  float* const bias = memory().bias.last(s.n);
  numbers::Source source(static_cast<std::uint32_t>(s.m * 10007 + s.n * 101 + s.k));
  source.fill(a, a_size);
  source.fill(b, b_size);
  source.fill(bias, s.n);
  for (std::size_t i = 0; i < c_size; ++i) c[i] = i % c_stride < s.n ? source.next() : Guarded::sentinel;
  const std::vector<float> before(c, c + c_size);

  kernels::matmul<A, B>(s.m, s.n, s.k, a, a_stride, b, b_stride, c, c_stride,
                        accumulates ? Store::accumulate : Store::assign, with_bias ? bias : nullptr);

  bool equal = Guarded::front_untouched(c);
  for (std::size_t at = 0; at < c_size; ++at) {
    const std::size_t i = at / c_stride, j = at % c_stride;
    if (j >= s.n) {
      equal = equal && c[at] == Guarded::sentinel;
      continue;
    }
    float sum = accumulates ? before[at] : 0.0f;
    for (std::size_t p = 0; p < s.k; ++p)
      sum = numbers::fma(A == Form::plain ? a[i * a_stride + p] : a[p * a_stride + i],
                         B == Form::plain ? b[p * b_stride + j] : b[j * b_stride + p], sum);
    if (with_bias) sum = sum + bias[j];
    equal = equal && numbers::same_bits(c[at], sum);
  }
  return equal;
}

void check_all_forms(const Sizes& s, std::size_t wider, Kind kind) {
  CAPTURE(s.m, s.n, s.k, wider, static_cast<int>(kind));
  CHECK(equals_chain<Form::plain, Form::plain>(s, wider, kind));
  CHECK(equals_chain<Form::plain, Form::transposed>(s, wider, kind));
  CHECK(equals_chain<Form::transposed, Form::plain>(s, wider, kind));
}

}  // namespace

TEST_CASE("matmul: rows and columns around every block, vector and group", "[matmul]") {
  const std::size_t rows[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 13, 15, 16, 17, 25, 33};
  const std::size_t columns[] = {0,  1,  3,  4,  5,  7,  8,  9,  12, 15, 16, 17, 20, 24,
                                 28, 31, 32, 33, 40, 47, 48, 49, 63, 65, 80, 95, 97};
  std::size_t turn = 0;
  for (const std::size_t m : rows)
    for (const std::size_t n : columns)
      for (const std::size_t k : numbers::sizes({1, 17})) {
        // Kinds and strides take turns: each size meets several of them in the three forms.
        ++turn;
        check_all_forms({m, n, k}, turn % 3 == 0 ? 3 : 0, static_cast<Kind>(turn % 4));
      }
}

TEST_CASE("matmul: a reduction of no terms leaves zero, what was there, or the bias", "[matmul]") {
  for (const Kind kind : {Kind::assign, Kind::assign_with_bias, Kind::accumulate, Kind::accumulate_with_bias})
    for (const std::size_t m : numbers::sizes({1, 2, 3, 5, 17}))
      for (const std::size_t n : numbers::sizes({1, 16, 19})) check_all_forms({m, n, 0}, 2, kind);
}

TEST_CASE("matmul: the chain goes on across panels of the reduction", "[matmul]") {
  const std::size_t depth = kernels::detail::panel_depth;
  for (const Kind kind : {Kind::assign, Kind::assign_with_bias, Kind::accumulate, Kind::accumulate_with_bias})
    for (const std::size_t k : numbers::sizes({depth - 1, depth, depth + 1, 2 * depth + 3}))
      for (const Sizes& s : {Sizes{1, 19, k}, Sizes{3, 33, k}, Sizes{7, 16, k}, Sizes{18, 23, k}, Sizes{17, 40, k}})
        check_all_forms(s, 1, kind);
}

TEST_CASE("matmul: strides much wider than the rows", "[matmul]") {
  for (const std::size_t m : numbers::sizes({1, 2, 6, 17}))
    for (const std::size_t n : numbers::sizes({1, 15, 16, 32, 35}))
      check_all_forms({m, n, 9}, 61, Kind::accumulate_with_bias);
}

TEST_CASE("matmul: operands beyond the cache, for few rows and for many, and blocks of many rows", "[matmul]") {
  if (sizeof(void*) == 4) return;  // a microcontroller has no such operands, and its emulator no time for them
  const std::size_t floats = kernels::detail::far_floats;
  std::size_t turn = 0;
  for (const std::size_t m : numbers::sizes({1, 3, 8, 16, 17, 41}))
    for (const std::size_t n : numbers::sizes({900, 1024}))
      check_all_forms({m, n, floats / n + 5}, 0, static_cast<Kind>(turn++ % 4));
  // Around the size from which the next panel is fetched, and with a last block of the reduction that fetches one line.
  const std::size_t fetched = kernels::detail::fetched_floats;
  for (const std::size_t k : {fetched / 65, fetched / 65 + 1, kernels::detail::panel_depth + 1})
    check_all_forms({24, 65, k}, 0, Kind::assign_with_bias);
  check_all_forms({kernels::detail::most_rows + 5, 49, kernels::detail::panel_depth + 3}, 1,
                  Kind::accumulate_with_bias);
}

TEST_CASE("matmul: infinities and NaN reach the elements that they belong to, and no other", "[matmul]") {
  const float infinity = __builtin_inff();
  float a[5 * 3], b[3 * 19], c[5 * 19];
  numbers::Source source(3);
  source.fill(a, 15);
  source.fill(b, 57);
  a[1 * 3 + 2] = infinity;
  b[0 * 19 + 18] = infinity;
  kernels::matmul<Form::plain, Form::plain>(5, 19, 3, a, 3, b, 19, c, 19);
  for (std::size_t i = 0; i < 5; ++i)
    for (std::size_t j = 0; j < 19; ++j) {
      CAPTURE(i, j);
      CHECK((i == 1 || j == 18) == !(c[i * 19 + j] - c[i * 19 + j] == 0.0f));
    }
}
