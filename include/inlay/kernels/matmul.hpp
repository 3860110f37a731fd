#pragma once
// Matrix products: C = A B, C = A B^T, C = A^T B, each also as C += ..., row-major with strides.
//
// Arithmetic: every element of C is one chain of fused multiply-adds in ascending order of the reduction index,
//   c <- fma(a[p], b[p], c),   p = 0, 1, ..., k - 1,
// begun at +0 or, when accumulating, at the stored value; cutting the reduction into blocks continues the chain from
// what was stored, so neither blocking nor the width of a vector nor the number of threads changes a bit. A bias is
// added after the chain.
//
// Structure: for each block of A that the second-level cache holds (`most_rows` x `panel_depth`), panel after panel of
// B (`panel_columns` columns) is packed into a buffer on the stack, in groups of 16 columns padded with zeros; register
// blocks of up to `block_rows` x `block_vectors` vectors run down the rows of A against it. Where B is small, or A has
// few rows, B is read where it lies. All three forms share that inner loop; they differ in how A is addressed and how B
// is packed. Sizes are run-time arguments here: instantiating the loops for each shape gained under 3 % at the shapes
// of bench/ and multiplied the code.
// Of what may follow a product the bias is added in registers. Tried and lost: an activation on each strip of C as soon
// as it is complete. GELU takes 23 cycles a vector of AVX-512 and is not waiting for memory, and rows of a strip are
// too short to overlap: the product and GELU together took 4 to 15 % longer than one after the other.
//
// Stack: panel_floats * 4 bytes (48 KiB with AVX-512, 16 KiB with other vectors, 4 KiB scalar) and one register block.

#include <inlay/config.hpp>
#include <inlay/simd/simd.hpp>

#include <utility>

namespace inlay::inline INLAY_ABI::kernels {

// A row-major operand: element (i, j) is at data[i * stride + j]; `transposed` reads it as (j, i).
enum class Form : std::uint8_t { plain, transposed };
// Whether C begins at zero or at what is stored.
enum class Store : std::uint8_t { assign, accumulate };

namespace detail {

using simd::batch;

inline constexpr size_t group = 16;  // columns that are packed together, on every target
// 8 x 3 vectors of AVX-512 rather than 14 x 2: GCC keeps every row's address in a register, and gains 5 % of the peak.
inline constexpr size_t block_vectors = small_code              ? 1
                                        : simd::width == 16     ? 3
                                        : simd::width == 8      ? 2
                                        : simd::registers >= 32 ? 4
                                                                : 2;
inline constexpr size_t block_columns = block_vectors * simd::width;
// As many rows as keep the accumulators, a row of B and one broadcast in registers; a narrow block has more rows,
// because a multiply-add takes four cycles and two start in each.
constexpr size_t block_rows(size_t vectors) {
  if (small_code) return 4;
  constexpr size_t accumulators = simd::width == 1 ? 8 : simd::registers >= 32 ? 24 : 12;
  constexpr size_t most = simd::width == 1 ? 4 : simd::registers >= 32 ? 16 : 12;
  return accumulators / vectors < most ? accumulators / vectors : most;
}
inline constexpr size_t panel_columns = block_columns > group ? block_columns : group;
inline constexpr size_t panel_depth = simd::width == 1 ? 64 : 256;
// Up to here B is read where it lies: for few rows, or where all of it stays in the first-level cache.
inline constexpr size_t unpacked_rows = 16;
inline constexpr size_t unpacked_floats = 4096;
// From here on the panel of B that is packed next is fetched while the one before it is used, on AVX2, AVX-512 and
// AArch64. Where B has to come from beyond the second-level cache, as the weights of a model do, that gained 3 to 12 %;
// smaller products lost 2 to 3 % by it. Tried and lost on AVX-512: fetching the next lines of A^T (products gained 3 to
// 8 % where A is far and lost 2 % where it is near; nano's step gained 1 %), and those of C, for reading or for writing
// (nothing gained where C is far, 2 % lost where it is near).
inline constexpr size_t fetched_floats = 16 * 1024;
// From here on few rows of A meet `streamed_rows` rows of B at a time, which are read side by side.
inline constexpr size_t far_floats = 256 * 1024;
inline constexpr size_t streamed_rows = 32;
// A block of A, most_rows x panel_depth, stays in the second-level cache while all panels of B pass by.
inline constexpr size_t most_rows = 768;
inline constexpr size_t panel_floats = panel_columns * panel_depth;
// Whether of B's rows no more is read than these columns: a block of one vector ends where B does. With more vectors
// the masks cost 2 %.
constexpr bool reads_only(size_t columns) {
  return columns % simd::width == 0 || (simd::free_masks && columns < simd::width);
}

// f(first, count) over [0, total) in the fewest parts of at most `most`, of nearly equal size: a last part of one row
// would wait for every multiply-add.
template <size_t Most, class F>
INLAY_FORCE_INLINE void for_each_even_part(size_t total, F&& f) {
  if (total == 0) return;
  if (total <= Most) return f(size_t{0}, total);
  const auto all = static_cast<std::uint32_t>(total);
  const std::uint32_t parts = (all + std::uint32_t{Most} - 1) / std::uint32_t{Most};
  const std::uint32_t least = all / parts;
  std::uint32_t longer = all - least * parts;
  for (size_t first = 0; first < total;) {
    const size_t count = least + (longer > 0 ? 1 : 0);
    if (longer > 0) --longer;
    f(first, count);
    first += count;
  }
}

struct Block {
  size_t depth;
  const float* a;
  size_t a_stride;
  const float* b;
  size_t b_stride;  // from one step of the reduction to the next
  size_t b_group;   // from one group of 16 columns to the next
  float* c;
  size_t c_stride;
  bool accumulate;
  const float* bias;          // null, or one for each column
  size_t last = simd::width;  // columns of the last vector that C and the bias have
  // What is packed next: the first blocks of a strip fetch it into the second-level cache, one column of vectors each.
  std::uintptr_t next = 0;  // a number: it may run past what it points into
  size_t next_stride = 0;
};

// Vector v of a register block begins this far into the operand.
INLAY_FORCE_INLINE constexpr size_t vector_offset(size_t v, size_t group_stride) {
  return (v * simd::width / group) * group_stride + v * simd::width % group;
}

// The last vector of a row of C may be cut off. Where masks cost nothing it is always masked.
INLAY_FORCE_INLINE batch load_last(const float* from, size_t count) {
  if constexpr (simd::free_masks) return simd::load_partial(from, count);
  return count == simd::width ? simd::load(from) : simd::load_partial(from, count);
}
INLAY_FORCE_INLINE void store_last(float* to, batch value, size_t count) {
  if constexpr (simd::free_masks)
    simd::store_partial(to, value, count);
  else if (count == simd::width)
    simd::store(to, value);
  else
    simd::store_partial(to, value, count);
}

// RowCount x Vectors accumulators in registers, for the whole depth.
template <Form A, size_t RowCount, size_t Vectors, bool Fetches = false>
INLAY_NO_INLINE void register_block(const Block& block) {
  constexpr size_t end = (Vectors - 1) * simd::width;  // where the last vector begins
  batch sum[RowCount][Vectors];
  if (block.accumulate) {
    INLAY_UNROLL
    for (size_t i = 0; i < RowCount; ++i) {
      const float* const c = block.c + i * block.c_stride;
      INLAY_UNROLL
      for (size_t v = 0; v + 1 < Vectors; ++v) sum[i][v] = simd::load(c + v * simd::width);
      sum[i][Vectors - 1] = load_last(c + end, block.last);
    }
  } else {
    INLAY_UNROLL
    for (size_t i = 0; i < RowCount; ++i) {
      INLAY_UNROLL
      for (size_t v = 0; v < Vectors; ++v) sum[i][v] = simd::broadcast(0.0f);
    }
  }
  const float* a = block.a;
  const float* b = block.b;
  const size_t a_stride = block.a_stride;
  const size_t b_stride = block.b_stride;
  const size_t b_group = block.b_group;
  std::uintptr_t next = block.next;
  const size_t next_bytes = block.next_stride * sizeof(float);
  for (size_t p = block.depth; p > 0; --p) {
    if constexpr (Fetches) {
      simd::prefetch(next);
      next += next_bytes;
    }
    batch row[Vectors];
    INLAY_UNROLL
    for (size_t v = 0; v < Vectors; ++v) {
      const float* const from = b + vector_offset(v, b_group);
      row[v] = simd::free_masks && Vectors == 1 ? simd::load_partial(from, block.last) : simd::load(from);
    }
    INLAY_UNROLL
    for (size_t i = 0; i < RowCount; ++i) {
      const batch value = simd::broadcast(A == Form::plain ? a[i * a_stride] : a[i]);
      INLAY_UNROLL
      for (size_t v = 0; v < Vectors; ++v) sum[i][v] = simd::fma(value, row[v], sum[i][v]);
    }
    a += A == Form::plain ? 1 : a_stride;
    b += b_stride;
  }
  if (block.bias != nullptr) {
    INLAY_UNROLL
    for (size_t v = 0; v < Vectors; ++v) {
      const float* const from = block.bias + v * simd::width;
      const batch bias = v + 1 < Vectors ? simd::load(from) : load_last(from, block.last);
      INLAY_UNROLL
      for (size_t i = 0; i < RowCount; ++i) sum[i][v] = sum[i][v] + bias;
    }
  }
  INLAY_UNROLL
  for (size_t i = 0; i < RowCount; ++i) {
    float* const c = block.c + i * block.c_stride;
    INLAY_UNROLL
    for (size_t v = 0; v + 1 < Vectors; ++v) simd::store(c + v * simd::width, sum[i][v]);
    store_last(c + end, sum[i][Vectors - 1], block.last);
  }
}

// All rows of a strip of `Vectors` vectors.
template <Form A, size_t Vectors, size_t... Index>
INLAY_FORCE_INLINE void run_strip_of(size_t rows, Block& strip, std::index_sequence<Index...>) {
  static constexpr void (*table[])(const Block&) = {register_block<A, Index + 1, Vectors>...};
  size_t fetches = Vectors == block_vectors && strip.next != 0 ? block_columns / group : 0;
  for_each_even_part<sizeof...(Index)>(rows, [&](size_t, size_t count) {
    if (fetches > 0 && count == sizeof...(Index)) {
      register_block<A, sizeof...(Index), Vectors, Vectors == block_vectors>(strip);
      strip.next += group * sizeof(float);
      --fetches;
    } else {
      table[count - 1](strip);
    }
    strip.a += A == Form::plain ? count * strip.a_stride : count;
    strip.c += count * strip.c_stride;
  });
}
template <Form A, size_t Vectors>
void run_strip(size_t rows, Block& strip) {
  run_strip_of<A, Vectors>(rows, strip, std::make_index_sequence<block_rows(Vectors)>{});
}
template <Form A, size_t... Index>
INLAY_FORCE_INLINE void run_vectors(size_t vectors, size_t rows, Block& strip, std::index_sequence<Index...>) {
  static constexpr void (*table[])(size_t, Block&) = {run_strip<A, Index + 1>...};
  table[vectors - 1](rows, strip);
}

// All columns of one panel for `rows` rows. Its last columns need not fill a vector in C; in B they do, unless
// reads_only(columns).
template <Form A>
void run_panel(size_t rows, size_t columns, const Block& panel) {
  for (size_t j = 0; j < columns; j += block_columns) {
    Block strip = panel;
    strip.b += j / group * panel.b_group + j % group;
    strip.c += j;
    if (strip.bias != nullptr) strip.bias += j;
    const size_t rest = columns - j < block_columns ? columns - j : block_columns;
    const size_t vectors = (rest + simd::width - 1) / simd::width;
    strip.last = rest - (vectors - 1) * simd::width;
    run_vectors<A>(vectors, rows, strip, std::make_index_sequence<block_vectors>{});
  }
}

// B[depth][columns] into groups of 16 columns, padded with zeros.
template <Form B>
inline void pack(size_t depth, size_t columns, const float* b, size_t stride, float* packed) {
  for (size_t j = 0; j < columns; j += group, packed += depth * group) {
    const size_t count = columns - j < group ? columns - j : group;
    if constexpr (B == Form::transposed) {
      simd::transpose_16(b + j * stride, stride, count, depth, packed);
    } else {
      const float* source = b + j;
      float* target = packed;
      if (count == group) {
        for (size_t p = 0; p < depth; ++p, source += stride, target += group)
          for (size_t v = 0; v < group; v += simd::width) simd::store(target + v, simd::load(source + v));
      } else {
        for (size_t p = 0; p < depth; ++p, source += stride, target += group)
          for (size_t v = 0; v < group; v += simd::width) {
            const size_t rest = count > v ? count - v : 0;
            simd::store(target + v, simd::load_partial(source + v, rest < simd::width ? rest : simd::width));
          }
      }
    }
  }
}

// Few rows: packing would cost more than it saves, so B is streamed as it lies, in wide strips.
template <size_t RowCount, size_t Vectors>
inline void stream_strip(size_t n, size_t k, const float* a, size_t a_stride, const float* b, size_t b_stride, float* c,
                         size_t c_stride, Store store, const float* bias, size_t& first) {
  // Counted down: from a comparison with n - first GCC concludes that the loop may never end, and warns.
  constexpr size_t step = Vectors * simd::width;
  for (size_t count = first < n ? (n - first) / step : 0; count > 0; --count, first += step) {
    const Block block{k,
                      a,
                      a_stride,
                      b + first,
                      b_stride,
                      group,
                      c + first,
                      c_stride,
                      store == Store::accumulate,
                      bias == nullptr ? nullptr : bias + first};
    register_block<Form::plain, RowCount, Vectors>(block);
  }
}

template <size_t RowCount>
void stream(size_t n, size_t k, const float* a, size_t a_stride, const float* b, size_t b_stride, float* c,
            size_t c_stride, Store store, const float* bias) {
  size_t first = 0;
  stream_strip<RowCount, RowCount == 1   ? 8
                         : RowCount == 2 ? 4
                                         : 2>(n, k, a, a_stride, b, b_stride, c, c_stride, store, bias, first);
  stream_strip<RowCount, 1>(n, k, a, a_stride, b, b_stride, c, c_stride, store, bias, first);
  for (size_t i = 0; i < RowCount && first < n; ++i) {
    const size_t rest = n - first;
    batch sum = store == Store::accumulate ? simd::load_partial(c + i * c_stride + first, rest) : simd::broadcast(0.0f);
    for (size_t p = 0; p < k; ++p)
      sum = simd::fma(simd::broadcast(a[i * a_stride + p]), simd::load_partial(b + p * b_stride + first, rest), sum);
    if (bias != nullptr) sum = sum + simd::load_partial(bias + first, rest);
    simd::store_partial(c + i * c_stride + first, sum, rest);
  }
}

// Small code, one lane: A is read at i a_row + p a_step, B at p b_step + j b_column, so one loop serves all forms. Two
// rows meet two columns: the last one twice where there is no other.
INLAY_NO_INLINE inline void multiply_in_place(size_t m, size_t n, size_t k, const float* a, size_t a_row, size_t a_step,
                                              const float* b, size_t b_step, size_t b_column, float* c, size_t c_stride,
                                              Store store, const float* bias) {
  using simd::fma;
  for (size_t i = 0; i < m; i += 2) {
    const size_t below = i + 1 < m ? 1 : 0;
    for (size_t j = 0; j < n; j += 2) {
      const size_t beside = j + 1 < n ? 1 : 0;
      float* const to = c + i * c_stride + j;
      float* const to_below = to + below * c_stride;
      float sum[4] = {};
      if (store == Store::accumulate) {
        sum[0] = to[0];
        sum[1] = to[beside];
        sum[2] = to_below[0];
        sum[3] = to_below[beside];
      }
      const float* left = a + i * a_row;
      const float* right = b + j * b_column;
      for (size_t p = 0; p < k; ++p, left += a_step, right += b_step) {
        const float first = left[0], second = left[below * a_row];
        const float one = right[0], other = right[beside * b_column];
        sum[0] = fma(first, one, sum[0]);
        sum[1] = fma(first, other, sum[1]);
        sum[2] = fma(second, one, sum[2]);
        sum[3] = fma(second, other, sum[3]);
      }
      if (bias != nullptr)
        for (size_t s = 0; s < 4; ++s) sum[s] += bias[j + s % 2 * beside];
      to[0] = sum[0];
      to[beside] = sum[1];
      to_below[0] = sum[2];
      to_below[beside] = sum[3];
    }
  }
}

// The product, packed or not, after the choices of matmul().
template <Form A, Form B>
INLAY_NO_INLINE void multiply(size_t m, size_t n, size_t k, const float* a, size_t a_stride, const float* b,
                              size_t b_stride, float* c, size_t c_stride, Store store, const float* bias) {
  if constexpr (A == Form::plain && B == Form::plain && !small_code) {
    if (m == 1) return stream<1>(n, k, a, a_stride, b, b_stride, c, c_stride, store, bias);
    if (m == 2) return stream<2>(n, k, a, a_stride, b, b_stride, c, c_stride, store, bias);
    if (m == 3) return stream<3>(n, k, a, a_stride, b, b_stride, c, c_stride, store, bias);
  }
  alignas(64) float packed[panel_floats];
  const size_t groups = (n + group - 1) / group;
  const bool fetches = B == Form::plain && k * b_stride >= fetched_floats;
  const bool small = B == Form::plain && (m <= unpacked_rows || k * b_stride <= unpacked_floats);
  for (size_t row = 0; row < m; row += most_rows) {
    const size_t rows = m - row < most_rows ? m - row : most_rows;
    size_t p = 0;
    do {
      const size_t depth = k - p < panel_depth ? k - p : panel_depth;
      const bool last = p + depth == k;
      for_each_even_part<panel_columns / group>(groups, [&](size_t first, size_t count) {
        const size_t j = first * group;
        const size_t end = j + count * group;
        const size_t columns = (end < n ? end : n) - j;
        const float* const right = B == Form::plain ? b + p * b_stride + j : b + j * b_stride + p;
        const bool packs = !small || !reads_only(columns);
        if (packs) pack<B>(depth, columns, right, b_stride, packed);
        const float* next = nullptr;
        if (packs && fetches) next = j + columns < n ? right + columns : last ? nullptr : b + (p + depth) * b_stride;
        run_panel<A>(
            rows, columns,
            {depth, A == Form::plain ? a + row * a_stride + p : a + p * a_stride + row, a_stride,
             packs ? packed : right, packs ? group : b_stride, packs ? depth * group : group, c + row * c_stride + j,
             c_stride, store == Store::accumulate || p > 0, last && bias != nullptr ? bias + j : nullptr, simd::width,
             reinterpret_cast<std::uintptr_t>(next), b_stride});
      });
      p += depth;
    } while (p < k);
  }
}

}  // namespace detail

// C[m][n] (+)= op(A)[m][k] op(B)[k][n] + bias[n].
// C overlaps neither A nor B. A^T B^T is not needed by any module and does not exist.
template <Form A, Form B>
INLAY_NO_INLINE void matmul(size_t m, size_t n, size_t k, const float* a, size_t a_stride, const float* b,
                            size_t b_stride, float* c, size_t c_stride, Store store = Store::assign,
                            const float* bias = nullptr) noexcept {
  static_assert(A == Form::plain || B == Form::plain, "inlay: the product of two transposed matrices is not offered");
  if (m == 0 || n == 0) return;
  if constexpr (small_code && simd::width == 1)
    return detail::multiply_in_place(m, n, k, a, A == Form::plain ? a_stride : 1, A == Form::plain ? 1 : a_stride, b,
                                     B == Form::plain ? b_stride : 1, B == Form::plain ? 1 : b_stride, c, c_stride,
                                     store, bias);
  constexpr size_t rows = detail::streamed_rows;
  const size_t b_rows = B == Form::plain ? k : n;
  if (m > detail::unpacked_rows || b_rows <= rows || b_rows * b_stride < detail::far_floats)
    return detail::multiply<A, B>(m, n, k, a, a_stride, b, b_stride, c, c_stride, store, bias);
  // Few rows against much of B: memory is what bounds this, and it is read in the order in which it lies, a few rows of
  // B side by side. For one row against GPT-2's weights that is 1.5 times as fast as panels of columns.
  if constexpr (B == Form::plain) {
    for (size_t p = 0; p < k; p += rows) {
      const size_t depth = k - p < rows ? k - p : rows;
      detail::multiply<A, B>(m, n, depth, A == Form::plain ? a + p : a + p * a_stride, a_stride, b + p * b_stride,
                             b_stride, c, c_stride, p > 0 ? Store::accumulate : store, p + depth == k ? bias : nullptr);
    }
  } else {
    for (size_t j = 0; j < n; j += rows)
      detail::multiply<A, B>(m, n - j < rows ? n - j : rows, k, a, a_stride, b + j * b_stride, b_stride, c + j,
                             c_stride, store, bias == nullptr ? nullptr : bias + j);
  }
}

}  // namespace inlay::inline INLAY_ABI::kernels
