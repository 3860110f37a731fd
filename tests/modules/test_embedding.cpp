// Embeddings of tokens, tied logits, learned and sinusoidal positions.

#include <inlay/modules/embedding.hpp>
#include <inlay/modules/linear.hpp>

#include "support/module_run.hpp"

using namespace module_test;
using inlay::Embedding;
using inlay::LearnedPositions;
using inlay::SinusoidalPositions;
using reference::Matrix;
using reference::Place;

namespace {

// The output layer of a tied model, as a module of its own: z = h E^T.
template <std::size_t Vocabulary, std::size_t Width>
struct TiedLogits {
  using Input = inlay::Reals<Width>;
  using Output = inlay::Reals<Vocabulary>;
  using E = Embedding<Vocabulary, Width>;
  using Parameters = inlay::ParametersOf<E>;
  template <class Frame>
  static void forward(const Frame& frame, Rows<const float, Width> x, Rows<float, Vocabulary> y) {
    E::logits_forward(frame, x, y);
  }
  template <class Frame, class Gradient>
  static void backward(const Frame& frame, Rows<const float, Width> x, Rows<const float, Vocabulary> dy, Gradient dx) {
    if constexpr (inlay::wants_gradient<Gradient>) E::logits_backward(frame, x, dy, dx);
  }
  template <class F, class... P>
  static void visit(F&& f, const inlay::Path& path, P&... parts) {
    E::visit(f, path, parts...);
  }
};

}  // namespace

TEST_CASE("Embedding: a row look-up equals one-hot times the matrix", "[embedding]") {
  const auto check = []<std::size_t Vocabulary, std::size_t Width>() {
    CAPTURE(Vocabulary, Width);
    const auto run = compare_with_reference<Embedding<Vocabulary, Width>, Extent{.rows = 40}>(
        {0, 33}, [](const Place& p, const std::vector<Token>& tokens) { return reference::embedding(p, tokens); });
    for (std::size_t i = 0; i < run->rows(); ++i)
      for (std::size_t j = 0; j < Width; ++j) CHECK(run->y[i * Width + j] == run->parameters.weight(run->tokens[i], j));
  };
  check.operator()<7, 15>();
  check.operator()<50, 16>();
  check.operator()<1, 33>();
}

TEST_CASE("Embedding: logits that share it", "[embedding]") {
  const auto check = []<std::size_t Vocabulary, std::size_t Width>() {
    CAPTURE(Vocabulary, Width);
    compare_with_reference<TiedLogits<Vocabulary, Width>, Extent{.rows = 17}>(
        {0, 17},
        [](const Place& p, const Matrix& x) { return reference::product(x, reference::transposed(p("weight"))); });
  };
  check.operator()<13, 15>();
  check.operator()<17, 16>();
  check.operator()<33, 17>();
}

TEST_CASE("LearnedPositions: each row has the position in its own sequence", "[embedding]") {
  compare_with_reference<LearnedPositions<9, 17>, Extent{.rows = 20}>(
      {0, 5, 6, 15}, [](const Place& p, const Matrix& x) { return reference::learned_positions(p, x); });
  // Offsets need not begin at zero.
  compare_with_reference<LearnedPositions<6, 16>, Extent{.rows = 20}>(
      {30, 33, 34, 40}, [](const Place& p, const Matrix& x) { return reference::learned_positions(p, x); });
}

TEST_CASE("SinusoidalPositions: sines and cosines", "[embedding]") {
  using M = SinusoidalPositions<9, 16>;
  static_assert(std::is_empty_v<inlay::ParametersOf<M>>);
  compare_with_reference<M, Extent{.rows = 20}>(
      {0, 5, 6, 15}, [](const Place& p, const Matrix& x) { return reference::sinusoidal_positions(p, x); });
  compare_with_reference<SinusoidalPositions<7, 15>, Extent{.rows = 20}>(
      {3, 10}, [](const Place& p, const Matrix& x) { return reference::sinusoidal_positions(p, x); });

  // The table of a toy width of 4: (sin p, cos p, sin p/100, cos p/100).
  static inlay::BuffersOf<SinusoidalPositions<3, 4>> buffers;
  SinusoidalPositions<3, 4>::initialize_buffers(buffers);
  for (std::size_t p = 0; p < 3; ++p) {
    const double position = static_cast<double>(p);
    const double expected[] = {std::sin(position), std::cos(position), std::sin(position / 100),
                               std::cos(position / 100)};
    for (std::size_t j = 0; j < 4; ++j) CHECK(std::fabs(static_cast<double>(buffers.table(p, j)) - expected[j]) < 1e-6);
  }
}

TEST_CASE("positions count on from where a cache stands", "[embedding]") {
  using M = LearnedPositions<9, 5>;
  ModuleRun<M, Extent{.rows = 4}> run({0, 3, 4}, 1);
  run.starts = {2, 8};
  run.call.packing.starts = run.starts.data();
  run.forward();
  run.backward();
  const std::size_t positions[] = {2, 3, 4, 8};
  for (std::size_t i = 0; i < 4; ++i)
    for (std::size_t j = 0; j < 5; ++j) {
      CHECK(run.y[i * 5 + j] == run.x[i * 5 + j] + run.parameters.weight(positions[i], j));
      CHECK(run.gradients.weight(positions[i], j) == present + run.dy[i * 5 + j]);
      CHECK(run.dx[i * 5 + j] == run.dy[i * 5 + j]);
    }
  for (std::size_t j = 0; j < 5; ++j) CHECK(run.gradients.weight(0, j) == present);
}
