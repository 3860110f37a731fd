#include "translate/sentences.hpp"

#include <unordered_set>
#include <utility>

namespace translate {
namespace {

// What random numbers are drawn for.
enum Purpose : std::uint32_t { parts, drawing, mistakes, lessons };

Token letter_other_than(Token letter, std::uint32_t drawn) {
  const auto other = static_cast<Token>(drawn % (letter_count - 1));
  return other + (other >= letter ? 1 : 0);
}

std::vector<Token> with_mistake(std::vector<Token> letters, const inlay::kernels::RandomWords& drawn) {
  const auto at = static_cast<std::ptrdiff_t>(drawn.word[0] % letters.size());
  const auto place = letters.begin() + at;
  switch (drawn.word[1] % 4) {
    case 0:
      letters.erase(place);
      break;
    case 1:
      letters.insert(place, *place);
      break;
    case 2:
      if (at > 0) std::swap(*place, *(place - 1));
      break;
    default:
      *place = letter_other_than(*place, drawn.word[2]);
  }
  return letters;
}

}  // namespace

Part part_of(std::uint32_t number) {
  if (number < always_trained) return Part::training;
  switch (inlay::kernels::random_words({}, parts, number, 0).word[0] % 10) {
    case 0:
      return Part::examination;
    case 1:
      return Part::development;
    default:
      return Part::training;
  }
}

std::vector<std::uint32_t> draw_numbers(Part part, std::size_t count, std::uint64_t seed) {
  std::vector<std::uint32_t> numbers;
  std::unordered_set<std::uint32_t> known;
  if (part == Part::training)
    for (std::uint32_t number = 0; number < always_trained; ++number) numbers.push_back(number);
  for (std::uint64_t attempt = 0; numbers.size() < count; ++attempt) {
    const auto drawn = inlay::kernels::random_words({seed, static_cast<std::uint64_t>(part)}, drawing, attempt, 0);
    std::uint32_t most = 1000;  // and from a tenth of it on
    for (std::uint32_t digits = drawn.word[0] % 4; digits > 0; --digits) most *= 10;
    const std::uint32_t number = most / 10 + drawn.word[1] % (most - most / 10);
    if (part_of(number) == part && known.insert(number).second) numbers.push_back(number);
  }
  return numbers;
}

std::vector<Sentence> written(const std::vector<std::uint32_t>& numbers) {
  std::vector<Sentence> sentences;
  for (const std::uint32_t number : numbers) sentences.push_back({letters_of(italian(number)), number});
  return sentences;
}

std::vector<Sentence> misspelled(const std::vector<std::uint32_t>& numbers, std::uint64_t seed) {
  std::vector<Sentence> sentences = written(numbers);
  for (Sentence& sentence : sentences)
    for (std::uint32_t attempt = 0;; ++attempt) {
      std::vector<Token> letters =
          with_mistake(sentence.letters, inlay::kernels::random_words({seed}, mistakes, sentence.number, attempt));
      if (letters.size() > longest_italian || number_of_italian(text_of_letters(letters))) continue;
      sentence.letters = std::move(letters);
      break;
    }
  return sentences;
}

Lesson::Batch Lesson::of_step(std::uint64_t seed, std::uint64_t step) {
  sources_.clear();
  targets_.clear();
  labels_.clear();
  source_offsets_ = offsets_ = {0};
  for (std::size_t row = 0; row < batch_; ++row) {
    const auto drawn = inlay::kernels::random_words({seed, step}, lessons, row, 0);
    const std::uint32_t number = numbers_[drawn.word[0] % numbers_.size()];
    const std::vector<Token> letters = letters_of(italian(number)), words = english(number);
    sources_.insert(sources_.end(), letters.begin(), letters.end());
    targets_.push_back(start);
    targets_.insert(targets_.end(), words.begin(), words.end());
    labels_.insert(labels_.end(), words.begin(), words.end());
    labels_.push_back(end);
    source_offsets_.push_back(static_cast<std::uint32_t>(sources_.size()));
    offsets_.push_back(static_cast<std::uint32_t>(targets_.size()));
  }
  return {{sources_, source_offsets_, targets_}, {labels_}, offsets_};
}

}  // namespace translate
