// Numbers that the lectures work out, where no other test has them. The others name their lecture, too: A in
// test_gpt.cpp (its transformer, the number of its parameters, the worked example) and training/test_optimizer.cpp
// (Adam); B and C in modules/test_attention.cpp (heads out of one wide product, four tokens), C in test_mlp.cpp and
// test_ngram.cpp; D in kernels/test_attention.cpp (two keys) and modules/test_embedding.cpp (sine and cosine at width
// 4); E in test_mlp.cpp, test_perceptron.cpp, modules/test_similarity.cpp and modules/test_activation.cpp.

#include <algorithm>
#include <cmath>

#include <inlay/models/encoder_decoder.hpp>
#include <inlay/models/gpt.hpp>
#include <inlay/training/loss.hpp>

#include "support/module_run.hpp"

using namespace module_test;
using inlay::Gpt;
using inlay::GptConfig;

namespace {

// The mean loss of rows of logits.
template <std::size_t Classes>
double mean_loss(std::vector<float> logits, const std::vector<Token>& labels) {
  using Loss = inlay::SoftmaxCrossEntropy<Classes>;
  static typename Loss::template Workspace<Extent{.rows = 8}> workspace;
  double total = 0.0;
  Loss::forward(Serial{}, workspace, Rows<const float, Classes>(logits.data(), labels.size()), {labels}, total);
  return total / static_cast<double>(labels.size());
}

// Rows that give the labels all probability, or as much as exp of a float can.
template <std::size_t Classes>
std::vector<float> certain(const std::vector<Token>& labels) {
  std::vector<float> logits(labels.size() * Classes);
  for (std::size_t i = 0; i < labels.size(); ++i) logits[i * Classes + labels[i]] = 200.0f;
  return logits;
}

}  // namespace

TEST_CASE("lecture A: the loss of a perfect prediction is 0, and it is the targets", "[lectures]") {
  const std::vector<Token> targets{4, 3, 2, 1};
  const std::vector<float> logits = certain<5>(targets);
  CHECK(mean_loss<5>(logits, targets) == 0.0);
  for (std::size_t i = 0; i < 4; ++i)
    CHECK(std::max_element(&logits[i * 5], &logits[i * 5] + 5) - &logits[i * 5] == static_cast<int>(targets[i]));
}

TEST_CASE("lecture D: one-hot targets over 'a am I thanks student <eos>'", "[lectures]") {
  const std::vector<Token> sentence{2, 1, 0, 4, 5};  // I am a student <eos>
  CHECK(mean_loss<6>(certain<6>(sentence), sentence) == 0.0);
  // A model that knows nothing gives each of six words a sixth.
  CHECK(std::fabs(mean_loss<6>(std::vector<float>(30), sentence) - std::log(6.0)) < 1e-6);
  // -log of the probability of the right word: 0.93 of it and 0.07 shared by the others.
  std::vector<float> logits(30);
  for (std::size_t i = 0; i < 5; ++i)
    for (std::size_t j = 0; j < 6; ++j) logits[i * 6 + j] = std::log(j == sentence[i] ? 0.93f : 0.014f);
  CHECK(std::fabs(mean_loss<6>(logits, sentence) + std::log(0.93)) < 1e-5);
}

TEST_CASE("lecture B: what each part added to the residual stream can be read out", "[lectures]") {
  using Model = Gpt<GptConfig{.vocabulary = 7, .context = 9, .width = 12, .heads = 3, .layers = 2}>;
  using Block = Model::BlockType;
  ModuleRun<Model, Extent{.rows = 9}> run({0, 9}, 4);
  run.forward();
  // Attention alone, on the normalised input that the first block kept.
  ModuleRun<Model::AttentionType, Extent{.rows = 9}> attention({0, 9}, 1);
  attention.parameters = run.parameters.blocks.layers[0].attention;
  const auto& kept = run.activations.blocks.layers[0];
  std::copy_n(kept.first.data(), 9 * 12, attention.x.begin());
  attention.forward();
  ModuleRun<Model::FeedForwardType, Extent{.rows = 9}> feed_forward({0, 9}, 1);
  feed_forward.parameters = run.parameters.blocks.layers[0].feed_forward;
  std::copy_n(kept.second.data(), 9 * 12, feed_forward.x.begin());
  feed_forward.forward();
  static_assert(Block::norm_before);
  for (std::size_t i = 0; i < 9 * 12; ++i) {
    const float in = run.activations.embedded.values[i], middle = kept.middle.values[i];
    CHECK(numbers::same_bits(attention.y[i] + in, middle));
    CHECK(numbers::same_bits(feed_forward.y[i] + middle, run.activations.blocks.inputs.values[i]));
  }
}

#if __SIZEOF_POINTER__ >= 8  // the models themselves are larger than 32 bits can address

TEST_CASE("lectures C, D and E: GPT, GPT-2 and GPT-3 have 117 M, 1.5 G and 175 G parameters", "[lectures]") {
  const auto parameters = []<GptConfig C>() { return sizeof(inlay::ParametersOf<Gpt<C>>) / sizeof(float); };
  const auto formula = [](const GptConfig& c) {
    const std::size_t d = c.width;
    const std::size_t last = c.placement == inlay::NormPlacement::before ? 2 * d : 0;
    return c.vocabulary * d + c.context * d + c.layers * (12 * d * d + 13 * d) + last;
  };
  constexpr GptConfig gpt{.vocabulary = 40478,
                          .context = 512,
                          .width = 768,
                          .heads = 12,
                          .layers = 12,
                          .placement = inlay::NormPlacement::after};
  constexpr GptConfig gpt2_small{.vocabulary = 50257, .context = 1024, .width = 768, .heads = 12, .layers = 12};
  constexpr GptConfig gpt2{.vocabulary = 50257, .context = 1024, .width = 1600, .heads = 25, .layers = 48};
  constexpr GptConfig gpt3{.vocabulary = 50257, .context = 2048, .width = 12288, .heads = 96, .layers = 96};
  CHECK(formula(gpt) / 100000 == 1165);
  CHECK(formula(gpt2_small) / 100000 == 1244);
  CHECK(formula(gpt2) / 100000000 == 15);
  CHECK((formula(gpt3) + 500000000) / 1000000000 == 175);
  // The compiler counts the same, and up to 63 for the alignment of the whole.
  CHECK(parameters.operator()<gpt>() - formula(gpt) < 64);
  CHECK(parameters.operator()<gpt2_small>() - formula(gpt2_small) < 64);
  CHECK(parameters.operator()<gpt2>() - formula(gpt2) < 64);
  CHECK(parameters.operator()<gpt3>() - formula(gpt3) < 64);
}

TEST_CASE("lectures B and D: the base model of 2017, width 512, hidden 2048, six layers of each kind", "[lectures]") {
  using Base = inlay::EncoderDecoder<inlay::EncoderDecoderConfig{.source_vocabulary = 37000,
                                                                 .vocabulary = 37000,
                                                                 .source_context = 512,
                                                                 .context = 512,
                                                                 .width = 512,
                                                                 .heads = 8,
                                                                 .layers = 6,
                                                                 .shared_embedding = true}>;
  static_assert(Base::hidden == 2048);
  constexpr std::size_t d = 512, attention = 4 * (d * d + d), feed_forward = 2 * d * 2048 + 2048 + d, norm = 2 * d;
  constexpr std::size_t count =
      37000 * d + 6 * (attention + feed_forward + 2 * norm) + 6 * (2 * attention + feed_forward + 3 * norm);
  CHECK(sizeof(inlay::ParametersOf<Base>) / sizeof(float) - count < 64);
  CHECK(count / 1000000 == 63);  // the paper says 65 M
}

#endif
