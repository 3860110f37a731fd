// What masked_language makes of a text: words, passages, questions.

#include <algorithm>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "masked_language/passages.hpp"
#include "support/catch.hpp"

using namespace masked_language;

namespace {

// Each word says where it stands: w<block> comes often, and is known.
std::vector<std::string> numbered_words(std::size_t blocks) {
  std::vector<std::string> words;
  for (std::size_t i = 0; i < blocks * Text::block_words; ++i)
    words.push_back("w" + std::to_string(i / Text::block_words % 7) + "x" + std::to_string(i % Text::block_words % 50));
  return words;
}

}  // namespace

TEST_CASE("masked_language: words and signs", "[masked_language]") {
  CHECK(words_of("It's  \"Don't\" x_1--y, caf\xc3\xa9.\n") ==
        std::vector<std::string>{"it's", "\"", "don't", "\"", "x_1", "-", "-", "y", ",", "caf\xc3\xa9", "."});
  CHECK(words_of("' a' 'b").size() == 5);
  CHECK(words_of(" \t\n").empty());
}

TEST_CASE("masked_language: a vocabulary has the most frequent words", "[masked_language]") {
  const Vocabulary vocabulary{words_of("b a b a c c b d e e e e"), 7};
  CHECK(vocabulary.size() == 7);  // four special ones, and e, b, a: c comes after a
  CHECK(vocabulary.word(Vocabulary::first_word) == "e");
  CHECK(vocabulary.word(Vocabulary::first_word + 2) == "a");
  CHECK(vocabulary.count(Vocabulary::first_word + 1) == 3);
  CHECK(vocabulary.token("d") == Vocabulary::rare);
  CHECK(vocabulary.tokens("E [MASK]c") ==
        std::vector<Token>{Vocabulary::first_word, Vocabulary::gap, Vocabulary::rare});
  CHECK(vocabulary.text(vocabulary.tokens("a b")) == "a b");
}

TEST_CASE("masked_language: passages and their questions", "[masked_language]") {
  const auto words = numbered_words(Text::least_blocks);
  const Text text{"numbers", words};
  REQUIRE(text.blocks() == Text::least_blocks);
  const auto block_of = [&](const Passages& passages, std::size_t index, std::size_t at) {
    return text.vocabulary().word(passages.tokens[index * context + at]).substr(0, 2);
  };
  for (const Question question : {Question::part, Question::order, Question::follows}) {
    const Passages passages = text.random(question, 1, 0, 64), again = text.random(question, 1, 0, 64);
    CHECK(passages.tokens == again.tokens);
    CHECK(passages.tokens.size() == 64 * context);
    CHECK(passages.segments.size() == 64 * context);
    for (std::size_t i = 0; i < 64; ++i) {
      CHECK(passages.tokens[i * context] == Vocabulary::start);
      CHECK(passages.tokens[(i + 1) * context - 1] == Vocabulary::separator);
      if (question == Question::follows) {
        CHECK(passages.tokens[i * context + Text::words_of_first + 1] == Vocabulary::separator);
        CHECK(passages.segments[i * context + Text::words_of_first + 1] == 0);
        CHECK(passages.segments[i * context + Text::words_of_first + 2] == 1);
        if (passages.answers[i] == 1)
          CHECK(block_of(passages, i, Text::words_of_first) == block_of(passages, i, Text::words_of_first + 2));
      }
    }
    if (question == Question::part) continue;
    const auto yes = std::count(passages.answers.begin(), passages.answers.end(), Token{1});
    CHECK((yes > 16 && yes < 48));
  }
  // Words out of their order are the same words.
  const Passages straight = text.held_out(Question::part, 40), mixed = text.held_out(Question::order, 40);
  for (std::size_t i = 0; i < mixed.count(); ++i) {
    const auto of = [&](const Passages& p) {
      return std::vector<Token>(p.tokens.begin() + static_cast<std::ptrdiff_t>(i * context),
                                p.tokens.begin() + static_cast<std::ptrdiff_t>((i + 1) * context));
    };
    auto a = of(straight), b = of(mixed);
    CHECK((a == b) == (mixed.answers[i] == 1));
    std::sort(a.begin(), a.end()), std::sort(b.begin(), b.end());
    CHECK(a == b);
  }
  std::set<Token> of_parts(straight.answers.begin(), straight.answers.end());
  CHECK(of_parts.size() == parts);
  CHECK(Text::is_held_out(9));
  CHECK_FALSE(Text::is_held_out(10));
}

TEST_CASE("masked_language: too little text is refused in a sentence", "[masked_language]") {
  std::string message = "nothing was thrown";
  try {
    const Text text{"notes.txt", numbered_words(3)};
  } catch (const std::runtime_error& error) {
    message = error.what();
  }
  CHECK(message == "notes.txt: expected at least 40 960 words and signs of text, found 768");
}
