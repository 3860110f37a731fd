// The transformer block, stacks of it, and the policies of recomputation, which must agree to the bit.

#include <inlay/models/gpt.hpp>

#include "support/module_run.hpp"

using namespace module_test;
using inlay::Activation;
using inlay::GptConfig;
using inlay::NormKind;
using inlay::NormPlacement;
using inlay::Recompute;
using reference::Matrix;
using reference::Offsets;
using reference::Place;

namespace {

template <class M>
void check_same_gradients(const inlay::ParametersOf<M>& a, const inlay::ParametersOf<M>& b) {
  inlay::visit<M>([](const inlay::Path&, const auto& p, const auto& q) { CHECK(equal_bits(p, q)); }, a, b);
}

// A block, and three of them with each policy.
template <GptConfig C>
void check(const Offsets& offsets) {
  using Block = typename inlay::Gpt<C>::BlockType;
  CAPTURE(C.width, C.heads, static_cast<int>(C.placement), C.dropout, offsets.size());
  const auto one = compare_with_reference<Block, Extent{.rows = 24}>(
      offsets, [](const Place& p, const Matrix& x) { return reference::block(p, x, C); });
  check_without_input_gradient(*one);

  using Stack = inlay::Stack<Block, 3>;
  const auto layers = [](const Place& p, Matrix x) {
    for (std::size_t layer = 0; layer < 3; ++layer) x = reference::block(p.layer(layer), x, C);
    return x;
  };
  const auto kept = compare_with_reference<Stack, Extent{.rows = 24}>(offsets, layers);
  const auto compare_policy = [&]<Recompute Policy>() {
    CAPTURE(static_cast<int>(Policy));
    ModuleRun<Stack, Extent{.rows = 24, .recompute = Policy}> run(offsets, 1);
    run.forward();
    run.backward();
    CHECK(equal_bits(run.y, kept->y));
    CHECK(equal_bits(run.dx, kept->dx));
    check_same_gradients<Stack>(run.gradients, kept->gradients);
  };
  compare_policy.template operator()<Recompute::cheap>();
  compare_policy.template operator()<Recompute::block>();
  check_without_input_gradient(*kept);

  ModuleRun<Stack, Extent{.rows = 24, .training = false}> inference(offsets, 1);
  inference.forward();
  CHECK(equal_bits(inference.y, kept->y));
}

constexpr GptConfig base{.vocabulary = 1, .context = 20, .width = 15, .heads = 3, .layers = 1, .hidden = 17};
constexpr GptConfig with(GptConfig c, NormPlacement placement, float dropout) {
  c.placement = placement;
  c.dropout = dropout;
  return c;
}

}  // namespace

TEST_CASE("Block and Stack against the reference: normalisation before", "[block]") {
  check<base>({0, 9, 10, 24});
  check<GptConfig{.vocabulary = 1,
                  .context = 20,
                  .width = 16,
                  .heads = 1,
                  .layers = 1,
                  .hidden = 33,
                  .biases = false,
                  .activation = Activation::silu,
                  .norm = NormKind::root_mean_square,
                  .norm_gain = false}>({0, 17});
}

TEST_CASE("Block and Stack against the reference: normalisation after", "[block]") {
  check<with(base, NormPlacement::after, 0.0f)>({0, 9, 10, 24});
}

TEST_CASE("Block and Stack against the reference: no normalisation", "[block]") {
  check<with(base, NormPlacement::none, 0.0f)>({0, 9, 10, 24});
  check<with(base, NormPlacement::none, 0.2f)>({0, 9, 10, 24});
}

TEST_CASE("Block and Stack against the reference: rotary positions, grouped queries, gated", "[block]") {
  check<GptConfig{.vocabulary = 1,
                  .context = 20,
                  .width = 16,
                  .heads = 4,
                  .layers = 1,
                  .hidden = 21,
                  .biases = false,
                  .activation = Activation::silu,
                  .norm = NormKind::root_mean_square,
                  .positions = inlay::Positions::rotary,
                  .gated = true,
                  .key_value_heads = 2,
                  .query_key_norm = true}>({0, 9, 10, 24});
}

TEST_CASE("Block and Stack against the reference: with dropout", "[block]") {
  check<with(base, NormPlacement::before, 0.2f)>({0, 9, 10, 24});
  check<with(base, NormPlacement::after, 0.2f)>({0, 9, 10, 24});
}

TEST_CASE("recomputation exchanges bytes for time", "[block]") {
  using Stack = inlay::Stack<inlay::Gpt<base>::BlockType, 6>;
  const auto bytes = []<Recompute Policy>() {
    constexpr Extent extent{.rows = 24, .recompute = Policy};
    return sizeof(inlay::ActivationsOf<Stack, extent>) + sizeof(inlay::WorkspaceOf<Stack, extent>);
  };
  const std::size_t none = bytes.operator()<Recompute::none>(), cheap = bytes.operator()<Recompute::cheap>(),
                    block = bytes.operator()<Recompute::block>();
  CHECK(cheap < none);
  CHECK(block < cheap);
  // Without training, one block's activations serve all.
  CHECK(sizeof(inlay::ActivationsOf<Stack, Extent{.rows = 24, .training = false}>) < block);
}
