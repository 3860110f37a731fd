#include <inlay/generation/sampling.hpp>

#include "support/catch.hpp"

#include <cmath>
#include <limits>
#include <memory>
#include <set>
#include <vector>

namespace {

using inlay::Sampling;
using inlay::Token;

constexpr std::size_t vocabulary = 11;
using Logits = std::vector<float>;
const Logits logits{0.5f, -1.0f, 2.0f, 0.0f, 2.5f, -3.0f, 1.0f, 1.5f, -0.5f, 0.25f, -8.0f};

Token choose(const Logits& z, const Sampling& sampling, std::uint64_t index, const std::vector<Token>& context = {}) {
  static inlay::Sampler<vocabulary> sampler;
  return sampler.choose(z.data(), context, sampling, index);
}

// What the formulas of the header say, in double precision. Tokens that cannot be drawn have probability 0.
std::vector<double> probabilities(const Logits& z, const Sampling& s, const std::vector<Token>& context = {}) {
  std::vector<double> p(z.begin(), z.end());
  for (const Token token : std::set<Token>(context.begin(), context.end())) {
    const double penalty = static_cast<double>(s.repetition_penalty);
    p[token] = p[token] > 0.0 ? p[token] / penalty : p[token] * penalty;
  }
  double sum = 0.0;
  for (double& x : p) sum += x = std::exp(x / static_cast<double>(s.temperature));
  for (double& x : p) x /= sum;
  std::vector<std::size_t> order(p.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return p[a] > p[b]; });
  std::size_t count = s.top_k == 0 ? order.size() : std::min(s.top_k, order.size());
  double kept = 0.0, reached = 0.0;
  for (std::size_t i = 0; i < count; ++i) kept += p[order[i]];
  std::size_t nucleus = 0;
  while (nucleus < count && (nucleus == 0 || reached < static_cast<double>(s.top_p) * kept))
    reached += p[order[nucleus++]];
  std::vector<double> result(p.size());
  for (std::size_t i = 0; i < nucleus; ++i) result[order[i]] = p[order[i]] / reached;
  return result;
}

// Draws often and compares the frequencies with the probabilities: four and a half standard deviations, and nothing
// impossible.
void check_frequencies(const Sampling& sampling, const std::vector<Token>& context = {}) {
  const auto expected = probabilities(logits, sampling, context);
  const std::size_t draws = 100000;
  std::vector<std::size_t> seen(vocabulary);
  for (std::size_t i = 0; i < draws; ++i) ++seen[choose(logits, sampling, i, context)];
  for (std::size_t j = 0; j < vocabulary; ++j) {
    CAPTURE(j, expected[j], seen[j]);
    const double n = static_cast<double>(draws), p = expected[j];
    if (p == 0.0) {
      CHECK(seen[j] == 0);
    } else {
      CHECK(std::abs(static_cast<double>(seen[j]) - n * p) <= 4.5 * std::sqrt(n * p * (1.0 - p)) + 1e-3);
    }
  }
}

}  // namespace

TEST_CASE("Tokens are as frequent as they are probable") {
  check_frequencies({});
  check_frequencies({.temperature = 0.5f, .seed = 1});
  check_frequencies({.temperature = 3.0f, .seed = 0xffffffffffffull});
  check_frequencies({.top_k = 4, .seed = 2});
  check_frequencies({.top_k = 2, .seed = 3});
  check_frequencies({.top_k = 100, .seed = 4});
  check_frequencies({.top_p = 0.7f, .seed = 5});
  check_frequencies({.top_p = 0.999f, .seed = 6});
  check_frequencies({.temperature = 2.0f, .top_k = 6, .top_p = 0.6f, .seed = 7});
  check_frequencies({.repetition_penalty = 1.5f, .seed = 8}, {4, 2, 4, 1, 4});
  check_frequencies({.temperature = 0.8f, .top_k = 5, .top_p = 0.9f, .repetition_penalty = 1.2f, .seed = 9}, {4, 5});
}

TEST_CASE("Temperature 0 takes the greatest logit, the first of equals") {
  const Sampling greedy{.temperature = 0.0f, .seed = 9};
  for (std::uint64_t index = 0; index < 5; ++index) CHECK(choose(logits, greedy, index) == 4);
  CHECK(choose(Logits(vocabulary, 1.0f), greedy, 0) == 0);
  CHECK(choose(logits, {.top_k = 1}, 3) == 4);
  CHECK(choose(logits, {.temperature = 1e-3f}, 3) == 4);
  for (const float temperature : {1e-30f, 1e-38f, 1e-45f}) CHECK(choose(logits, {.temperature = temperature}, 3) == 4);
  CHECK(choose(logits, {.top_p = 0.0f}, 3) == 4);
  CHECK(choose(logits, {.top_p = 1e-6f}, 3) == 4);
  // A penalty counts there too: 2.5 / 1.5 < 2.
  CHECK(choose(logits, {.temperature = 0.0f, .repetition_penalty = 1.5f}, 0, {4}) == 2);
  Logits negative(vocabulary, -2.0f);
  negative[7] = -1.5f;
  CHECK(choose(negative, {.temperature = 0.0f, .repetition_penalty = 2.0f}, 0, {7}) == 0);
}

TEST_CASE("Of equal logits, top-k keeps the first") {
  const Logits equal(vocabulary, 0.5f);
  std::set<Token> seen;
  for (std::uint64_t index = 0; index < 500; ++index) seen.insert(choose(equal, {.top_k = 3}, index));
  CHECK(seen == std::set<Token>{0, 1, 2});
  seen.clear();
  for (std::uint64_t index = 0; index < 500; ++index) seen.insert(choose(equal, {.top_p = 0.3f}, index));
  CHECK(seen == std::set<Token>{0, 1, 2, 3});  // three of eleven are less than 0.3
}

TEST_CASE("Top-p keeps as few as reach it") {
  Logits z(vocabulary, -100.0f);
  z[6] = std::log(0.5f);
  z[2] = std::log(0.3f);
  z[9] = std::log(0.2f);
  const auto kept = [&](float top_p) {
    std::set<Token> seen;
    for (std::uint64_t index = 0; index < 500; ++index) seen.insert(choose(z, {.top_p = top_p}, index));
    return seen;
  };
  CHECK(kept(0.49f) == std::set<Token>{6});
  CHECK(kept(0.51f) == std::set<Token>{2, 6});
  CHECK(kept(0.79f) == std::set<Token>{2, 6});
  CHECK(kept(0.81f) == std::set<Token>{2, 6, 9});
}

TEST_CASE("A seed and an index give the same token again; others give others") {
  std::size_t different_seed = 0, different_index = 0;
  for (std::uint64_t index = 0; index < 200; ++index) {
    const Token token = choose(logits, {.seed = 42}, index);
    REQUIRE(token == choose(logits, {.seed = 42}, index));
    different_seed += token != choose(logits, {.seed = 43}, index);
    different_index += token != choose(logits, {.seed = 42}, index + 1);
  }
  CHECK(different_seed > 100);
  CHECK(different_index > 100);
}

TEST_CASE("Logits that are not finite still give a token of the vocabulary") {
  const float infinity = std::numeric_limits<float>::infinity(), nan = std::numeric_limits<float>::quiet_NaN();
  for (const float bad : {infinity, -infinity, nan})
    for (const Sampling& sampling :
         {Sampling{}, Sampling{.temperature = 0.0f}, Sampling{.top_k = 3}, Sampling{.top_p = 0.5f}}) {
      Logits z = logits;
      z[3] = bad;
      CHECK(choose(z, sampling, 1) < vocabulary);
      CHECK(choose(Logits(vocabulary, bad), sampling, 1) < vocabulary);
    }
  Logits broken = logits;  // a NaN is never drawn
  broken[7] = nan;
  for (std::uint64_t index = 0; index < 200; ++index) REQUIRE(choose(broken, {}, index) != 7);
  Logits masked = logits;  // minus infinity is how a caller forbids a token
  masked[4] = -infinity;
  for (std::uint64_t index = 0; index < 2000; ++index) REQUIRE(choose(masked, {}, index) != 4);
}
