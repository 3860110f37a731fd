// The n-gram model against counting with std::map in double precision, and against what one finds with a pencil.

#include <inlay/memory/hash.hpp>
#include <inlay/models/ngram.hpp>

#include <cmath>
#include <limits>
#include <map>
#include <memory>
#include <set>
#include <string_view>
#include <type_traits>
#include <vector>

#include "data/text.hpp"
#include "support/catch.hpp"
#include "support/numbers.hpp"

namespace {

using inlay::NGram;
using inlay::NGramConfig;
using inlay::Smoothing;
using inlay::Token;
using Sequence = std::vector<Token>;

constexpr Smoothing smoothings[] = {Smoothing::maximum_likelihood, Smoothing::witten_bell, Smoothing::kneser_ney,
                                    Smoothing::modified_kneser_ney};

double real(float x) { return static_cast<double>(x); }

// The order of maps. Element by element: where the machine is big-endian, libstdc++ 12 compares vectors of 32-bit
// numbers by a quarter of their bytes.
struct Before {
  bool operator()(const Sequence& a, const Sequence& b) const {
    for (std::size_t i = 0; i < a.size() && i < b.size(); ++i)
      if (a[i] != b[i]) return a[i] < b[i];
    return a.size() < b.size();
  }
};
template <class T>
using Map = std::map<Sequence, T, Before>;

// The equations of the header, word for word, on maps from n-grams to numbers. Slow.
class Reference {
 public:
  Reference(std::size_t vocabulary, std::size_t order, Smoothing smoothing, const std::vector<Sequence>& sequences)
      : vocabulary_(vocabulary), order_(order), smoothing_(smoothing), discounts_(order + 1) {
    const bool kneser_ney = smoothing == Smoothing::kneser_ney || smoothing == Smoothing::modified_kneser_ney;
    const Token begin = static_cast<Token>(vocabulary);
    Map<double> counts;
    Map<std::set<Token>> before;
    for (const Sequence& sequence : sequences) {
      Sequence padded{begin};
      padded.insert(padded.end(), sequence.begin(), sequence.end());
      for (std::size_t end = 2; end <= padded.size(); ++end)
        for (std::size_t k = 1; k <= order && k <= end; ++k) {
          const auto last = padded.begin() + static_cast<std::ptrdiff_t>(end);
          const Sequence gram(last - static_cast<std::ptrdiff_t>(k), last);
          counts[gram] += 1.0;
          if (k < end) before[gram].insert(padded[end - k - 1]);
        }
    }
    for (const auto& [gram, count] : counts) {
      const bool contexts = kneser_ney && gram.size() < order && gram.front() != begin;
      amounts_[gram] = contexts ? static_cast<double>(before[gram].size()) : count;
    }
    if (kneser_ney)
      for (std::size_t k = 1; k <= order; ++k) discounts_[k] = estimate(k);
    for (const auto& [gram, amount] : amounts_) {
      const Sequence context(gram.begin(), gram.end() - 1);
      totals_[context] += amount;
      followers_[context] += 1.0;
      if (kneser_ney) rests_[context] += discount(gram.size(), amount);
    }
  }

  double discount(std::size_t order, double amount) const {
    const std::vector<double>& d = discounts_[order];
    return amount == 0.0 ? 0.0 : d[amount >= 3.0 ? 2 : static_cast<std::size_t>(amount) - 1];
  }

  double probability(Sequence context, Token token) const {
    if (context.size() >= order_)
      context.erase(context.begin(), context.end() - static_cast<std::ptrdiff_t>(order_ - 1));
    double shorter = 1.0 / static_cast<double>(vocabulary_);
    if (!context.empty()) shorter = probability({context.begin() + 1, context.end()}, token);
    if (totals_.count(context) == 0) return context.empty() ? 1.0 / static_cast<double>(vocabulary_) : shorter;
    Sequence gram = context;
    gram.push_back(token);
    const double amount = amounts_.count(gram) != 0 ? amounts_.at(gram) : 0.0, total = totals_.at(context);
    const double followers = followers_.at(context);
    if (smoothing_ == Smoothing::maximum_likelihood) return amount / total;
    if (smoothing_ == Smoothing::witten_bell) return (amount + followers * shorter) / (total + followers);
    return (amount - discount(gram.size(), amount) + rests_.at(context) * shorter) / total;
  }

 private:
  std::vector<double> estimate(std::size_t order) const {
    double n[5] = {};
    for (const auto& [gram, amount] : amounts_)
      if (gram.size() == order && amount >= 1.0 && amount <= 4.0) n[static_cast<std::size_t>(amount)] += 1.0;
    const double y = n[1] / (n[1] + 2.0 * n[2]);
    if (smoothing_ == Smoothing::kneser_ney) {
      if (n[1] == 0.0 || n[2] == 0.0) return {0.5, 0.5, 0.5};
      return {y, y, y};
    }
    const std::vector<double> d{1 - 2 * y * n[2] / n[1], 2 - 3 * y * n[3] / n[2], 3 - 4 * y * n[4] / n[3]};
    for (std::size_t i = 0; i < 3; ++i)
      if (!(d[i] > 1e-6 && d[i] <= static_cast<double>(i + 1))) return {0.5, 1.0, 1.5};
    return d;
  }

  std::size_t vocabulary_, order_;
  Smoothing smoothing_;
  std::vector<std::vector<double>> discounts_;
  Map<double> amounts_, totals_, followers_, rests_;
};

template <class Model>
double sum_of_probabilities(const Model& model, const Sequence& context) {
  std::vector<float> p(Model::vocabulary);
  model.probabilities(model.after(context), p);
  double sum = 0.0;
  for (std::size_t token = 0; token < p.size(); ++token) {
    REQUIRE(p[token] >= 0.0f);
    REQUIRE(p[token] == model.probability(context, static_cast<Token>(token)));
    sum += real(p[token]);
  }
  return sum;
}

// Sequences in which some tokens are much more frequent than others, and follow each other by habit.
std::vector<Sequence> random_sequences(std::size_t vocabulary, std::size_t count, std::size_t length) {
  numbers::Source source(static_cast<std::uint32_t>(vocabulary + 31 * count));
  std::vector<Sequence> sequences(count);
  for (Sequence& sequence : sequences)
    for (std::size_t i = 0; i < length + source.below(5); ++i) {
      const std::size_t free = source.below(vocabulary) * source.below(vocabulary) / vocabulary;
      const std::size_t habit = sequence.empty() ? 0 : (3 * sequence.back() + 1) % vocabulary;
      sequence.push_back(static_cast<Token>(source.below(3) == 0 ? habit : free));
    }
  return sequences;
}

template <std::size_t Vocabulary, std::size_t Order>
void compare_with_reference(const std::vector<Sequence>& sequences) {
  using Model = NGram<NGramConfig{.vocabulary = Vocabulary, .order = Order, .capacity = 4000}>;
  const auto model = std::make_unique<Model>();
  model->clear();
  for (const Sequence& sequence : sequences) REQUIRE(model->count(sequence));
  numbers::Source source(17);
  for (const Smoothing smoothing : smoothings) {
    CAPTURE(Vocabulary, Order, static_cast<int>(smoothing));
    model->finish(smoothing);
    const Reference reference(Vocabulary, Order, smoothing, sequences);
    double greatest_error = 0.0, greatest_excess = 0.0;
    for (std::size_t trial = 0; trial < 300; ++trial) {
      // Contexts from the sequences, from their beginnings, and made up.
      const Sequence& from = sequences[source.below(sequences.size())];
      const std::size_t length = source.below(Order + 2), first = source.below(from.size() - Order - 1);
      Sequence context(from.begin() + static_cast<std::ptrdiff_t>(first),
                       from.begin() + static_cast<std::ptrdiff_t>(first + length));
      if (trial % 3 == 1) context.insert(context.begin(), Model::begin);
      if (trial % 3 == 2)
        for (Token& token : context) token = static_cast<Token>(source.below(Vocabulary));
      for (std::size_t token = 0; token < Vocabulary; ++token) {
        const double expected = reference.probability(context, static_cast<Token>(token));
        const double found = real(model->probability(context, static_cast<Token>(token)));
        greatest_error = std::max(greatest_error, std::fabs(found - expected));
      }
      greatest_excess = std::max(greatest_excess, std::fabs(sum_of_probabilities(*model, context) - 1.0));
    }
    CHECK(greatest_error < 1e-6);
    CHECK(greatest_excess < 2e-6);
    for (std::size_t k = 1; k <= Order; ++k) {
      const auto& d = model->discounts(k);
      if (smoothing == Smoothing::kneser_ney || smoothing == Smoothing::modified_kneser_ney) {
        CHECK(std::fabs(real(d.one) - reference.discount(k, 1)) < 1e-6);
        CHECK(std::fabs(real(d.two) - reference.discount(k, 2)) < 1e-6);
        CHECK(std::fabs(real(d.more) - reference.discount(k, 7)) < 1e-6);
      } else {
        CHECK((d.one == 0.0f && !d.estimated));
      }
    }
  }
}

// "the cat sat", "the cat ran", "the dog sat"
enum Word : Token { the, cat, sat, ran, dog };
using Words = NGram<NGramConfig{.vocabulary = 5, .order = 2, .capacity = 6}>;
Words words_of_three_sentences() {
  Words model{};
  REQUIRE(model.count(Sequence{the, cat, sat}));
  REQUIRE(model.count(Sequence{the, cat, ran}));
  REQUIRE(model.count(Sequence{the, dog, sat}));
  return model;
}
bool close(float found, double expected) { return std::fabs(real(found) - expected) < 1e-6; }

// The bytes of the test's text.
Sequence bytes(std::string_view text) {
  Sequence tokens;
  for (const char character : text) tokens.push_back(static_cast<unsigned char>(character));
  return tokens;
}

}  // namespace

TEST_CASE("NGram, lecture C: counts and maximum likelihood", "[ngram]") {
  Words model = words_of_three_sentences();
  CHECK(model.report().tokens == 9);
  CHECK(model.report().n_grams == 6);
  model.finish(Smoothing::maximum_likelihood);
  const Sequence after_the{the}, after_cat{cat}, after_dog{dog}, nothing;
  CHECK(close(model.probability(after_the, cat), 2.0 / 3.0));
  CHECK(close(model.probability(after_the, dog), 1.0 / 3.0));
  CHECK(model.probability(after_the, sat) == 0.0f);
  CHECK(close(model.probability(after_cat, sat), 0.5));
  CHECK(close(model.probability(after_dog, sat), 1.0));
  CHECK(close(model.probability(nothing, the), 1.0 / 3.0));
  CHECK(model.probability(Sequence{Words::begin}, the) == 1.0f);
  // No sentence goes on after "ran": what is left is how frequent the words are.
  CHECK(close(model.probability(Sequence{ran}, sat), 2.0 / 9.0));
  CHECK(close(model.log_probability(Sequence{the, dog, sat}), std::log(1.0 / 3.0)));
  CHECK(model.log_probability(Sequence{the, dog, ran}) == -std::numeric_limits<float>::infinity());
}

TEST_CASE("NGram: the same three sentences, smoothed with a pencil", "[ngram]") {
  Words model = words_of_three_sentences();
  const Sequence after_the{the};
  // Two words follow "the", five are known: (2 + 2 p(cat)) / (3 + 2) with p(cat) = (2 + 5 / 5) / (9 + 5).
  model.finish(Smoothing::witten_bell);
  CHECK(close(model.probability(Sequence{}, cat), 3.0 / 14.0));
  CHECK(close(model.probability(after_the, cat), 17.0 / 35.0));
  // Pairs: four are there once, one twice: Y = 4 / (4 + 2) = 2/3. Words by what stands before: sat 2, the others 1, so
  // that Y = 2/3 there, too, and p(cat) = (1 - 2/3 + 5 (2/3) / 5) / 6 = 1/6.
  model.finish(Smoothing::kneser_ney);
  CHECK(close(model.discounts(1).one, 2.0 / 3.0));
  CHECK(model.discounts(2).estimated);
  CHECK(close(model.probability(Sequence{}, cat), 1.0 / 6.0));
  CHECK(close(model.probability(Sequence{}, sat), 1.0 / 3.0));
  CHECK(close(model.probability(after_the, cat), 14.0 / 27.0));
  // D(2) = 2 - 3 (2/3) 1 = 0, which is no discount: 0.5, 1, 1.5 instead.
  model.finish();
  CHECK_FALSE(model.discounts(2).estimated);
  CHECK(model.discounts(2).two == 1.0f);
  CHECK(close(model.probability(Sequence{}, cat), 11.0 / 60.0));
  CHECK(close(model.probability(after_the, cat), 0.425));
}

TEST_CASE("NGram agrees with counting in maps, and its probabilities sum to 1", "[ngram]") {
  compare_with_reference<7, 1>(random_sequences(7, 5, 40));
  compare_with_reference<7, 2>(random_sequences(7, 20, 20));
  compare_with_reference<12, 3>(random_sequences(12, 30, 25));
  compare_with_reference<25, 4>(random_sequences(25, 12, 30));
  compare_with_reference<3, 6>(random_sequences(3, 12, 30));
  compare_with_reference<1, 1>(random_sequences(1, 3, 9));
  compare_with_reference<1, 3>(random_sequences(1, 3, 9));
}

TEST_CASE("NGram: discounts of real text are estimated, and smoothing helps with text that was not counted",
          "[ngram]") {
  using Model = NGram<NGramConfig{.vocabulary = 128, .order = 3, .capacity = 4000}>;
  const auto model = std::make_unique<Model>();
  model->clear();
  const Sequence text = bytes(text_of_the_tests);
  const std::size_t split = text.size() * 9 / 10;
  const std::span<const Token> counted = std::span(text).first(split), rest = std::span(text).subspan(split);
  REQUIRE(model->count(counted));
  const auto bits = [&](Smoothing smoothing) {
    model->finish(smoothing);
    return model->bits_per_token(rest, model->after(counted));
  };
  CHECK(bits(Smoothing::maximum_likelihood) == std::numeric_limits<float>::infinity());
  const float witten_bell = bits(Smoothing::witten_bell), kneser_ney = bits(Smoothing::kneser_ney),
              modified = bits(Smoothing::modified_kneser_ney);
  CHECK(model->discounts(2).estimated);
  CHECK(model->discounts(3).estimated);
  CHECK(model->discounts(3).one < model->discounts(3).two);
  CAPTURE(witten_bell, kneser_ney, modified);
  CHECK(kneser_ney < witten_bell);
  CHECK(modified < 3.2f);
  CHECK(modified > 2.5f);
}

TEST_CASE("NGram: Kneser-Ney asks after how many words one stands, not how often", "[ngram]") {
  // 0 always follows 1; 2 follows 3, 4, 5, and is as frequent.
  NGram<NGramConfig{.vocabulary = 7, .order = 2, .capacity = 20}> model{};
  REQUIRE(model.count(Sequence{1, 0, 3, 2, 1, 0, 4, 2, 1, 0, 5, 2}));
  const Sequence unseen{6};
  model.finish(Smoothing::witten_bell);
  CHECK(model.probability(unseen, 0) == model.probability(unseen, 2));
  model.finish(Smoothing::kneser_ney);
  CHECK(model.probability(unseen, 0) < 0.5f * model.probability(unseen, 2));
}

TEST_CASE("NGram: one that has counted nothing takes all for equally likely", "[ngram]") {
  NGram<NGramConfig{.vocabulary = 8, .order = 3, .capacity = 4}> model{};
  for (const Smoothing smoothing : smoothings) {
    model.finish(smoothing);
    CHECK(model.probability(Sequence{1, 2}, 3) == 0.125f);
    CHECK(model.bits_per_token(Sequence{0, 7, 3}) == 3.0f);
    CHECK(close(model.perplexity(Sequence{0, 7, 3}), 8.0));
  }
  CHECK(model.log_probability(Sequence{}) == 0.0f);
  CHECK(model.bits_per_token(Sequence{}) == 0.0f);
}

TEST_CASE("NGram: the probability of a sequence is the product along it", "[ngram]") {
  using Model = NGram<NGramConfig{.vocabulary = 12, .order = 3, .capacity = 2000}>;
  const auto model = std::make_unique<Model>();
  model->clear();
  const auto sequences = random_sequences(12, 30, 25);
  for (const Sequence& sequence : sequences) REQUIRE(model->count(sequence));
  model->finish();
  const Sequence& tokens = sequences[3];
  Sequence context{Model::begin};
  double sum = 0.0;
  for (const Token token : tokens) {
    sum += std::log(real(model->probability(context, token)));
    context.push_back(token);
  }
  const double length = static_cast<double>(tokens.size());
  CHECK(std::fabs(real(model->log_probability(tokens)) - sum) < 1e-4);
  CHECK(std::fabs(real(model->bits_per_token(tokens)) + sum / length / std::log(2.0)) < 1e-5);
  CHECK(std::fabs(real(model->perplexity(tokens)) - std::exp(-sum / length)) < 1e-4);
  // In two parts, the second after the first.
  const std::span<const Token> first = std::span(tokens).first(9), second = std::span(tokens).subspan(9);
  CHECK(std::fabs(real(model->log_probability(first) + model->log_probability(second, model->after(first))) - sum) <
        1e-4);
}

TEST_CASE("NGram: pieces of a sequence are counted as the whole", "[ngram]") {
  using Model = NGram<NGramConfig{.vocabulary = 128, .order = 4, .capacity = 8000}>;
  const auto whole = std::make_unique<Model>(), pieces = std::make_unique<Model>();
  whole->clear();
  pieces->clear();
  const Sequence text = bytes(text_of_the_tests);
  REQUIRE(whole->count(text));
  std::size_t at = 0;
  for (std::size_t length = 0; at < text.size(); at += length, length = (length + 1) % 40)
    REQUIRE(pieces->go_on_counting(std::span(text).subspan(at, std::min(length, text.size() - at))));
  CHECK(whole->report().n_grams == pieces->report().n_grams);
  CHECK(whole->report().tokens == text.size());
  whole->finish();
  pieces->finish();
  CHECK(whole->log_probability(text) == pieces->log_probability(text));
}

TEST_CASE("NGram: what finds no place is reported, and the rest is right", "[ngram]") {
  const auto sequences = random_sequences(12, 30, 25);
  NGram<NGramConfig{.vocabulary = 12, .order = 3, .capacity = 100}> model{};
  std::uint64_t tokens = 0, lost = 0;
  bool all = true;
  for (const Sequence& sequence : sequences) {
    const bool fits = model.count(sequence);
    CHECK(fits == (model.report().lost == lost));
    all = all && fits;
    tokens += sequence.size();
    lost = model.report().lost;
  }
  CHECK_FALSE(all);
  CHECK(model.report().n_grams == 100);
  CHECK(model.report().tokens == tokens);
  // Each token is the end of a pair (that with begin is one) and, but the first, of a triple.
  CHECK(lost > 0);
  CHECK(lost < 2 * tokens - sequences.size());
  for (const Smoothing smoothing : smoothings) {
    model.finish(smoothing);
    for (Token a = 0; a <= 12; ++a)
      for (Token b = 0; b < 12; ++b) CHECK(std::fabs(sum_of_probabilities(model, {a, b}) - 1.0) < 2e-6);
  }
  // Room for exactly what there is: nothing is lost.
  std::set<Sequence, Before> grams;
  for (const Sequence& sequence : sequences) {
    Sequence padded{12};
    padded.insert(padded.end(), sequence.begin(), sequence.end());
    for (std::size_t i = 1; i < padded.size(); ++i) {
      grams.insert({padded[i - 1], padded[i]});
      if (i > 1) grams.insert({padded[i - 2], padded[i - 1], padded[i]});
    }
  }
  constexpr std::size_t expected = 365;
  REQUIRE(grams.size() == expected);
  using Exact = NGram<NGramConfig{.vocabulary = 12, .order = 3, .capacity = expected}>;
  const auto exact = std::make_unique<Exact>();
  exact->clear();
  for (const Sequence& sequence : sequences) CHECK(exact->count(sequence));
  CHECK(exact->report().n_grams == expected);
  // And a full table still counts what is in it.
  CHECK(exact->count(sequences[0]));
  CHECK_FALSE(exact->count(Sequence{11, 11, 11, 11, 11, 0, 11, 0}));
}

TEST_CASE("NGram: an object is trivial, all-zero is empty, and its size is known", "[ngram]") {
  using Model = NGram<NGramConfig{.vocabulary = 256, .order = 5, .capacity = 1000}>;
  static_assert(std::is_trivial_v<Model>);
  static_assert(inlay::footprint<Model>.total() == sizeof(Model));
  static_assert(sizeof(Model) <= 36 * 1001 + 16 * 258 + 200);
  static Model model;
  const Sequence text = bytes("abracadabra");
  CHECK(model.count(text));
  model.finish();
  const float first = model.log_probability(text);
  CHECK(first < 0.0f);
  model.clear();
  CHECK(model.report().tokens == 0);
  CHECK(model.count(text));
  model.finish();
  CHECK(model.log_probability(text) == first);
}

TEST_CASE("NGram: the same bits on every target", "[ngram]") {
  using Model = NGram<NGramConfig{.vocabulary = 128, .order = 4, .capacity = 8000}>;
  const auto model = std::make_unique<Model>();
  model->clear();
  const Sequence text = bytes(text_of_the_tests);
  REQUIRE(model->count(text));
  inlay::Hash hash;
  std::vector<float> p(128);
  for (const Smoothing smoothing : smoothings) {
    model->finish(smoothing);
    for (const Sequence& context : {bytes("The"), bytes(" gl"), bytes("zzz"), bytes("")}) {
      model->probabilities(model->after(context), p);
      hash.reals(p);
    }
    if (inlay::simd::has_fused_multiply_add) hash.real(model->log_probability(text));
  }
  if (inlay::simd::has_fused_multiply_add)
    CHECK(hash.value() == 0xe20414c718c177a6u);
  else
    CHECK(hash.value() == 0xaaf21fd8444505feu);
}
