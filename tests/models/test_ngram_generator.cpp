// Writing with an n-gram model, and the noisy channel that such a model is one half of.

#include <inlay/generation/noisy_channel.hpp>
#include <inlay/models/ngram_generator.hpp>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "data/text.hpp"
#include "support/catch.hpp"

namespace {

using inlay::NGram;
using inlay::NGramConfig;
using inlay::NGramGenerator;
using inlay::Sampling;
using inlay::Smoothing;
using inlay::Token;
using Sequence = std::vector<Token>;

using Small = NGram<NGramConfig{.vocabulary = 5, .order = 2, .capacity = 25}>;
Small small_model() {
  Small model{};
  const Sequence one{0, 1, 2, 0, 1, 3, 0, 4, 2, 0, 1, 2}, other{1, 3, 2, 0, 0, 4};
  REQUIRE(model.count(one));
  REQUIRE(model.count(other));
  model.finish();
  return model;
}

using Letters = NGram<NGramConfig{.vocabulary = 256, .order = 4, .capacity = 8000}>;
const Letters& letters() {
  static Letters model;
  if (model.report().tokens == 0) {
    Sequence text;
    for (const char character : text_of_the_tests) text.push_back(static_cast<unsigned char>(character));
    REQUIRE(model.count(text));
    model.finish(Smoothing::maximum_likelihood);
  }
  return model;
}
std::string written(std::string_view prompt, std::size_t count, const Sampling& sampling) {
  static NGramGenerator<Letters> generator{letters()};
  generator.reset();
  std::string text;
  generator.write(prompt, count, sampling, [&](Token token) { text += static_cast<char>(token); });
  return text;
}

}  // namespace

TEST_CASE("NGramGenerator, lecture C: a die with the weights p(w | h)^(1 / T)", "[ngram]") {
  const Small model = small_model();
  const Token last = 0;
  for (const float temperature : {1.0f, 0.5f, 2.0f}) {
    std::vector<double> expected(Small::vocabulary);
    double sum = 0.0;
    for (Token token = 0; token < Small::vocabulary; ++token) {
      const double p = static_cast<double>(model.probability(Sequence{last}, token));
      sum += expected[token] = std::pow(p, 1.0 / static_cast<double>(temperature));
    }
    const std::size_t draws = 40000;
    std::vector<std::size_t> seen(Small::vocabulary);
    for (std::size_t i = 0; i < draws; ++i) {
      NGramGenerator<Small> generator{model};
      generator.write(std::span(&last, 1), 1, {.temperature = temperature, .seed = i}, [&](Token t) { ++seen[t]; });
    }
    for (std::size_t token = 0; token < Small::vocabulary; ++token) {
      const double p = expected[token] / sum, n = static_cast<double>(draws);
      CAPTURE(temperature, token, p, seen[token]);
      CHECK(std::fabs(static_cast<double>(seen[token]) - n * p) <= 4.5 * std::sqrt(n * p * (1.0 - p)));
    }
  }
}

TEST_CASE("NGramGenerator: without smoothing, all that it writes has been read", "[ngram]") {
  const std::string text = "Th" + written("Th", 400, {.seed = 3});
  for (std::size_t i = 0; i + 4 <= text.size(); ++i)
    REQUIRE(text_of_the_tests.find(text.substr(i, 4)) != std::string_view::npos);
  CHECK(written("Th", 400, {.seed = 3}) == text.substr(2));
  CHECK(written("Th", 400, {.seed = 4}) != text.substr(2));
  // What begins a text is what has begun one.
  CHECK(written("", 3, {.seed = 5}) == "The");
}

TEST_CASE("NGramGenerator goes on, stops, and takes the likeliest at temperature 0", "[ngram]") {
  NGramGenerator<Letters> generator{letters()};
  std::string text;
  const auto put = [&](Token token) { text += static_cast<char>(token); };
  const Sampling sampling{.temperature = 0.8f, .seed = 6};
  CHECK(generator.write("The ", 30, sampling, put) == 30);
  CHECK(generator.write("", 30, sampling, put) == 30);
  CHECK(text == written("The ", 60, sampling));
  REQUIRE(generator.tokens().size() == 3);
  for (std::size_t i = 0; i < 3; ++i) CHECK(generator.tokens()[i] == static_cast<unsigned char>(text[57 + i]));

  const Token blank = ' ';
  text.clear();
  generator.reset();
  const std::size_t letters_written = generator.write("The ", 100, {.seed = 6, .stop = std::span(&blank, 1)}, put);
  CHECK(letters_written == text.size());
  CHECK(letters_written < 100);
  CHECK(text.find(' ') == std::string::npos);
  std::size_t delivered = 0;
  CHECK(generator.write("The ", 100, sampling, [&](Token) { return ++delivered < 5; }) == 5);

  // After "q" there is always "u".
  CHECK(written("bouq", 1, {.temperature = 0.0f}) == written("bouq", 1, {.temperature = 1e-3f, .seed = 9}));
}

TEST_CASE("noisy_channel, lecture C: p(y | x) in proportion to p(x | y) p(y)", "[ngram]") {
  // "teh" was typed. Candidates: "the", "ten", "teh" itself.
  const std::vector<float> channel{std::log(0.02f), std::log(0.001f), std::log(0.95f)};
  const std::vector<float> source{std::log(0.05f), std::log(0.002f), std::log(0.0001f)};
  std::vector<float> posterior(3);
  CHECK(inlay::noisy_channel(channel, source, posterior) == 0);
  const double evidence = 0.02 * 0.05 + 0.001 * 0.002 + 0.95 * 0.0001;
  CHECK(std::fabs(static_cast<double>(posterior[0]) - 0.02 * 0.05 / evidence) < 1e-5);
  CHECK(std::fabs(static_cast<double>(posterior[1]) - 0.001 * 0.002 / evidence) < 1e-5);
  CHECK(std::fabs(static_cast<double>(posterior[2]) - 0.95 * 0.0001 / evidence) < 1e-5);
  // Without the source, what was typed is what was meant; in place too.
  CHECK(inlay::noisy_channel(channel, source, posterior, 0.0f) == 2);
  CHECK(std::fabs(static_cast<double>(posterior[2]) - 0.95 / 0.971) < 1e-5);

  const float infinity = std::numeric_limits<float>::infinity();
  CHECK(inlay::noisy_channel(channel, std::vector<float>{-infinity, -3.0f, -infinity}, posterior) == 1);
  CHECK((posterior[0] == 0.0f && posterior[1] == 1.0f));
  CHECK(inlay::noisy_channel(channel, std::vector<float>{-infinity, 0.0f, 0.0f}, posterior, 0.0f) == 2);
  CHECK(inlay::noisy_channel(std::vector<float>(3, -infinity), source, posterior) == 0);
  CHECK((posterior[0] == posterior[2] && posterior[0] > 0.3f));
}

TEST_CASE("noisy_channel: an n-gram model chooses among sentences that sound the same", "[ngram]") {
  enum Word : Token { recognise, speech, wreck, a, good, beach, we, can };
  NGram<NGramConfig{.vocabulary = 8, .order = 3, .capacity = 60}> model{};
  REQUIRE(model.count(Sequence{we, can, recognise, speech}));
  REQUIRE(model.count(Sequence{we, recognise, speech}));
  REQUIRE(model.count(Sequence{a, good, beach}));
  REQUIRE(model.count(Sequence{can, we, wreck, a, beach}));
  model.finish();
  const Sequence candidates[] = {{we, recognise, speech}, {we, wreck, a, good, beach}};
  std::vector<float> source;
  for (const Sequence& candidate : candidates) source.push_back(model.log_probability(candidate));
  std::vector<float> posterior(2);
  CHECK(inlay::noisy_channel(std::vector<float>{-4.0f, -3.5f}, source, posterior) == 0);
}
