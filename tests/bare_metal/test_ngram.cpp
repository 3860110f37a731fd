// An n-gram model in static memory: the bits that every target finds.
#include <inlay/memory/hash.hpp>
#include <inlay/models/ngram_generator.hpp>

#include "data/text.hpp"
#include "support/catch.hpp"

namespace {

using Model = inlay::NGram<inlay::NGramConfig{.vocabulary = 128, .order = 3, .capacity = 2400}>;
Model model;
inlay::Token text[text_of_the_tests.size()];

}  // namespace

TEST_CASE("an n-gram model counts, predicts and writes") {
  for (std::size_t i = 0; i < text_of_the_tests.size(); ++i) text[i] = static_cast<unsigned char>(text_of_the_tests[i]);
  CHECK(model.count(text));
  inlay::Hash hash;
  float p[Model::vocabulary];
  for (const auto smoothing : {inlay::Smoothing::witten_bell, inlay::Smoothing::modified_kneser_ney}) {
    model.finish(smoothing);
    model.probabilities(model.after(std::span(text).first(100)), p);
    hash.reals(p);
  }
  CHECK(hash.value() == 0x560285ff0835b120u);  // without logarithms: with and without a fused multiply-add
  const float bits = model.bits_per_token(text);
  CHECK(bits > 1.5f);
  CHECK(bits < 2.5f);
  static inlay::NGramGenerator<Model> generator{model};
  std::size_t letters = 0;
  CHECK(generator.write(std::span(text).first(4), 50, {.seed = 1},
                        [&](inlay::Token token) { letters += token < 128; }) == 50);
  CHECK(letters == 50);
}
