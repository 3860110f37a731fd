#pragma once
// Words, and their numbers.
//
//   a word   letters, digits, underscores and bytes above 127 (UTF-8), with apostrophes between them, in lower case
//   a sign   any other visible character
//
// A vocabulary has the special tokens and the most frequent words; all others are one token, `rare`.

#include <inlay/modules/call.hpp>

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace masked_language {

using inlay::Token;

std::vector<std::string> words_of(std::string_view text);

class Vocabulary {
 public:
  static constexpr Token start = 0, separator = 1, gap = 2, rare = 3, first_word = 4;
  static constexpr std::string_view gap_text = "[MASK]";

  // The most frequent words of those that occur at least twice, in this order, the first in the alphabet of equals.
  Vocabulary(std::span<const std::string> words, std::size_t capacity);

  std::size_t size() const { return words_.size(); }
  std::size_t count(Token token) const { return counts_[token]; }  // how often it occurred
  const std::string& word(Token token) const { return words_[token]; }
  Token token(std::string_view word) const;
  // The first of them is the text's first; gap_text becomes `gap`.
  std::vector<Token> tokens(std::string_view text) const;
  std::string text(std::span<const Token> tokens) const;

 private:
  std::vector<std::string> words_;
  std::vector<std::size_t> counts_;
  std::map<std::string, Token, std::less<>> numbers_;
};

}  // namespace masked_language
