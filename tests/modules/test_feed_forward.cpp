// FeedForward with each nonlinearity, keeping f(h) or computing it again.

#include <inlay/modules/feed_forward.hpp>

#include "support/module_run.hpp"

using namespace module_test;
using inlay::Activation;
using inlay::Bias;
using inlay::FeedForward;
using inlay::Recompute;

namespace {

template <std::size_t Width, std::size_t Hidden, Activation A, Bias B>
void check() {
  CAPTURE(Width, Hidden, static_cast<int>(A), static_cast<bool>(B));
  using M = FeedForward<Width, Hidden, A, B>;
  const auto forward = [](const auto& place, const auto& x) { return reference::feed_forward(place, x, A); };
  const auto kept = compare_with_reference<M, Extent{.rows = 9}>({0, 9}, forward);
  const auto again = compare_with_reference<M, Extent{.rows = 9, .recompute = Recompute::cheap}>({0, 9}, forward);
  CHECK(equal_bits(kept->y, again->y));
  CHECK(equal_bits(kept->dx, again->dx));
  CHECK(equal_bits(kept->gradients.up.weight, again->gradients.up.weight));
  CHECK(equal_bits(kept->gradients.down.weight, again->gradients.down.weight));
  CHECK(sizeof(again->activations) < sizeof(kept->activations));
  check_without_input_gradient(*kept);

  // Without training, f(h) takes the place of h, and the values are the same.
  ModuleRun<M, Extent{.rows = 9, .training = false}> inference({0, 9}, 1);
  inference.forward();
  CHECK(equal_bits(inference.y, kept->y));
}

}  // namespace

TEST_CASE("FeedForward against the reference", "[feed_forward]") {
  check<15, 33, Activation::relu, Bias::yes>();
  check<16, 17, Activation::gelu_erf, Bias::no>();
  check<17, 64, Activation::gelu_tanh, Bias::yes>();
  check<31, 16, Activation::silu, Bias::no>();
}
