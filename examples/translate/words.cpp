#include "translate/words.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <unordered_map>

namespace translate {
namespace {

constexpr std::array<std::string_view, 20> italian_units{"zero",     "uno",    "due",         "tre",      "quattro",
                                                         "cinque",   "sei",    "sette",       "otto",     "nove",
                                                         "dieci",    "undici", "dodici",      "tredici",  "quattordici",
                                                         "quindici", "sedici", "diciassette", "diciotto", "diciannove"};
constexpr std::array<std::string_view, 10> italian_tens{"",          "",         "venti",    "trenta",  "quaranta",
                                                        "cinquanta", "sessanta", "settanta", "ottanta", "novanta"};
constexpr std::array<std::string_view, letter_count> letters{"a", "c", "d", "e", "é", "i", "l", "m", "n",
                                                             "o", "q", "r", "s", "t", "u", "v", "z"};

constexpr std::array<std::string_view, word_count> words_of_english{
    "zero",   "one",    "two",    "three",    "four",     "five",    "six",     "seven",     "eight",    "nine",
    "ten",    "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
    "twenty", "thirty", "forty",  "fifty",    "sixty",    "seventy", "eighty",  "ninety",    "hundred",  "thousand"};
constexpr Token first_tens = first_word + 20, hundred = first_word + 28, thousand = first_word + 29;

// 0 is no word at all.
std::string italian_below_hundred(std::uint32_t number) {
  if (number == 0) return "";
  if (number < 20) return std::string{italian_units[number]};
  std::string text{italian_tens[number / 10]};
  const std::uint32_t unit = number % 10;
  if (unit == 1 || unit == 8) text.pop_back();
  return unit == 0 ? text : text.append(italian_units[unit]);
}
std::string italian_below_thousand(std::uint32_t number) {
  const std::uint32_t hundreds = number / 100, rest = number % 100;
  std::string text;
  if (hundreds > 1) text = italian_units[hundreds];
  if (hundreds > 0) text += "cento";
  if (hundreds > 0 && (rest == 8 || rest / 10 == 8)) text.pop_back();
  return text + italian_below_hundred(rest);
}

void add_english_below_thousand(std::uint32_t number, std::vector<Token>& words) {
  if (number >= 100) {
    words.push_back(first_word + number / 100);
    words.push_back(hundred);
    number %= 100;
  }
  if (number >= 20) {
    words.push_back(first_tens + number / 10 - 2);
    number %= 10;
  }
  if (number > 0) words.push_back(first_word + number);
}

// Numbers below a thousand as they stand before mila, without an accent.
const std::unordered_map<std::string, std::uint32_t>& italian_numbers() {
  static const auto numbers = [] {
    std::unordered_map<std::string, std::uint32_t> result;
    for (std::uint32_t number = 1; number < 1000; ++number) result.emplace(italian_below_thousand(number), number);
    return result;
  }();
  return numbers;
}

// The first character of a text: a byte, or as many as its first one announces.
std::string_view first_character(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  return text.substr(0, lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1);
}

std::string all_letters() {
  std::string text;
  for (const std::string_view letter : letters) text.append(text.empty() ? "" : " ").append(letter);
  return text;
}

}  // namespace

std::string italian(std::uint32_t number) {
  if (number == 0) return std::string{italian_units[0]};
  const std::uint32_t thousands = number / 1000;
  std::string text;
  if (thousands == 1) text = "mille";
  if (thousands > 1) text = italian_below_thousand(thousands) + "mila";
  text += italian_below_thousand(number % 1000);
  if (text.size() > 3 && text.ends_with("tre")) text.replace(text.size() - 1, 1, "é");
  return text;
}

std::vector<Token> english(std::uint32_t number) {
  if (number == 0) return {first_word};
  std::vector<Token> words;
  if (number >= 1000) {
    add_english_below_thousand(number / 1000, words);
    words.push_back(thousand);
  }
  add_english_below_thousand(number % 1000, words);
  return words;
}

std::optional<std::uint32_t> number_of_italian(std::string_view text) {
  if (text == italian_units[0]) return 0;
  std::string rest{text};
  if (rest.ends_with("tré")) rest.replace(rest.size() - std::string_view{"é"}.size(), std::string::npos, "e");
  const auto below_thousand = [](const std::string& part) -> std::uint32_t {
    const auto found = italian_numbers().find(part);
    return found == italian_numbers().end() ? 0 : found->second;
  };
  std::uint32_t number = 0;
  if (const std::size_t mila = rest.find("mila"); mila != std::string::npos) {
    number = 1000 * below_thousand(rest.substr(0, mila));
    rest.erase(0, mila + 4);
  } else if (rest.starts_with("mille")) {
    number = 1000;
    rest.erase(0, 5);
  }
  number += below_thousand(rest);
  if (italian(number) != text) return {};  // one part or another is no number, or it is spelt in another way
  return number;
}

std::optional<std::uint32_t> number_of_english(std::span<const Token> words) {
  std::uint32_t number = 0, part = 0;  // part: what has been said since the thousand
  for (const Token word : words) {
    if (word < first_word) return {};
    if (word == thousand) {
      number = 1000 * part;
      part = 0;
    } else if (word == hundred) {
      part *= 100;
    } else {
      part += word < first_tens ? word - first_word : 10 * (word - first_tens + 2);
    }
    if (number >= number_count || part >= number_count) return {};
  }
  number += part;
  if (number >= number_count || !std::ranges::equal(english(number), words)) return {};
  return number;
}

std::vector<Token> letters_of(std::string_view text) {
  const std::string given{text};
  std::vector<Token> result;
  while (!text.empty()) {
    std::string_view character = first_character(text);
    text.remove_prefix(std::min(character.size(), text.size()));
    std::string small{character};
    if (small == "É") small = "é";
    if (small.size() == 1 && small[0] >= 'A' && small[0] <= 'Z') small[0] = static_cast<char>(small[0] - 'A' + 'a');
    const auto found = std::ranges::find(letters, small);
    if (found == letters.end())
      throw std::runtime_error("expected the letters of Italian number words (" + all_letters() + "), found '" +
                               std::string{character} + "' in '" + given + "'");
    result.push_back(static_cast<Token>(found - letters.begin()));
  }
  if (result.empty() || result.size() > longest_italian)
    throw std::runtime_error("expected from 1 to " + std::to_string(longest_italian) + " letters, found " +
                             std::to_string(result.size()));
  return result;
}

std::string name_of_letter(Token letter) { return std::string{letters[letter]}; }

std::string text_of_letters(std::span<const Token> text) {
  std::string result;
  for (const Token letter : text) result += letters[letter];
  return result;
}

std::string name_of_word(Token word) {
  return word < first_word ? "" : std::string{words_of_english[word - first_word]};
}

std::string text_of_words(std::span<const Token> words) {
  std::string text;
  Token before = start;
  for (const Token word : words) {
    const bool joined = before >= first_tens && before < hundred && word > first_word && word < first_word + 10;
    if (!text.empty()) text += joined ? "-" : " ";
    text += name_of_word(word);
    before = word;
  }
  return text;
}

}  // namespace translate
