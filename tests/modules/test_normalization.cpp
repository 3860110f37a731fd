// LayerNorm and RmsNorm, with and without gain and bias.

#include <inlay/modules/normalization.hpp>

#include "support/module_run.hpp"

using namespace module_test;
using inlay::LayerNorm;
using inlay::NormConfig;
using inlay::RmsNorm;

namespace {

template <class M, bool Centered>
void check(double epsilon = 1e-5) {
  for (const std::uint32_t rows : {1u, 5u, 16u}) {
    CAPTURE(M::Input::width, Centered, rows);
    const auto run = compare_with_reference<M, Extent{.rows = 16}>(
        {0, rows},
        [&](const auto& place, const auto& x) { return reference::normalization(place, x, Centered, epsilon); }, rows);
    check_without_input_gradient(*run);

    // y again from what was saved has the bits of the first time.
    std::vector<float> again(run->y.size());
    M::recompute(run->forward_frame(), run->input(), Rows<float, M::Input::width>(again.data(), run->rows()));
    CHECK(equal_bits(again, run->y));
  }
}

}  // namespace

TEST_CASE("LayerNorm against the reference", "[normalization]") {
  check<LayerNorm<NormConfig{.width = 15}>, true>();
  check<LayerNorm<NormConfig{.width = 33}>, true>();
  check<LayerNorm<NormConfig{.width = 16, .bias = false}>, true>();
  check<LayerNorm<NormConfig{.width = 31, .gain = false, .bias = false}>, true>();
  check<LayerNorm<NormConfig{.width = 17, .epsilon = 0.5f}>, true>(0.5);
}

TEST_CASE("RmsNorm against the reference", "[normalization]") {
  check<RmsNorm<NormConfig{.width = 16}>, false>();
  check<RmsNorm<NormConfig{.width = 17, .gain = false}>, false>();
  check<RmsNorm<NormConfig{.width = 31, .epsilon = 0.25f}>, false>(0.25);
}

TEST_CASE("normalisations hold what they have and nothing else, and begin as the identity", "[normalization]") {
  static_assert(sizeof(inlay::ParametersOf<LayerNorm<NormConfig{.width = 8}>>) == 2 * 4 * 8);
  static_assert(sizeof(inlay::ParametersOf<LayerNorm<NormConfig{.width = 8, .bias = false}>>) == 4 * 8);
  static_assert(sizeof(inlay::ParametersOf<RmsNorm<NormConfig{.width = 8}>>) == 4 * 8);
  static_assert(std::is_empty_v<inlay::ParametersOf<RmsNorm<NormConfig{.width = 8, .gain = false}>>>);
  static_assert(sizeof(inlay::ActivationsOf<RmsNorm<NormConfig{.width = 8}>, Extent{.rows = 16}>) == 4 * 16);
  static_assert(inlay::Module<RmsNorm<NormConfig{.width = 8}>> && inlay::Module<LayerNorm<NormConfig{.width = 8}>>);
  inlay::ParametersOf<LayerNorm<NormConfig{.width = 8}>> p;
  inlay::initialize<LayerNorm<NormConfig{.width = 8}>>(p, inlay::Seed{1});
  for (const float value : p.gain) CHECK(value == 1.0f);
  for (const float value : p.bias) CHECK(value == 0.0f);
}
