// The number words of translate, how numbers are divided, and what is made of them.

#include "translate/words.hpp"

#include <algorithm>
#include <set>
#include <stdexcept>
#include <string>

#include "support/catch.hpp"
#include "translate/sentences.hpp"

using namespace translate;

namespace {

std::string english_text(std::uint32_t number) { return text_of_words(english(number)); }

template <class F>
std::string message_of(F&& f) {
  try {
    f();
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "nothing was thrown";
}

}  // namespace

TEST_CASE("translate: Italian and English number words", "[translate]") {
  const struct {
    std::uint32_t number;
    const char *italian, *english;
  } known[] = {
      {0, "zero", "zero"},
      {3, "tre", "three"},
      {17, "diciassette", "seventeen"},
      {21, "ventuno", "twenty-one"},
      {23, "ventitré", "twenty-three"},
      {28, "ventotto", "twenty-eight"},
      {38, "trentotto", "thirty-eight"},
      {40, "quaranta", "forty"},
      {100, "cento", "one hundred"},
      {101, "centouno", "one hundred one"},
      {103, "centotré", "one hundred three"},
      {108, "centotto", "one hundred eight"},
      {111, "centoundici", "one hundred eleven"},
      {180, "centottanta", "one hundred eighty"},
      {181, "centottantuno", "one hundred eighty-one"},
      {243, "duecentoquarantatré", "two hundred forty-three"},
      {1000, "mille", "one thousand"},
      {1001, "milleuno", "one thousand one"},
      {1003, "milletré", "one thousand three"},
      {1008, "milleotto", "one thousand eight"},
      {2000, "duemila", "two thousand"},
      {3003, "tremilatré", "three thousand three"},
      {21'000, "ventunomila", "twenty-one thousand"},
      {23'023, "ventitremilaventitré", "twenty-three thousand twenty-three"},
      {100'000, "centomila", "one hundred thousand"},
      {454'454, "quattrocentocinquantaquattromilaquattrocentocinquantaquattro",
       "four hundred fifty-four thousand four hundred fifty-four"},
      {999'999, "novecentonovantanovemilanovecentonovantanove",
       "nine hundred ninety-nine thousand nine hundred ninety-nine"},
  };
  for (const auto& one : known) {
    CAPTURE(one.number);
    CHECK(italian(one.number) == one.italian);
    CHECK(english_text(one.number) == one.english);
  }
}

TEST_CASE("translate: each number has words of its own, which can be read back", "[translate]") {
  std::set<std::string> words;
  std::size_t longest_letters = 0, longest_words = 0, count = 0;
  for (std::uint32_t number = 0; number < number_count; number += number < 1200 ? 1 : 997, ++count) {
    const std::string text = italian(number);
    words.insert(text);
    if (number_of_italian(text) != number || number_of_english(english(number)) != number) FAIL(number);
    if (text_of_letters(letters_of(text)) != text) FAIL(text);
    longest_letters = std::max(longest_letters, letters_of(text).size());
    longest_words = std::max(longest_words, english(number).size());
  }
  CHECK(words.size() == count);
  CHECK(longest_letters <= longest_italian);
  CHECK(letters_of(italian(454'454)).size() == longest_italian);  // no number has more
  CHECK(longest_words == longest_english);
  CHECK(letters_of("VentitrÉ") == letters_of("ventitré"));
  for (const char* wrong : {"ventiuno", "ventitre", "centoventi ", "milletre", "unomila", "duemille", "tré", ""})
    CHECK_FALSE(number_of_italian(wrong));
}

TEST_CASE("translate: what is no number word is refused in a sentence", "[translate]") {
  CHECK(message_of([] { letters_of("vent1"); }).find("found '1' in 'vent1'") != std::string::npos);
  CHECK(message_of([] { letters_of(""); }).find("from 1 to 60 letters, found 0") != std::string::npos);
  CHECK(message_of([] { letters_of(std::string(61, 'a')); }).find("found 61") != std::string::npos);
  CHECK(message_of([] { letters_of("venti\xc3"); }).find("expected the letters") != std::string::npos);
}

TEST_CASE("translate: nobody is examined in a number that is trained on", "[translate]") {
  const auto training = draw_numbers(Part::training, 400, 1), asked = draw_numbers(Part::examination, 100, 1);
  CHECK(std::set<std::uint32_t>(training.begin(), training.end()).size() == 400);
  for (const std::uint32_t number : training) CHECK(part_of(number) == Part::training);
  for (const std::uint32_t number : asked) CHECK(part_of(number) == Part::examination);
  CHECK(draw_numbers(Part::examination, 100, 1) == asked);
  CHECK(draw_numbers(Part::examination, 100, 2) != asked);
  // One mistake: a letter more or less at the most, and never another number's word.
  const auto right = written(asked), wrong = misspelled(asked, 1);
  for (std::size_t i = 0; i < asked.size(); ++i) {
    CHECK(wrong[i].number == asked[i]);
    CHECK(wrong[i].letters != right[i].letters);
    CHECK_FALSE(number_of_italian(text_of_letters(wrong[i].letters)));
    CHECK(wrong[i].letters.size() + 1 >= right[i].letters.size());
    CHECK(wrong[i].letters.size() <= right[i].letters.size() + 1);
  }
}

TEST_CASE("translate: a target is what the decoder is to say, shifted by one", "[translate]") {
  const std::vector<std::uint32_t> numbers{243};
  Lesson lesson{numbers, 2};
  const auto batch = lesson.of_step(1, 0);
  const std::vector<Token> words = english(243);
  REQUIRE(batch.offsets.size() == 3);
  CHECK(batch.offsets[1] == words.size() + 1);
  CHECK(batch.inputs.source_offsets[1] == letters_of(italian(243)).size());
  CHECK(batch.inputs.target[0] == start);
  CHECK(std::ranges::equal(batch.inputs.target.subspan(1, words.size()), words));
  CHECK(std::ranges::equal(batch.targets.labels.subspan(0, words.size()), words));
  CHECK(batch.targets.labels[words.size()] == end);
}
