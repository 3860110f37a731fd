// The gated feed-forward against the reference, and with each policy of recomputation.

#include <inlay/modules/gated_feed_forward.hpp>

#include "support/module_run.hpp"

using namespace module_test;
using inlay::Activation;
using inlay::Bias;
using inlay::GatedFeedForward;
using inlay::Recompute;
using reference::Matrix;
using reference::Place;

namespace {

template <std::size_t Width, std::size_t Hidden, Activation A, Bias B>
void check() {
  using M = GatedFeedForward<Width, Hidden, A, B>;
  CAPTURE(Width, Hidden, static_cast<int>(A));
  const auto kept = compare_with_reference<M, Extent{.rows = 19}>(
      {0, 1, 19}, [](const Place& p, const Matrix& x) { return reference::gated_feed_forward(p, x, A); });
  ModuleRun<M, Extent{.rows = 19, .recompute = Recompute::cheap}> again({0, 1, 19}, 1);
  again.forward();
  again.backward();
  CHECK(equal_bits(again.y, kept->y));
  CHECK(equal_bits(again.dx, kept->dx));
  inlay::visit<M>([](const inlay::Path&, const auto& a, const auto& b) { CHECK(equal_bits(a, b)); }, again.gradients,
                  kept->gradients);
  ModuleRun<M, Extent{.rows = 19, .training = false}> inference({0, 1, 19}, 1);
  inference.forward();
  CHECK(equal_bits(inference.y, kept->y));
  check_without_input_gradient(*kept);
}

}  // namespace

TEST_CASE("GatedFeedForward: SwiGLU and GeGLU against the reference", "[feed_forward]") {
  check<8, 21, Activation::silu, Bias::no>();
  check<5, 16, Activation::silu, Bias::yes>();
  check<16, 33, Activation::gelu_erf, Bias::no>();
  check<1, 1, Activation::gelu_tanh, Bias::yes>();
  check<3, 2, Activation::relu, Bias::yes>();
}
