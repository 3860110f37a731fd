#include "masked_language/passages.hpp"

#include <algorithm>
#include <stdexcept>

#include "support/format.hpp"

namespace masked_language {
namespace {

constexpr std::uint32_t stream = 0x70617373;  // "pass": not one that a model draws from

std::uint64_t joined(std::uint32_t high, std::uint32_t low) { return std::uint64_t{high} << 32 | low; }

// Of the words in blocks that are trained on.
std::vector<std::string> words_of_training(const std::vector<std::string>& words) {
  std::vector<std::string> training;
  for (std::size_t i = 0; i < words.size(); ++i)
    if (!Text::is_held_out(i / Text::block_words)) training.push_back(words[i]);
  return training;
}

std::vector<std::string> whole_blocks(const std::string& source, std::vector<std::string> words) {
  if (words.size() < Text::least_blocks * Text::block_words)
    throw std::runtime_error(source + ": expected at least " +
                             examples::grouped(Text::least_blocks * Text::block_words) +
                             " words and signs of text, found " + examples::grouped(words.size()));
  words.resize(words.size() / Text::block_words * Text::block_words);
  return words;
}

}  // namespace

void Passages::append(const Passages& other, std::size_t index) {
  const auto copy = [&](const std::vector<Token>& from, std::vector<Token>& to) {
    const auto begin = from.begin() + static_cast<std::ptrdiff_t>(index * context);
    to.insert(to.end(), begin, begin + static_cast<std::ptrdiff_t>(context));
  };
  copy(other.tokens, tokens);
  copy(other.segments, segments);
  answers.push_back(other.answers[index]);
}

Text::Text(const std::string& source, std::vector<std::string> words)
    : vocabulary_{words_of_training(words = whole_blocks(source, std::move(words))), capacity} {
  for (const std::string& word : words) tokens_.push_back(vocabulary_.token(word));
  for (std::size_t i = 0; i < blocks(); ++i) (is_held_out(i) ? held_out_ : training_).push_back(i);
}

Passages Text::random(Question question, std::uint64_t seed, std::uint64_t step, std::size_t count) const {
  constexpr std::size_t places = block_words - words_of_one + 1;
  Passages passages;
  for (std::size_t row = 0; row < count; ++row) {
    const auto random = inlay::kernels::random_words({seed, step}, stream, row, 0);
    const Place place{training_[random.word[0] % training_.size()], random.word[1] % places};
    add(passages, question, training_, place, joined(random.word[2], random.word[3]));
  }
  return passages;
}

Passages Text::held_out(Question question, std::size_t most) const {
  constexpr std::size_t in_block = block_words / words_of_one;
  const std::size_t all = in_block * held_out_.size(), count = std::min(all, most);
  Passages passages;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t at = i * all / count;
    const auto random = inlay::kernels::random_words({}, stream, i, 1);
    add(passages, question, held_out_, {held_out_[at / in_block], at % in_block * words_of_one},
        joined(random.word[2], random.word[3]));
  }
  return passages;
}

void Text::add(Passages& passages, Question question, const Blocks& blocks, Place place, std::uint64_t random) const {
  passages.tokens.push_back(Vocabulary::start);
  passages.segments.push_back(0);
  const bool yes = random % 2 == 1;
  if (question == Question::part) {
    put(passages, place, words_of_one, 0);
    passages.answers.push_back(static_cast<Token>(part_of(place.block)));
  } else if (question == Question::order) {
    put(passages, place, words_of_one, 0);
    if (!yes) disturb(std::span{passages.tokens}.last(words_of_one + 1).first(words_of_one), random / 2);
    passages.answers.push_back(yes ? 1 : 0);
  } else {
    put(passages, place, words_of_first, 0);
    put(passages, second_of(blocks, place, yes, random / 2), words_of_second, 1);
    passages.answers.push_back(yes ? 1 : 0);
  }
}

// One bit of the number decides on each pair: 31 of them, half of which are exchanged.
void Text::disturb(std::span<Token> words, std::uint64_t random) {
  for (std::size_t i = 0; i + 1 < words.size(); i += 2, random /= 2)
    if (random % 2 == 1) std::swap(words[i], words[i + 1]);
}

Text::Place Text::second_of(const Blocks& blocks, Place first, bool yes, std::uint64_t random) const {
  if (yes) return {first.block, first.word + words_of_first};
  constexpr std::size_t places = block_words - words_of_second + 1;
  const std::size_t drawn = random / places % (blocks.size() - 1);  // of the others
  return {blocks[drawn] == first.block ? blocks.back() : blocks[drawn], random % places};
}

// The words and the [SEP] behind them.
void Text::put(Passages& passages, Place place, std::size_t words, Token segment) const {
  const auto from = tokens_.begin() + static_cast<std::ptrdiff_t>(place.block * block_words + place.word);
  passages.tokens.insert(passages.tokens.end(), from, from + static_cast<std::ptrdiff_t>(words));
  passages.tokens.push_back(Vocabulary::separator);
  passages.segments.insert(passages.segments.end(), words + 1, segment);
}

}  // namespace masked_language
