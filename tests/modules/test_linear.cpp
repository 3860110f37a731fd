// Linear, with and without bias.

#include <inlay/modules/linear.hpp>

#include "support/module_run.hpp"

using namespace module_test;
using inlay::Bias;
using inlay::Linear;

namespace {

template <std::size_t In, std::size_t Out, Bias B>
void check() {
  CAPTURE(In, Out, static_cast<bool>(B));
  for (const std::uint32_t rows : {1u, 2u, 5u, 17u}) {
    using M = Linear<In, Out, B>;
    const auto run = compare_with_reference<M, Extent{.rows = 17}>(
        {0, rows}, [](const auto& place, const auto& x) { return reference::linear(place, x); }, rows);
    check_without_input_gradient(*run);
  }
}

}  // namespace

TEST_CASE("Linear against the reference", "[linear]") {
  check<1, 1, Bias::yes>();
  check<15, 17, Bias::yes>();
  check<16, 16, Bias::no>();
  check<17, 31, Bias::no>();
  check<33, 15, Bias::yes>();
}

TEST_CASE("Linear: what it holds, and how it begins", "[linear]") {
  static_assert(sizeof(inlay::ParametersOf<Linear<5, 7>>) == 4 * (5 * 7 + 7));
  static_assert(sizeof(inlay::ParametersOf<Linear<5, 7, Bias::no>>) == 4 * 5 * 7);
  static_assert(std::is_empty_v<inlay::ActivationsOf<Linear<5, 7>, Extent{}>>);
  static_assert(std::is_empty_v<inlay::WorkspaceOf<Linear<5, 7>, Extent{}>>);
  static_assert(inlay::Module<Linear<5, 7>> && inlay::Module<Linear<5, 7, Bias::no>>);

  using M = Linear<64, 64>;
  static inlay::ParametersOf<M> p, same, other;
  inlay::initialize<M>(p, inlay::Seed{3});
  inlay::initialize<M>(same, inlay::Seed{3});
  inlay::initialize<M>(other, inlay::Seed{4});
  CHECK(equal_bits(p.weight, same.weight));
  CHECK(!equal_bits(p.weight, other.weight));
  double sum = 0.0, squares = 0.0;
  for (const float value : p.weight) {
    sum += static_cast<double>(value);
    squares += static_cast<double>(value) * static_cast<double>(value);
  }
  CHECK(std::fabs(sum / 4096) < 0.001);
  CHECK(std::fabs(std::sqrt(squares / 4096) - 0.02) < 0.001);
  for (const float value : p.bias) CHECK(value == 0.0f);
}
