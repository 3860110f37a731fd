// Patches of images: against the reference, and a vision transformer that is trained on generated images.

#include <inlay/generation/predictor.hpp>
#include <inlay/modules/activation.hpp>
#include <inlay/modules/attention.hpp>
#include <inlay/modules/block.hpp>
#include <inlay/modules/compose.hpp>
#include <inlay/modules/embedding.hpp>
#include <inlay/modules/feed_forward.hpp>
#include <inlay/modules/gradient_check.hpp>
#include <inlay/modules/patches.hpp>
#include <inlay/modules/pool.hpp>
#include <inlay/modules/stack.hpp>
#include <inlay/training/trainer.hpp>

#include "parallel/thread_pool.hpp"
#include "support/module_run.hpp"

using namespace module_test;
using inlay::ImageConfig;
using inlay::Images;
using inlay::PatchEmbedding;
using reference::Matrix;
using reference::Offsets;
using reference::Place;

namespace {

Matrix patch_embedding(const Place& p, const Matrix& x, const ImageConfig& c, std::size_t patch_width) {
  const std::size_t down = c.height / c.patch, across = c.width / patch_width;
  Matrix patches(x.rows * down * across, c.patch * patch_width * c.channels);
  for (std::size_t image = 0; image < x.rows; ++image)
    for (std::size_t i = 0; i < c.height; ++i)
      for (std::size_t j = 0; j < c.width; ++j)
        for (std::size_t k = 0; k < c.channels; ++k) {
          const std::size_t patch = (image * down + i / c.patch) * across + j / patch_width;
          patches(patch, (i % c.patch * patch_width + j % patch_width) * c.channels + k) =
              x(image, (i * c.width + j) * c.channels + k);
        }
  return reference::linear(p, patches);
}

template <ImageConfig C, std::size_t Out, inlay::Bias B = inlay::Bias::yes>
void check(std::size_t images) {
  constexpr std::size_t patches = Images<C>::patches;
  CAPTURE(C.height, C.width, C.channels, Out, images, patches);
  Offsets offsets{3};
  for (std::size_t i = 0; i < images; ++i) offsets.push_back(offsets.back() + patches);
  const auto run = compare_with_reference<PatchEmbedding<C, Out, B>, Extent{.rows = 3 * patches}>(
      offsets, [](const Place& p, const Matrix& x) { return patch_embedding(p, x, C, Images<C>::patch_width); });
  check_without_input_gradient(*run);
}

// Images of 6 x 6 points with noise, and a bar that lies or stands somewhere: which of the two.
constexpr ImageConfig picture{.height = 6, .width = 6, .patch = 3, .patch_width = 2};
constexpr std::size_t width = 8;
using Norm = inlay::LayerNorm<inlay::NormConfig{.width = width}>;
using Attention = inlay::Attention<inlay::AttentionConfig{
    .width = width, .heads = 2, .context = Images<picture>::patches, .causal = false}>;
using Feed = inlay::FeedForward<width, 2 * width, inlay::Activation::gelu_tanh>;
struct VisionTransformer
    : inlay::Sequential<PatchEmbedding<picture, width>, inlay::LearnedPositions<Images<picture>::patches, width>,
                        inlay::Stack<inlay::Block<Norm, Attention, Feed>, 2>, Norm,
                        inlay::Pool<width, inlay::Pooling::mean>, inlay::Linear<width, 2>> {
  static constexpr std::size_t context = Images<picture>::patches;
};
using Trainer = inlay::Trainer<VisionTransformer, inlay::TrainerConfig{.batch = 16}>;

struct Bars {
  std::vector<float> pixels;
  std::vector<Token> labels;

  Bars(std::size_t count, std::uint32_t seed) {
    numbers::Source source(seed);
    pixels = source.list(count * 36, 0.3f);
    for (std::size_t n = 0; n < count; ++n) {
      const std::size_t where = source.below(6);
      labels.push_back(static_cast<Token>(source.below(2)));
      for (std::size_t i = 0; i < 6; ++i) pixels[n * 36 + (labels[n] == 0 ? where * 6 + i : i * 6 + where)] += 1.0f;
    }
  }
  Trainer::BatchType batch() const { return {.inputs = {pixels.data(), labels.size()}, .targets = {labels}}; }
};

}  // namespace

TEST_CASE("PatchEmbedding against the reference", "[patches]") {
  check<ImageConfig{.height = 4, .width = 6, .channels = 3, .patch = 2}, 5>(3);
  check<ImageConfig{.height = 1, .width = 1, .patch = 1}, 1>(1);
  check<ImageConfig{.height = 6, .width = 10, .patch = 3, .patch_width = 5}, 17, inlay::Bias::no>(2);
  check<ImageConfig{.height = 3, .width = 5, .channels = 2, .patch = 1, .patch_width = 5}, 4>(2);  // lines
  static_assert(Images<picture>::patches == 6 && Images<picture>::across == 3 && Images<picture>::patch_numbers == 6);
}

TEST_CASE("PatchEmbedding and a vision transformer pass the public gradient check", "[patches]") {
  for (const inlay::GradientCheck& check :
       {inlay::check_gradients<PatchEmbedding<picture, 5>>(), inlay::check_gradients<VisionTransformer>()}) {
    CAPTURE(check.tensor.c_str(), check.largest_error);
    CHECK(check.passed());
  }
}

TEST_CASE("A vision transformer learns, and predicts; the bits do not depend on threads", "[patches]") {
  const auto trainer = std::make_unique<Trainer>(), threads = std::make_unique<Trainer>();
  trainer->initialize(inlay::Seed{1});
  threads->initialize(inlay::Seed{1});
  const inlay::AdamW optimizer{.learning_rate = 1e-2f};
  const ThreadPool pool{2};
  float loss = 0.0f;
  for (std::uint32_t step = 0; step < 120; ++step) {
    const Bars bars(16, step);
    loss = trainer->step(bars.batch(), optimizer, Serial{}).loss;
    if (step < 3) CHECK(numbers::same_bits(loss, threads->step(bars.batch(), optimizer, pool).loss));
  }
  CHECK(loss < 0.1f);

  const Bars unseen(50, 1000);
  const auto predictor = std::make_unique<inlay::Predictor<VisionTransformer, inlay::PredictorConfig{.rows = 300}>>(
      trainer->parameters(), trainer->buffers());
  std::vector<std::uint32_t> offsets{0};
  for (std::size_t n = 0; n < 50; ++n) offsets.push_back(offsets.back() + 6);
  const auto answers = predictor->predict({unseen.pixels.data(), 50}, offsets);
  REQUIRE(answers.count() == 50);
  std::size_t right = 0;
  for (std::size_t n = 0; n < 50; ++n) right += (answers(n, 1) > answers(n, 0)) == (unseen.labels[n] == 1);
  CHECK(right >= 47);
  // An image alone has the bits that it has among others.
  const std::vector<float> among{answers(7, 0), answers(7, 1)};
  const auto alone = predictor->predict({unseen.pixels.data() + 7 * 36, 1});
  CHECK(alone.count() == 1);
  CHECK(numbers::same_bits(alone(0, 0), among[0]));
  CHECK(numbers::same_bits(alone(0, 1), among[1]));
}
