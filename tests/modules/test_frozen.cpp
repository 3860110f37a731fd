// Frozen: the gradients of what is below it are those of the module itself, its own are not computed, and training it
// into a model moves the rest alone.

#include <inlay/models/gpt.hpp>
#include <inlay/modules/activation.hpp>
#include <inlay/modules/compose.hpp>
#include <inlay/modules/frozen.hpp>
#include <inlay/modules/linear.hpp>
#include <inlay/training/trainer.hpp>

#include <algorithm>
#include <memory>

#include "support/module_run.hpp"

using namespace module_test;
using inlay::Activate;
using inlay::Activation;
using inlay::ActivationsOf;
using inlay::BuffersOf;
using inlay::Extent;
using inlay::Frozen;
using inlay::InputGradient;
using inlay::Linear;
using inlay::ParametersOf;
using inlay::Residual;
using inlay::Sequential;
using inlay::Stack;
using inlay::WorkspaceOf;

namespace {

constexpr Extent rows_12{.rows = 12};

template <std::size_t Width>
using Norm = inlay::LayerNorm<inlay::NormConfig{.width = Width}>;
template <std::size_t Width>
using SelfAttention = inlay::Attention<inlay::AttentionConfig{.width = Width, .heads = 3, .context = 9}>;
template <std::size_t Width>
using Feed = inlay::FeedForward<Width, 2 * Width, Activation::gelu_tanh>;
template <std::size_t Width>
using TheBlock = inlay::Block<Norm<Width>, SelfAttention<Width>, Feed<Width>>;

// The same input and the same weights to both; the same output and the same gradient of the input.
template <class M>
void check_same_as_trained() {
  ModuleRun<M, rows_12> trained({0, 5, 12}, 1);
  trained.call.training = false;  // as a frozen module computes
  trained.forward();
  trained.backward();
  ModuleRun<Frozen<M>, rows_12> frozen({0, 5, 12}, 1);
  frozen.buffers.parameters = &trained.parameters;
  frozen.buffers.buffers = trained.buffers;
  frozen.x = trained.x;
  frozen.dy = trained.dy;
  frozen.forward();
  frozen.backward();
  CHECK(equal_bits(frozen.y, trained.y));
  CHECK(equal_bits(frozen.dx, trained.dx));
  CHECK(frozen.dx != std::vector<float>(frozen.dx.size()));
}

}  // namespace

TEST_CASE("A frozen module computes what it did, and passes the gradient of its input", "[frozen]") {
  check_same_as_trained<Linear<15, 6>>();
  check_same_as_trained<Norm<15>>();
  check_same_as_trained<inlay::RmsNorm<inlay::NormConfig{.width = 15}>>();
  check_same_as_trained<inlay::LearnedPositions<9, 15>>();
  check_same_as_trained<inlay::SinusoidalPositions<9, 15>>();
  check_same_as_trained<inlay::Dropout<15, 0.3f>>();
  check_same_as_trained<SelfAttention<15>>();
  check_same_as_trained<Feed<15>>();
  check_same_as_trained<Stack<TheBlock<15>, 3>>();
  check_same_as_trained<Sequential<Linear<15, 8>, Activate<Activation::silu, 8>, Residual<Linear<8, 8>>>>();
}

TEST_CASE("A frozen part has no parameters, and below it nothing is kept", "[frozen]") {
  using Body = Sequential<inlay::Embedding<11, 12>, Stack<TheBlock<12>, 4>>;
  using Kept = Frozen<Body>;
  using Passed = Frozen<Stack<TheBlock<12>, 4>, InputGradient::yes>;
  static_assert(std::is_empty_v<ParametersOf<Kept>>);
  static_assert(sizeof(BuffersOf<Kept>) == sizeof(void*));
  // Tokens have no gradient: the activations of one block serve all four.
  static_assert(4 * sizeof(ActivationsOf<Kept, rows_12>) < 2 * sizeof(ActivationsOf<Body, rows_12>));
  static_assert(sizeof(WorkspaceOf<Kept, rows_12>) < sizeof(WorkspaceOf<Body, rows_12>));
  static_assert(sizeof(ActivationsOf<Passed, rows_12>) == sizeof(ActivationsOf<Stack<TheBlock<12>, 4>, rows_12>));
  static_assert(Kept::vocabulary == 11);
  SUCCEED();
}

namespace {

struct Body : Sequential<inlay::Embedding<11, 12>, inlay::LearnedPositions<9, 12>, Stack<TheBlock<12>, 2>> {};
using Head = Sequential<Norm<12>, Linear<12, 11>>;
struct Whole : Sequential<Body, Head> {
  static constexpr std::size_t context = 9;
};
struct Adapted : Sequential<Frozen<Body>, Head> {
  static constexpr std::size_t context = 9;
};
// A trained layer below a frozen one.
struct Between : Sequential<inlay::Embedding<11, 12>, Frozen<Stack<TheBlock<12>, 2>>, Head> {
  static constexpr std::size_t context = 9;
};

constexpr inlay::TrainerConfig small{.batch = 3};

}  // namespace

TEST_CASE("Training a model with a frozen body moves the head as training the whole would", "[frozen]") {
  const auto whole = std::make_unique<inlay::Trainer<Whole, small>>();
  const auto adapted = std::make_unique<inlay::Trainer<Adapted, small>>();
  static_assert(sizeof(*adapted) < sizeof(*whole));
  whole->initialize(inlay::Seed{3});
  adapted->initialize(inlay::Seed{4});
  const auto body = std::make_unique<ParametersOf<Body>>(Whole::at<0>(whole->parameters()));
  Adapted::at<0>(adapted->buffers()).parameters = body.get();
  Adapted::at<1>(adapted->parameters()) = Whole::at<1>(whole->parameters());

  std::vector<inlay::Token> inputs(27), labels(27);
  for (std::size_t i = 0; i < 27; ++i) {
    inputs[i] = static_cast<inlay::Token>(i * i % 11);
    labels[i] = static_cast<inlay::Token>(3 * i % 11);
  }
  const inlay::Batch batch{inputs, {labels}};
  whole->accumulate(batch, Serial{});
  adapted->accumulate(batch, Serial{});
  for (std::size_t slice = 0; slice < 2; ++slice)
    inlay::visit<Head>([](const inlay::Path&, const auto& a, const auto& b) { CHECK(equal_bits(a, b)); },
                       Whole::at<1>(whole->gradients(slice)), Adapted::at<1>(adapted->gradients(slice)));
  CHECK(adapted->evaluate(batch, Serial{}) == whole->evaluate(batch, Serial{}));

  const auto before = *body;
  float loss = 0.0f;
  for (int step = 0; step < 100; ++step)
    loss = adapted->step(batch, inlay::AdamW{.learning_rate = 0.02f}, Serial{}).loss;
  CHECK(loss < 1.0f);
  inlay::visit<Body>([](const inlay::Path&, const auto& a, const auto& b) { CHECK(equal_bits(a, b)); }, before, *body);
}

namespace {

struct Unfrozen : Sequential<inlay::Embedding<11, 12>, Stack<TheBlock<12>, 2>, Head> {
  static constexpr std::size_t context = 9;
};

template <inlay::Recompute Policy>
void check_gradients_below() {
  constexpr inlay::TrainerConfig config{.batch = 3, .recompute = Policy};
  const auto whole = std::make_unique<inlay::Trainer<Unfrozen, config>>();
  const auto between = std::make_unique<inlay::Trainer<Between, config>>();
  whole->initialize(inlay::Seed{3});
  between->initialize(inlay::Seed{4});
  between->parameters() = {};
  Between::at<0>(between->parameters()) = Unfrozen::at<0>(whole->parameters());
  Between::at<1>(between->buffers()).parameters = &Unfrozen::at<1>(whole->parameters());
  Between::at<2>(between->parameters()) = Unfrozen::at<2>(whole->parameters());
  std::vector<inlay::Token> inputs(27), labels(27);
  for (std::size_t i = 0; i < 27; ++i) {
    inputs[i] = static_cast<inlay::Token>(i % 11);
    labels[i] = static_cast<inlay::Token>((i * 7 + 1) % 11);
  }
  whole->accumulate({inputs, {labels}}, Serial{});
  between->accumulate({inputs, {labels}}, Serial{});
  for (std::size_t slice = 0; slice < 2; ++slice) {
    const auto& expected = Unfrozen::at<0>(whole->gradients(slice)).weight;
    CHECK(equal_bits(Between::at<0>(between->gradients(slice)).weight, expected));
    CHECK(std::any_of(expected.begin(), expected.end(), [](float g) { return g != 0.0f; }));
  }
}

}  // namespace

TEST_CASE("What lies below a frozen part gets the gradients of the whole model", "[frozen]") {
  check_gradients_below<inlay::Recompute::none>();
  check_gradients_below<inlay::Recompute::cheap>();
  check_gradients_below<inlay::Recompute::block>();
}
