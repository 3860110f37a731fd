// Streamer: sample by sample to the bits of a Predictor that has the whole signal, far beyond context and window.

#include <inlay/generation/predictor.hpp>
#include <inlay/generation/streamer.hpp>
#include <inlay/models/gpt.hpp>
#include <inlay/modules/activation.hpp>
#include <inlay/modules/attention.hpp>
#include <inlay/modules/block.hpp>
#include <inlay/modules/compose.hpp>
#include <inlay/modules/convolution.hpp>
#include <inlay/modules/embedding.hpp>
#include <inlay/modules/feed_forward.hpp>
#include <inlay/modules/frozen.hpp>
#include <inlay/modules/recurrent.hpp>
#include <inlay/modules/stack.hpp>
#include <inlay/modules/sublayer.hpp>

#include <algorithm>
#include <cstring>
#include <memory>
#include <vector>

#include "parallel/thread_pool.hpp"
#include "support/catch.hpp"
#include "support/numbers.hpp"

namespace {

using inlay::AttentionConfig;
using inlay::RelativePositions;
using inlay::Rows;
using inlay::Serial;
using inlay::Streamer;
using inlay::StreamerConfig;

constexpr std::size_t axes = 3, width = 12, outputs = 5;

using Front = inlay::Sequential<
    inlay::Convolution<inlay::ConvolutionConfig{.in = axes, .out = width, .kernel = 3, .dilation = 2}>,
    inlay::Activate<inlay::Activation::gelu_tanh, width>>;
using Norm = inlay::LayerNorm<inlay::NormConfig{.width = width}>;
using Feed = inlay::FeedForward<width, 2 * width, inlay::Activation::relu>;
template <std::size_t Context, std::size_t Window, RelativePositions P = RelativePositions::none>
using Attention = inlay::Attention<AttentionConfig{.width = width,
                                                   .heads = 2,
                                                   .context = Context,
                                                   .key_value_heads = 1,
                                                   .window = Window,
                                                   .positions = P,
                                                   .buckets = 4,
                                                   .furthest_bucket = 5}>;
template <std::size_t Context, std::size_t Window, RelativePositions P = RelativePositions::none>
using Blocks = inlay::Stack<inlay::Block<Norm, Attention<Context, Window, P>, Feed>, 3>;
using Head = inlay::Sequential<Norm, inlay::Linear<width, outputs>>;

// Convolution, attention and recurrent layers together. Context is what a Predictor sees at once; nothing else of the
// model depends on it.
template <std::size_t Context, std::size_t Window, RelativePositions P = RelativePositions::alibi>
struct Mixed : inlay::Sequential<Front, Blocks<Context, Window, P>, inlay::Gru<width, width>, Head> {
  static constexpr std::size_t context = Context;
};
// Bounded, because of positions from a table.
template <std::size_t Context, RelativePositions P = RelativePositions::none>
struct Placed : inlay::Sequential<inlay::Linear<axes, width>, inlay::LearnedPositions<Context, width>,
                                  Blocks<Context, 3, P>, Head> {
  static constexpr std::size_t context = Context;
};

template <std::size_t Window, RelativePositions P>
struct Twenty : inlay::Sequential<inlay::Linear<axes, width>, Blocks<20, Window, P>, Head> {
  static constexpr std::size_t context = 20;
};

template <class Model>
struct Weights {
  inlay::ParametersOf<Model> parameters;
  inlay::BuffersOf<Model> buffers;

  explicit Weights(std::uint32_t seed = 1) {
    numbers::Source source(seed);
    inlay::visit<Model>([&](const inlay::Path&, auto& tensor) { source.fill(tensor.data(), tensor.size(), 0.5f); },
                        parameters);
    inlay::initialize_buffers_at<Model>(buffers);
  }
};

std::vector<float> signal(std::size_t samples) { return numbers::Source(7).list(samples * axes, 1.5f); }

template <class Model, std::size_t Samples>
std::vector<float> batch(const std::vector<float>& x) {
  const auto weights = std::make_unique<Weights<Model>>();
  const auto predictor = std::make_unique<inlay::Predictor<Model, inlay::PredictorConfig{.rows = Samples}>>(
      weights->parameters, weights->buffers);
  const auto y = predictor->predict({x.data(), Samples});
  return {y.data(), y.data() + Samples * outputs};
}

// The outputs of a signal that is pushed in the parts that `next` gives the sizes of.
template <class Model, std::size_t Most, class Next, class E = Serial>
std::vector<float> streamed(const std::vector<float>& x, Next&& next, const E& executor = E{}) {
  using Stream = Streamer<Model, StreamerConfig{.rows = Most, .workers = 2}>;
  const auto weights = std::make_unique<Weights<Model>>();
  std::vector<unsigned char> memory(sizeof(Stream) + alignof(Stream), 0xff);  // what is not written is seen
  void* place = memory.data();
  std::size_t space = memory.size();
  auto& stream =
      *new (std::align(alignof(Stream), sizeof(Stream), place, space)) Stream(weights->parameters, weights->buffers);
  std::vector<float> result;
  const std::size_t samples = x.size() / axes;
  for (std::size_t first = 0; first < samples;) {
    const std::size_t count = std::min<std::size_t>(next(), samples - first);
    const auto y = stream.push({x.data() + first * axes, count}, executor);
    REQUIRE(y.count() == count);
    result.insert(result.end(), y.data(), y.data() + count * outputs);
    first += count;
  }
  return result;
}

bool same(const std::vector<float>& a, const std::vector<float>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), numbers::same_bits);
}

template <std::size_t Window, RelativePositions P>
void check_endless() {
  CAPTURE(Window, static_cast<int>(P));
  constexpr std::size_t samples = 300;
  using Long = Mixed<samples, Window, P>;
  using Short = Mixed<Window + 1, Window, P>;  // the smallest context that the window fits into
  static_assert(Streamer<Short>::endless);
  const std::vector<float> x = signal(samples);
  const std::vector<float> expected = batch<Long, samples>(x);
  CHECK(same(streamed<Short, 1>(x, [] { return std::size_t{1}; }), expected));
  CHECK(same(streamed<Long, 1>(x, [] { return std::size_t{1}; }), expected));
  numbers::Source source(3);
  CHECK(same(streamed<Short, 40>(x, [&] { return 1 + source.below(40); }), expected));
  CHECK(same(streamed<Short, 16>(
                 x, [&] { return source.below(3) * 8; }, ThreadPool{2}),
             expected));
}

}  // namespace

TEST_CASE("A streamer without an end gives the bits of the whole signal, at any window", "[streamer]") {
  check_endless<1, RelativePositions::alibi>();
  check_endless<2, RelativePositions::none>();
  check_endless<15, RelativePositions::buckets>();
  check_endless<16, RelativePositions::alibi>();
  check_endless<17, RelativePositions::none>();
  check_endless<35, RelativePositions::alibi>();
}

TEST_CASE("A streamer's memory does not depend on the context where attention has a window", "[streamer]") {
  using Near = Streamer<Mixed<64, 20>>;
  using Far = Streamer<Mixed<4096, 20>>;
  static_assert(inlay::footprint<Near>.state == inlay::footprint<Far>.state);
  static_assert(inlay::footprint<Near>.total() == sizeof(Near));
  // 20 + 30 keys rounded up to 64, each with its value, of one shared head; GRU and convolution.
  static_assert(inlay::footprint<Near>.state <= 4 * (3 * 64 * 2 * width / 2 + width + 4 * axes) + 3 * 64);
  SUCCEED();
}

TEST_CASE("A streamer begins anew, and forgets all of the signal before", "[streamer]") {
  using Model = Mixed<40, 7>;
  const auto weights = std::make_unique<Weights<Model>>();
  const auto stream = std::make_unique<Streamer<Model>>(weights->parameters, weights->buffers);
  const std::vector<float> x = signal(60);
  std::vector<float> first;
  for (std::size_t i = 0; i < 60; ++i) {
    const auto y = stream->push({x.data() + i * axes, 1});
    first.insert(first.end(), y.data(), y.data() + outputs);
  }
  stream->reset();
  std::vector<float> again;
  for (std::size_t i = 0; i < 60; ++i) {
    const auto y = stream->push({x.data() + i * axes, 1});
    again.insert(again.end(), y.data(), y.data() + outputs);
  }
  CHECK(same(first, again));
  CHECK(stream->push({x.data(), 0}).count() == 0);
}

TEST_CASE("A streamer of a model with positions from a table ends at its context, to the bits until then",
          "[streamer]") {
  const auto check = []<class Model>(Model) {
    using Stream = Streamer<Model, StreamerConfig{.rows = 4}>;
    static_assert(!Stream::endless);
    const std::vector<float> x = signal(20);
    CHECK(same(streamed<Model, 1>(x, [] { return std::size_t{1}; }), batch<Model, 20>(x)));
    const auto weights = std::make_unique<Weights<Model>>();
    const auto stream = std::make_unique<Stream>(weights->parameters, weights->buffers);
    for (std::size_t i = 0; i < 6; ++i) CHECK(stream->push({x.data() + 3 * i * axes, 3}).count() == 3);
    CHECK(stream->room() == 2);
    CHECK(stream->push({x.data(), 3}).count() == 0);  // no room for all: none is read
    CHECK_FALSE(stream->full());
    CHECK(stream->push({x.data(), 2}).count() == 2);
    CHECK(stream->full());
    CHECK(stream->push({x.data(), 1}).count() == 0);
    stream->reset();
    CHECK(stream->push({x.data(), 1}).count() == 1);
  };
  check(Placed<20>{});
  check(Placed<20, RelativePositions::rotary>{});
  // Attention without a window, and one whose window holds the whole context.
  check(Twenty<0, RelativePositions::alibi>{});
  check(Twenty<20, RelativePositions::none>{});
  check(Twenty<4, RelativePositions::rotary>{});
}

TEST_CASE("Which modules settle", "[streamer]") {
  using inlay::detail::settles_at, inlay::never_settles;
  static_assert(settles_at<inlay::Linear<3, 4>> == 0);
  static_assert(settles_at<Front> == 1);
  static_assert(settles_at<inlay::Convolution<inlay::ConvolutionConfig{.in = 1, .out = 1, .kernel = 1}>> == 0);
  static_assert(settles_at<inlay::Lstm<3, 4>> == 1);
  static_assert(settles_at<Blocks<40, 7>> == 7);
  static_assert(settles_at<Blocks<40, 40>> == never_settles);
  static_assert(settles_at<Mixed<40, 7>> == 7);
  static_assert(settles_at<inlay::LearnedPositions<9, 4>> == never_settles);
  static_assert(settles_at<inlay::SinusoidalPositions<9, 4>> == never_settles);
  static_assert(settles_at<inlay::Frozen<Blocks<40, 7>>> == 7);
  static_assert(settles_at<inlay::Residual<inlay::Linear<4, 4>>> == 0);
  static_assert(
      settles_at<inlay::Sublayer<Norm, Attention<40, 7, RelativePositions::alibi>, inlay::NormPlacement::before>> == 7);
  SUCCEED();
}

TEST_CASE("A streamer of tokens has the bits of a language model's predictor", "[streamer]") {
  using Model = inlay::Gpt<inlay::GptConfig{.vocabulary = 11,
                                            .context = 40,
                                            .width = 8,
                                            .heads = 2,
                                            .layers = 2,
                                            .positions = inlay::Positions::alibi,
                                            .window = 5}>;
  const auto weights = std::make_unique<Weights<Model>>();
  const auto stream = std::make_unique<Streamer<Model>>(weights->parameters, weights->buffers);
  const auto predictor = std::make_unique<inlay::Predictor<Model>>(weights->parameters, weights->buffers);
  std::vector<inlay::Token> tokens;
  for (inlay::Token i = 0; i < 40; ++i) tokens.push_back(i * i % 11);
  const auto expected = predictor->predict(tokens);
  for (std::size_t i = 0; i < 40; ++i) {
    const auto y = stream->push({&tokens[i], 1});
    REQUIRE(y.count() == 1);
    for (std::size_t j = 0; j < 11; ++j) CHECK(numbers::same_bits(y(0, j), expected(i, j)));
  }
  CHECK(stream->full());
}
