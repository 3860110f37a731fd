// Modules made of modules: Sequential, Residual, Stack; and what empty parts cost, which is nothing.

#include <inlay/modules/activation.hpp>
#include <inlay/modules/attention.hpp>
#include <inlay/modules/compose.hpp>
#include <inlay/modules/embedding.hpp>
#include <inlay/modules/gradient_check.hpp>
#include <inlay/modules/linear.hpp>
#include <inlay/modules/normalization.hpp>
#include <inlay/modules/stack.hpp>

#include "support/module_run.hpp"

using namespace module_test;
using inlay::Activate;
using inlay::Activation;
using inlay::ActivationsOf;
using inlay::Bias;
using inlay::Dropout;
using inlay::Linear;
using inlay::ParametersOf;
using inlay::Recompute;
using inlay::Residual;
using inlay::Sequential;
using inlay::Stack;
using inlay::WorkspaceOf;
using reference::Matrix;
using reference::Place;

namespace {

constexpr Extent rows_9{.rows = 9};

template <std::size_t Width>
using Relu = Activate<Activation::relu, Width>;
template <std::size_t Width>
using Silu = Activate<Activation::silu, Width>;
using Network = Sequential<Linear<15, 33>, Silu<33>, Linear<33, 17>, inlay::LogSoftmax<17>>;

Matrix member(const Place& p, std::size_t index, const Matrix& x) {
  return reference::linear(p.layer(index, "sequential"), x);
}

}  // namespace

TEST_CASE("Sequential against the reference", "[compose]") {
  const auto run = compare_with_reference<Network, rows_9>({0, 9}, [](const Place& p, const Matrix& x) {
    return reference::log_softmax(member(p, 2, reference::activation(Activation::silu, member(p, 0, x))));
  });
  check_without_input_gradient(*run);
  compare_with_reference<Sequential<Linear<16, 5>>, rows_9>(
      {0, 9}, [](const Place& p, const Matrix& x) { return member(p, 0, x); });
  // The network of the textbooks: linear, sigmoid (here silu), linear, softmax.
  compare_with_reference<Sequential<Linear<3, 8>, Silu<8>, Linear<8, 4>, inlay::Softmax<4>>, rows_9>(
      {0, 9}, [](const Place& p, const Matrix& x) {
        return reference::softmax(member(p, 2, reference::activation(Activation::silu, member(p, 0, x))));
      });
}

TEST_CASE("Sequential may begin with tokens and carry tables", "[compose]") {
  using M = Sequential<inlay::Embedding<11, 15>, inlay::SinusoidalPositions<9, 15>, Dropout<15, 0.25f>,
                       Linear<15, 11, Bias::no>>;
  static_assert(M::vocabulary == 11 && sizeof(ParametersOf<M>) == 4 * (11 * 15 + 15 * 11));
  static_assert(sizeof(inlay::BuffersOf<M>) == 4 * 9 * 15);
  compare_with_reference<M, Extent{.rows = 12}>({0, 7, 12}, [](const Place& p, const std::vector<Token>& tokens) {
    const Matrix embedded = reference::embedding(p.layer(0, "sequential"), tokens);
    const Matrix placed = reference::sinusoidal_positions(p.layer(1, "sequential"), embedded);
    return member(p, 3, reference::dropout(p.layer(2, "sequential"), placed, 0.25f));
  });
  CHECK(inlay::check_gradients<M>().passed());
}

TEST_CASE("Residual against the reference", "[compose]") {
  using Inner = Sequential<Linear<17, 9>, Silu<9>, Linear<9, 17>>;
  const auto run = compare_with_reference<Residual<Inner>, rows_9>({0, 9}, [](const Place& p, const Matrix& x) {
    return x + member(p, 2, reference::activation(Activation::silu, member(p, 0, x)));
  });
  check_without_input_gradient(*run);
}

TEST_CASE("Stack: policies of recomputation agree to the bit", "[compose]") {
  using Layer = Residual<Sequential<inlay::LayerNorm<inlay::NormConfig{.width = 15}>, Linear<15, 31>, Relu<31>,
                                    Linear<31, 15>, Dropout<15, 0.2f>>>;
  using M = Stack<Layer, 4>;
  const auto layers = [](const Place& p, Matrix x) {
    for (std::size_t layer = 0; layer < 4; ++layer) {
      const Place at = p.layer(layer);
      const Matrix hidden = member(at, 1, reference::normalization(at.layer(0, "sequential"), x, true));
      const Matrix added = member(at, 3, reference::activation(Activation::relu, hidden));
      x = x + reference::dropout(at.layer(4, "sequential"), added, 0.2f);
    }
    return x;
  };
  const auto kept = compare_with_reference<M, rows_9>({0, 9}, layers);
  const auto check = [&]<Recompute Policy>() {
    ModuleRun<M, Extent{.rows = 9, .recompute = Policy}> run({0, 9}, 1);
    run.forward();
    run.backward();
    CHECK(equal_bits(run.y, kept->y));
    CHECK(equal_bits(run.dx, kept->dx));
    inlay::visit<M>([](const inlay::Path&, const auto& a, const auto& b) { CHECK(equal_bits(a, b)); }, run.gradients,
                    kept->gradients);
  };
  check.operator()<Recompute::cheap>();
  check.operator()<Recompute::block>();
  // A stack of one is the layer itself.
  compare_with_reference<Stack<Linear<7, 7>, 1>, rows_9>(
      {0, 9}, [](const Place& p, const Matrix& x) { return reference::linear(p.layer(0), x); });
}

TEST_CASE("tensors have the path that leads to them", "[compose]") {
  using M = Sequential<
      Stack<Linear<3, 3>, 2>, Relu<3>,
      Residual<inlay::Attention<inlay::AttentionConfig{.width = 3, .heads = 1, .context = 4, .biases = false}>>>;
  static ParametersOf<M> parameters;
  std::vector<std::string> names;
  std::size_t numbers = 0;
  inlay::visit<M>(
      [&](const inlay::Path& path, const auto& tensor) {
        names.emplace_back(path.text().c_str());
        numbers += tensor.size();
      },
      parameters);
  const std::vector<std::string> expected{"0.0.weight",     "0.0.bias",     "0.1.weight",     "0.1.bias",
                                          "2.query.weight", "2.key.weight", "2.value.weight", "2.output.weight"};
  CHECK(names == expected);
  CHECK(numbers == 2 * 12 + 4 * 9);
}

TEST_CASE("what a module does not have costs nothing", "[compose]") {
  static_assert(std::is_empty_v<ParametersOf<Relu<8>>>);
  static_assert(std::is_empty_v<ParametersOf<Sequential<Relu<8>, Silu<8>>>>);
  static_assert(inlay::bytes_of<ParametersOf<Sequential<Relu<8>, Relu<8>, Relu<8>>>> == 0);
  static_assert(inlay::bytes_of<inlay::BuffersOf<Network>> == 0);
  static_assert(inlay::bytes_of<inlay::StateOf<Network, 3>> == 0);
  // Modules without parameters between two that have some, the same one twice as well.
  static_assert(sizeof(ParametersOf<Sequential<Linear<8, 8, Bias::no>, Relu<8>, Relu<8>, Linear<8, 8, Bias::no>>>) ==
                2 * 4 * 64);
  static_assert(sizeof(ParametersOf<Stack<Sequential<Linear<8, 8, Bias::no>, Relu<8>>, 5>>) == 5 * 4 * 64);
  static_assert(sizeof(ParametersOf<Residual<Linear<8, 8>>>) == sizeof(ParametersOf<Linear<8, 8>>));
  // A Sequential keeps the values between its modules, and no copy of the caller's.
  static_assert(sizeof(ActivationsOf<Sequential<Linear<16, 32>, Relu<32>, Linear<32, 16>>, rows_9>) == 2 * 4 * 9 * 32);
  static_assert(std::is_empty_v<ActivationsOf<Sequential<Linear<16, 32>>, rows_9>>);
  using Three = Sequential<Linear<16, 32>, Relu<32>, Linear<32, 16>>;
  static_assert(sizeof(WorkspaceOf<Three, Extent{.rows = 9, .training = false}>) < 64);
  // Siblings share the bytes of their workspaces.
  using Head = inlay::Attention<inlay::AttentionConfig{.width = 8, .heads = 1, .context = 9}>;
  static_assert(sizeof(WorkspaceOf<Sequential<Head, Head, Head>, rows_9>) < 2 * sizeof(WorkspaceOf<Head, rows_9>));
  // Frames, modules and executors are empty or references.
  static_assert(std::is_empty_v<Network> && std::is_empty_v<Residual<Linear<8, 8>>> && std::is_empty_v<inlay::Serial>);
  static_assert(std::is_trivial_v<ParametersOf<Network>> && std::is_trivial_v<ActivationsOf<Network, rows_9>>);
  static_assert(std::is_trivial_v<WorkspaceOf<Network, rows_9>>);
  SUCCEED();
}
