// Matrix products on one thread, at the shapes of small models and of GPT-2, in the three forms that training needs:
//
//   A B     C[M][N] = A[M][K] B[K][N]         forward
//   A B^T   the same C, B stored as [N][K]    gradient of the input
//   A^T B   the same C, A stored as [K][M]    gradient of the weights
//
//   bench_matmul --benchmark_filter='A B/projection'

#include <inlay/kernels/matmul.hpp>

#include <string>

#include "kernels/shapes.hpp"
#include "support/measure.hpp"

namespace {

using bench::Shape;
using inlay::kernels::Form;

alignas(64) float a[bench::largest<&Shape::m, &Shape::k>()];
alignas(64) float b[bench::largest<&Shape::k, &Shape::n>()];
alignas(64) float c[bench::largest<&Shape::m, &Shape::n>()];

template <Form A, Form B>
void run(benchmark::State& state, const Shape& shape) {
  const auto [name, m, k, n] = shape;
  for (std::size_t i = 0; i < m * k; ++i) a[i] = static_cast<float>(i % 7) - 3.0F;
  for (std::size_t i = 0; i < k * n; ++i) b[i] = static_cast<float>(i % 5) - 2.0F;
  const std::size_t a_stride = A == Form::plain ? k : m;
  const std::size_t b_stride = B == Form::plain ? n : k;
  const double seconds = bench::fastest_call(state, [&, m = m, k = k, n = n] {
    inlay::kernels::matmul<A, B>(m, n, k, a, a_stride, b, b_stride, c, n);
    benchmark::DoNotOptimize(c[0]);
    benchmark::ClobberMemory();
  });
  bench::count_operations(state, 2.0 * static_cast<double>(m * n * k), seconds);
}

template <Form A, Form B>
void add(const std::string& form) {
  for (const Shape& shape : bench::shapes) {
    const auto by = [](std::size_t x, std::size_t y) { return std::to_string(x) + "x" + std::to_string(y); };
    const std::string name = form + "/" + shape.name + "/" + by(shape.m, shape.k) + "x" + std::to_string(shape.n);
    benchmark::RegisterBenchmark(name.c_str(), run<A, B>, shape);
  }
}

[[maybe_unused]] const bool added = [] {
  add<Form::plain, Form::plain>("A B");
  add<Form::plain, Form::transposed>("A B^T");
  add<Form::transposed, Form::plain>("A^T B");
  return true;
}();

}  // namespace
