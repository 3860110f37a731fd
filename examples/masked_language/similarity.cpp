#include "masked_language/similarity.hpp"

#include <inlay/modules/similarity.hpp>

#include <algorithm>
#include <array>
#include <stdexcept>

#include "masked_language/gaps.hpp"

namespace masked_language {
namespace {

using Row = std::array<float, width>;

// The vectors of words, in the place of special tokens too.
inlay::Rows<const float, width> rows_of(const Vocabulary& vocabulary) {
  return {pre_trained().encoder.token_embedding.weight.data(), vocabulary.size()};
}
std::span<const float, width> row_of(const Vocabulary& vocabulary, Token token) {
  return std::span<const float, width>{rows_of(vocabulary).row(token), width};
}

std::vector<Neighbour> nearest_words(const Vocabulary& vocabulary, std::span<const float, width> vector,
                                     std::span<const Token> except, std::size_t most) {
  std::vector<float> cosines(vocabulary.size());
  inlay::cosine_similarities(vector, rows_of(vocabulary), cosines);
  std::vector<Token> words;
  for (Token token = Vocabulary::first_word; token < vocabulary.size(); ++token)
    if (std::ranges::find(except, token) == except.end()) words.push_back(token);
  const auto count = static_cast<std::ptrdiff_t>(std::min(most, words.size()));
  std::ranges::partial_sort(words, words.begin() + count, std::ranges::greater{},
                            [&](Token token) { return cosines[token]; });
  std::vector<Neighbour> result;
  for (const Token token : std::span{words}.first(static_cast<std::size_t>(count)))
    result.push_back({vocabulary.word(token), static_cast<double>(cosines[token])});
  return result;
}

Row sum_of(std::span<const float, width> a, std::span<const float, width> b) {
  Row sum;
  std::ranges::transform(a, b, sum.begin(), [](float left, float right) { return left + right; });
  return sum;
}
Row difference_of(std::span<const float, width> a, std::span<const float, width> b) {
  Row difference;
  inlay::difference(a, b, difference);
  return difference;
}

std::vector<std::array<Token, 2>> pairs_with_s(const Vocabulary& vocabulary) {
  std::vector<std::array<Token, 2>> pairs;
  for (Token token = Vocabulary::first_word; token < vocabulary.size(); ++token) {
    const Token with =
        vocabulary.word(token).size() > 2 ? vocabulary.token(vocabulary.word(token) + "s") : Vocabulary::rare;
    if (with != Vocabulary::rare) pairs.push_back({token, with});
  }
  return pairs;
}

std::size_t nearest_word(const Vocabulary& vocabulary, std::span<const float, width> vector,
                         std::initializer_list<Token> except) {
  std::vector<std::size_t> excluded(except.begin(), except.end());
  for (std::size_t special = 0; special < Vocabulary::first_word; ++special) excluded.push_back(special);
  return inlay::nearest(vector, rows_of(vocabulary), excluded);
}

// In .bss: the encoder stays where it is. The other one has never learned anything.
inlay::ParametersOf<Encoder> random_encoder;
inlay::BuffersOf<Vector> buffers;
const inlay::ParametersOf<Vector> no_parameters{};
PredictorOf<Vector> predictor{no_parameters, buffers};

std::vector<float> vectors_of(const Passages& passages, const inlay::ParametersOf<Encoder>& encoder,
                              const examples::Executor& executor) {
  Vector::at<0>(buffers).parameters = &encoder;
  std::vector<float> vectors;
  for (std::size_t first = 0; first < passages.count(); first += passages_per_pass) {
    const std::size_t count = std::min(passages_per_pass, passages.count() - first);
    std::vector<std::uint32_t> offsets;
    for (std::size_t i = 0; i <= count; ++i) offsets.push_back(static_cast<std::uint32_t>(i * context));
    const auto rows = predictor.predict(passages.inputs(first, count), offsets, executor);
    vectors.insert(vectors.end(), rows.data(), rows.data() + count * width);
  }
  return vectors;
}

// Vectors of an encoder have a large part in common, which makes all of them alike: without it they differ in what they
// say. (Mu, Viswanath, "All-but-the-Top", 2018, without its second step.)
Row mean_of(const std::vector<float>& vectors) {
  Row mean{};
  for (std::size_t i = 0; i < vectors.size(); ++i) mean[i % width] += vectors[i];
  for (float& value : mean) value *= static_cast<float>(width) / static_cast<float>(vectors.size());
  return mean;
}
void subtract(const Row& mean, std::vector<float>& vectors) {
  for (std::size_t i = 0; i < vectors.size(); ++i) vectors[i] -= mean[i % width];
}

std::size_t count_right(const Passages& asked, const Passages& among, const std::vector<float>& questions,
                        const std::vector<float>& answers, auto&& on_right) {
  const inlay::Rows<const float, width> rows(answers.data(), among.count());
  std::size_t right = 0;
  for (std::size_t i = 0; i < asked.count(); ++i) {
    const std::span<const float, width> question{questions.data() + i * width, width};
    const std::size_t answer = inlay::nearest(question, rows);
    if (among.answers[answer] != asked.answers[i]) continue;
    ++right;
    on_right(i, answer, static_cast<double>(inlay::cosine_similarity(question, std::span{rows.row(answer), width})));
  }
  return right;
}

}  // namespace

std::vector<Neighbour> near_word(const Vocabulary& vocabulary, Token word, std::size_t most) {
  return nearest_words(vocabulary, row_of(vocabulary, word), std::array{word}, most);
}

Sum parse_sum(const std::string& text) {
  Sum sum;
  bool wanted = true, subtracted = false;  // whether a word is due, and how
  for (const std::string& word : words_of(text)) {
    const bool sign = word == "+" || word == "-";
    if (sign == wanted)
      throw std::runtime_error("expected words with + or - between them, as in 'king - man + woman', found '" + text +
                               "'");
    if (sign)
      subtracted = word == "-";
    else
      sum.terms.push_back({word, subtracted});
    wanted = sign;
  }
  if (wanted || sum.terms.size() < 2)
    throw std::runtime_error("expected words with + or - between them, as in 'king - man + woman', found '" + text +
                             "'");
  return sum;
}

std::vector<Neighbour> near_sum(const Vocabulary& vocabulary, const Sum& sum, std::size_t most) {
  Row vector{};
  std::vector<Token> words;
  for (const Sum::Term& term : sum.terms) {
    words.push_back(vocabulary.token(term.word));
    const auto row = row_of(vocabulary, words.back());
    vector = term.subtracted ? difference_of(vector, row) : sum_of(vector, row);
  }
  return nearest_words(vocabulary, vector, words, most);
}

Differences measure_differences(const Vocabulary& vocabulary) {
  const auto pairs = pairs_with_s(vocabulary);
  Differences result{.pairs = pairs.size(), .example = pairs.empty() ? "" : vocabulary.word(pairs.front()[0])};
  const auto row = [&](Token token) { return row_of(vocabulary, token); };
  std::vector<Row> differences, others;
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    differences.push_back(difference_of(row(pairs[i][1]), row(pairs[i][0])));
    // The second word of another pair: as frequent words as those of the pairs, and no pairs.
    others.push_back(difference_of(row(pairs[(i + 1) % pairs.size()][1]), row(pairs[i][0])));
  }
  for (std::size_t a = 0; a < pairs.size(); ++a)
    for (std::size_t b = 0; b < pairs.size(); ++b) {
      const auto same = [&](Token token) { return token == pairs[b][0] || token == pairs[b][1]; };
      if (same(pairs[a][0]) || same(pairs[a][1])) continue;
      ++result.asked;
      result.cosine += static_cast<double>(inlay::cosine_similarity(differences[a], differences[b]));
      result.other_cosine += static_cast<double>(inlay::cosine_similarity(others[a], others[b]));
      const auto [from, to] = pairs[b];
      result.right +=
          nearest_word(vocabulary, sum_of(row(from), differences[a]), {from, pairs[a][0], pairs[a][1]}) == to;
      result.without += nearest_word(vocabulary, row(from), {from, pairs[a][0], pairs[a][1]}) == to;
    }
  if (result.asked > 0) {
    result.cosine /= static_cast<double>(result.asked);
    result.other_cosine /= static_cast<double>(result.asked);
  }
  return result;
}

Passing measure_passages(const Experiment& experiment) {
  constexpr std::size_t most = 2000;
  const Passages asked = experiment.text.held_out(Question::part, exam_most);
  const Passages among = experiment.text.random(Question::part, experiment.options.seed, 1ULL << 41, most);
  Passing result{.passages = asked.count(), .among = among.count()};
  inlay::initialize<Encoder>(random_encoder, inlay::Seed{experiment.options.seed});
  const auto by = [&](const inlay::ParametersOf<Encoder>& encoder, auto&& on_right) {
    std::vector<float> questions = vectors_of(asked, encoder, experiment.executor);
    std::vector<float> answers = vectors_of(among, encoder, experiment.executor);
    const Row mean = mean_of(answers);
    subtract(mean, questions);
    subtract(mean, answers);
    return count_right(asked, among, questions, answers, on_right);
  };
  result.right_random = by(random_encoder, [](auto...) {});
  result.right = by(pre_trained().encoder, [&](std::size_t question, std::size_t answer, double cosine) {
    if (cosine <= result.cosine) return;
    const auto text = [&](const Passages& passages, std::size_t index) {
      return experiment.text.vocabulary().text(
          std::span{passages.tokens}.subspan(index * context + 1, Text::words_of_one));
    };
    result.cosine = cosine;
    result.passage = text(asked, question);
    result.nearest = text(among, answer);
  });
  return result;
}

}  // namespace masked_language
