#pragma once
// Drivers: cut the work of a kernel into blocks and hand them to an executor.
//
// Every element of a result is computed by one block as the serial kernel would compute it, so the bits do not depend
// on the cut. With Serial each driver is the kernel itself. Small work stays on the calling thread.

#include <inlay/config.hpp>
#include <inlay/kernels/matmul.hpp>
#include <inlay/kernels/vectors.hpp>
#include <inlay/parallel/executor.hpp>
#include <inlay/parallel/trace.hpp>

namespace inlay::inline INLAY_ABI::parallel {

// Below this many multiply-adds (some ten microseconds) handing work over costs more than it gains.
inline constexpr size_t least_multiply_adds = 256 * 1024;

// f(first, count) over [0, n) in blocks of at least `grain` (the last may be shorter).
template <Executor E, class F>
void for_each_block(const E& executor, size_t n, size_t grain, F&& f) {
  if constexpr (is_serial<E>) {
    if (n > 0) f(size_t{0}, n);
  } else {
    const size_t most = 4 * executor.max_workers();
    size_t blocks = n / grain;
    blocks = blocks > most ? most : blocks;
    if (blocks <= 1) {
      if (n > 0) f(size_t{0}, n);
      return;
    }
    for_each_in_lanes(executor, blocks, executor.max_workers(), [&](size_t block, size_t) {
      const size_t first = n * block / blocks;
      f(first, n * (block + 1) / blocks - first);
    });
  }
}

constexpr const char* matmul_name(kernels::Form a, kernels::Form b) {
  using kernels::Form;
  return a == Form::transposed ? "matmul A^T B" : b == Form::transposed ? "matmul A B^T" : "matmul A B";
}

// kernels::matmul, cut along the longer side of C.
template <kernels::Form A, kernels::Form B, Executor E>
void matmul(const E& executor, size_t m, size_t n, size_t k, const float* a, size_t a_stride, const float* b,
            size_t b_stride, float* c, size_t c_stride, kernels::Store store = kernels::Store::assign,
            const float* bias = nullptr) {
  using kernels::Form;
  const Span span(executor, matmul_name(A, B), {2 * m * n * k, 4 * (m * k + k * n + m * n)});
  if constexpr (is_serial<E>) {
    kernels::matmul<A, B>(m, n, k, a, a_stride, b, b_stride, c, c_stride, store, bias);
  } else {
    if (m * n * k < least_multiply_adds)
      return kernels::matmul<A, B>(m, n, k, a, a_stride, b, b_stride, c, c_stride, store, bias);
    if (m >= n) {
      for_each_block(executor, m, 16, [&](size_t first, size_t count) {
        kernels::matmul<A, B>(count, n, k, A == Form::plain ? a + first * a_stride : a + first, a_stride, b, b_stride,
                              c + first * c_stride, c_stride, store, bias);
      });
    } else {
      constexpr size_t grain = kernels::detail::panel_columns;
      for_each_block(executor, (n + grain - 1) / grain, 1, [&](size_t first, size_t count) {
        const size_t begin = first * grain;
        const size_t columns = (first + count) * grain < n ? count * grain : n - begin;
        kernels::matmul<A, B>(m, columns, k, a, a_stride, B == Form::plain ? b + begin : b + begin * b_stride, b_stride,
                              c + begin, c_stride, store, bias == nullptr ? nullptr : bias + begin);
      });
    }
  }
}

// y += x, what joins a branch with the residual stream: traced, not cut.
template <Executor E>
void add_residual(const E& executor, size_t n, const float* x, float* y) {
  const Span span(executor, "residual add", {n, 12 * n});
  kernels::add(n, x, y);
}

}  // namespace inlay::inline INLAY_ABI::parallel
