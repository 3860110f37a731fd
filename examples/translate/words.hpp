#pragma once
// Numbers from 0 to 999 999 in Italian and English words, and both as tokens: Italian by letters, English by words.
//
//   243    duecentoquarantatré      two hundred forty-three
//
// Italian writes a number as one word. Tens lose their last vowel before uno and otto (ventuno, trentotto), cento loses
// its o before otto and ottanta (centotto, duecentottantuno; centootto is in use, too) and before nothing else
// (centouno, milleuno, duemilaotto). 1 000 is mille, further thousands end in mila (duemila, ventunomila). tre at the
// end of a longer number has an accent (ventitré, milletré; ventitremila). English is without "and".

#include <inlay/modules/call.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace translate {

using inlay::Token;

inline constexpr std::uint32_t number_count = 1'000'000;

// Letters of Italian number words, é among them; that many at most in a number.
inline constexpr std::size_t letter_count = 17, longest_italian = 60;
// English words, hyphens left out; nine at most in a number. A target begins with start, and end ends it.
inline constexpr Token start = 0, end = 1, first_word = 2;
inline constexpr std::size_t word_count = 30, english_vocabulary = first_word + word_count, longest_english = 9;

std::string italian(std::uint32_t number);
std::vector<Token> english(std::uint32_t number);

// Nothing where the spelling is another one.
std::optional<std::uint32_t> number_of_italian(std::string_view text);
std::optional<std::uint32_t> number_of_english(std::span<const Token> words);

// UTF-8. Throws std::runtime_error, with a full sentence, where a letter is not one of those or the text is too long or
// empty. Capital letters are taken as small ones.
std::vector<Token> letters_of(std::string_view text);
std::string text_of_letters(std::span<const Token> letters);
std::string name_of_letter(Token letter);

// With spaces, and hyphens as in forty-three; start and end are not written.
std::string text_of_words(std::span<const Token> words);
std::string name_of_word(Token word);

}  // namespace translate
