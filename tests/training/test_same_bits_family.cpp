// The promise for the rest of the family: variants of attention, an encoder-decoder and a classifier of pooled rows
// have the same bits for any number of threads; a long context has room for every worker.

#include <inlay/models/encoder.hpp>
#include <inlay/models/encoder_decoder.hpp>
#include <inlay/modules/compose.hpp>

#include <memory>

#include "parallel/thread_pool.hpp"
#include "support/module_run.hpp"
#include "support/training.hpp"

namespace {

using inlay::Positions;
using inlay::Token;
using Result = std::vector<float>;

constexpr inlay::GptConfig variant{.vocabulary = 37,
                                   .context = 24,
                                   .width = 24,
                                   .heads = 4,
                                   .layers = 2,
                                   .activation = inlay::Activation::silu,
                                   .norm = inlay::NormKind::root_mean_square,
                                   .positions = Positions::relative,
                                   .dropout = 0.1f,
                                   .gated = true,
                                   .key_value_heads = 2,
                                   .window = 9,
                                   .query_key_norm = true,
                                   .buckets = 8,
                                   .furthest_bucket = 16};
constexpr inlay::GptConfig turned = [] {
  inlay::GptConfig c = variant;
  c.positions = Positions::rotary;
  c.head_width = 10;
  return c;
}();
constexpr inlay::EncoderDecoderConfig pairs{.source_vocabulary = 23,
                                            .vocabulary = 37,
                                            .source_context = 20,
                                            .context = 24,
                                            .width = 24,
                                            .heads = 3,
                                            .layers = 2,
                                            .dropout = 0.1f};
constexpr inlay::EncoderConfig texts{
    .vocabulary = 37, .context = 24, .width = 24, .heads = 3, .layers = 2, .segments = 2, .dropout = 0.1f};
struct Classifier : inlay::Sequential<inlay::Encoder<texts>, inlay::Pool<24, inlay::Pooling::mean>,
                                      inlay::Dropout<24, 0.2f>, inlay::Linear<24, 5>> {
  static constexpr std::size_t context = texts.context;
};

// Sequences of different lengths, with all that any of the models reads.
struct Sequences {
  std::vector<Token> tokens, segments, labels, source, classes;
  std::vector<std::uint32_t> offsets{0}, source_offsets{0};

  Sequences() {
    numbers::Source drawn(3);
    for (std::size_t s = 0; s < 9; ++s) {
      for (std::size_t i = 1 + drawn.below(24); i > 0; --i) {
        tokens.push_back(static_cast<Token>(drawn.below(37)));
        labels.push_back(static_cast<Token>(drawn.below(37)));
        segments.push_back(static_cast<Token>(drawn.below(2)));
      }
      for (std::size_t i = 1 + drawn.below(20); i > 0; --i) source.push_back(static_cast<Token>(drawn.below(23)));
      classes.push_back(static_cast<Token>(drawn.below(5)));
      offsets.push_back(static_cast<std::uint32_t>(tokens.size()));
      source_offsets.push_back(static_cast<std::uint32_t>(source.size()));
    }
  }
  template <class Trainer>
  typename Trainer::BatchType batch() const {
    using Input = typename Trainer::ModelType::Input;
    if constexpr (std::is_same_v<Input, inlay::TokenPairs>)
      return {{source, source_offsets, tokens}, {labels}, offsets};
    else if constexpr (std::is_same_v<Input, inlay::SegmentedTokens>)
      return {{tokens, segments}, {classes}, offsets};
    else
      return {tokens, {labels}, offsets};
  }
};

template <class Trainer, class E>
Result train(const E& executor) {
  const Sequences sequences;
  const auto batch = sequences.batch<Trainer>();
  const auto trainer = std::make_unique<Trainer>();
  trainer->initialize(inlay::Seed{5});
  // Twice before an update, so that rows and sequences go on counting.
  trainer->accumulate(batch, executor);
  Result result;
  for (std::size_t step = 0; step < 8; ++step)
    result.push_back(trainer->step(batch, inlay::AdamW{.learning_rate = 3e-3f, .clip_norm = 1.0f}, executor).loss);
  result.push_back(trainer->evaluate(batch, executor));
  const Result kept = numbers_kept_by(*trainer);
  result.insert(result.end(), kept.begin(), kept.end());
  return result;
}

template <class Model>
void check_executors() {
  const auto check = []<class Trainer>(Trainer*) {
    const Result serial = train<Trainer>(inlay::Serial{});
    for (const float value : serial) REQUIRE(value - value == 0.0f);
    for (const std::size_t threads : {1u, 2u, 3u, 8u}) {
      CAPTURE(threads, Trainer::slices);
      CHECK(same_bits(train<Trainer>(ThreadPool{threads}), serial));
    }
  };
  check(static_cast<inlay::Trainer<Model, inlay::TrainerConfig{.batch = 9, .slices = 4}>*>(nullptr));
  check(static_cast<inlay::Trainer<Model, inlay::TrainerConfig{.batch = 9, .slices = 1}>*>(nullptr));
}

}  // namespace

TEST_CASE("The same bits for any number of threads: grouped queries, windows, buckets, gates") {
  check_executors<inlay::Gpt<variant>>();
  check_executors<inlay::Gpt<turned>>();
}

TEST_CASE("The same bits for any number of threads: an encoder-decoder, a classifier of pooled rows") {
  check_executors<inlay::EncoderDecoder<pairs>>();
  check_executors<Classifier>();
}

TEST_CASE("Dropout of pooled rows does not depend on how a slice is cut into passes") {
  const auto gradients = []<std::size_t RowsPerPass>() {
    using Trainer =
        inlay::Trainer<Classifier, inlay::TrainerConfig{.batch = 9, .slices = 1, .rows_per_pass = RowsPerPass}>;
    const Sequences sequences;
    const auto trainer = std::make_unique<Trainer>();
    trainer->initialize(inlay::Seed{5});
    for (int turn = 0; turn < 2; ++turn) trainer->accumulate(sequences.batch<Trainer>(), inlay::Serial{});
    return numbers_of<Classifier>(trainer->gradients());
  };
  const Result whole = gradients.operator()<240>();
  CHECK(same_bits(gradients.operator()<24>(), whole));
  CHECK(same_bits(gradients.operator()<60>(), whole));
}

TEST_CASE("Attention over a long context has scratch for every worker, forward and backward") {
  // Forward needs more than backward here. Behind the scratch of the last worker nothing may be touched.
  using M = inlay::Attention<inlay::AttentionConfig{.width = 32, .heads = 4, .context = 700}>;
  static_assert(M::forward_floats > M::backward_floats);
  const auto run = []<std::size_t Workers>(const auto& executor) {
    constexpr inlay::Extent extent{.rows = 700, .workers = Workers};
    const auto one = std::make_unique<module_test::ModuleRun<M, extent>>(reference::Offsets{0, 700}, 1);
    const auto forward = one->forward_frame();
    using E = std::remove_cvref_t<decltype(executor)>;
    const inlay::Forward<inlay::ParametersOf<M>, inlay::Empty, inlay::Empty, decltype(one->activations),
                         decltype(one->workspace), E>
        f{one->parameters, inlay::detail::nothing, inlay::detail::nothing, one->activations, one->workspace, one->call,
          executor,        forward.stream};
    M::forward(f, one->input(), inlay::Rows<float, 32>(one->y.data(), 700));
    for (const float value : one->workspace.dquery) REQUIRE(value != value);
    const inlay::Backward<inlay::ParametersOf<M>, inlay::Empty, decltype(one->activations), decltype(one->workspace), E>
        b{one->parameters, one->gradients, inlay::detail::nothing, one->activations, one->workspace,
          one->call,       executor,       forward.stream};
    M::backward(b, one->input(), inlay::Rows<const float, 32>(one->dy.data(), 700),
                inlay::Rows<float, 32>(one->dx.data(), 700));
    Result result = one->y;
    result.insert(result.end(), one->dx.begin(), one->dx.end());
    const Result parameters = numbers_of<M>(one->gradients);
    result.insert(result.end(), parameters.begin(), parameters.end());
    return result;
  };
  const Result serial = run.operator()<1>(inlay::Serial{});
  CHECK(same_bits(run.operator()<3>(ThreadPool{3}), serial));
}
