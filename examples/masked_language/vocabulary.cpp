#include "masked_language/vocabulary.hpp"

#include <algorithm>

namespace masked_language {
namespace {

bool is_letter(char character) {
  const auto byte = static_cast<unsigned char>(character);
  return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') || byte == '_' ||
         byte >= 0x80;
}
char lower(char character) {
  return character >= 'A' && character <= 'Z' ? static_cast<char>(character + ('a' - 'A')) : character;
}

}  // namespace

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  for (std::size_t i = 0; i < text.size();) {
    const auto byte = static_cast<unsigned char>(text[i]);
    std::size_t end = i + 1;
    if (is_letter(text[i])) {
      while (end < text.size() &&
             (is_letter(text[end]) || (text[end] == '\'' && end + 1 < text.size() && is_letter(text[end + 1]))))
        ++end;
    } else if (byte <= ' ' || byte == 0x7f) {
      ++i;
      continue;
    }
    std::string& word = words.emplace_back(text.substr(i, end - i));
    std::ranges::transform(word, word.begin(), lower);
    i = end;
  }
  return words;
}

Vocabulary::Vocabulary(std::span<const std::string> words, std::size_t capacity)
    : words_{"[CLS]", "[SEP]", std::string{gap_text}, "[RARE]"}, counts_(first_word) {
  std::map<std::string_view, std::size_t> counts;
  for (const std::string& word : words) ++counts[word];
  std::vector<std::pair<std::string_view, std::size_t>> ranked{counts.begin(), counts.end()};
  std::ranges::stable_sort(ranked, std::ranges::greater{}, &std::pair<std::string_view, std::size_t>::second);
  for (const auto& [word, count] : ranked) {
    if (count < 2 || words_.size() == capacity) break;
    numbers_.emplace(word, static_cast<Token>(words_.size()));
    words_.emplace_back(word);
    counts_.push_back(count);
  }
}

Token Vocabulary::token(std::string_view word) const {
  const auto found = numbers_.find(word);
  return found == numbers_.end() ? rare : found->second;
}

std::vector<Token> Vocabulary::tokens(std::string_view text) const {
  std::vector<Token> tokens;
  while (true) {
    const std::size_t end = text.find(gap_text);
    for (const std::string& word : words_of(text.substr(0, end))) tokens.push_back(token(word));
    if (end == std::string_view::npos) return tokens;
    tokens.push_back(gap);
    text.remove_prefix(end + gap_text.size());
  }
}

std::string Vocabulary::text(std::span<const Token> tokens) const {
  std::string text;
  for (const Token token : tokens) {
    if (!text.empty()) text += ' ';
    text += words_[token];
  }
  return text;
}

}  // namespace masked_language
