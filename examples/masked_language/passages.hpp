#pragma once
// Passages of a text, and questions about them that the text itself answers.
//
// The text is cut into blocks of 256 words; each tenth of them is held out: no training, with labels or without, sees
// it. A passage lies within one block.
//
//   part      [CLS] 62 words [SEP]                    which eighth of the text it is from
//   order     the same                                whether its words stand in their order (1), or each pair of
//                                                     neighbours was exchanged or not (0)
//   follows   [CLS] 30 words [SEP] 31 words [SEP]     whether the second text goes on where the first one ends (1) or
//   is
//                                                     from another block (0)
//
// The second text and its [SEP] are segment 1.

#include <span>
#include <string>
#include <vector>

#include "masked_language/models.hpp"
#include "masked_language/vocabulary.hpp"

namespace masked_language {

enum class Question { part, order, follows };

// Passages of `context` tokens each, one after the other, with an answer for each.
struct Passages {
  std::vector<Token> tokens = {}, segments = {}, answers = {};

  std::size_t count() const { return answers.size(); }
  inlay::TokensWithSegments inputs(std::size_t first, std::size_t passages) const {
    return {std::span{tokens}.subspan(first * context, passages * context),
            std::span{segments}.subspan(first * context, passages * context)};
  }
  inlay::TokensWithSegments inputs() const { return inputs(0, count()); }
  void append(const Passages& other, std::size_t index);
};

class Text {
 public:
  static constexpr std::size_t block_words = 256, held_out_period = 10;
  static constexpr std::size_t words_of_one = context - 2, words_of_first = (context - 3) / 2,
                               words_of_second = context - 3 - words_of_first;
  // Two held-out blocks in each part.
  static constexpr std::size_t least_blocks = 2 * held_out_period * parts;

  // Words behind the last whole block are left out. Throws std::runtime_error where there are too few.
  Text(const std::string& source, std::vector<std::string> words);

  const Vocabulary& vocabulary() const { return vocabulary_; }
  std::size_t words() const { return tokens_.size(); }
  std::size_t training_words() const { return training_.size() * block_words; }
  std::size_t blocks() const { return tokens_.size() / block_words; }
  static bool is_held_out(std::size_t block) { return block % held_out_period == held_out_period - 1; }
  std::size_t part_of(std::size_t block) const { return block * parts / blocks(); }

  // Of the blocks that are trained on, `count` passages at random places: a function of seed and step alone.
  Passages random(Question question, std::uint64_t seed, std::uint64_t step, std::size_t count) const;
  // Of the held-out blocks: passages that do not overlap, spread evenly where there are more than `most`.
  Passages held_out(Question question, std::size_t most) const;

 private:
  struct Place {
    std::size_t block, word;  // the word counts from the beginning of the block
  };
  using Blocks = std::vector<std::size_t>;
  void add(Passages& passages, Question question, const Blocks& blocks, Place place, std::uint64_t random) const;
  Place second_of(const Blocks& blocks, Place first, bool yes, std::uint64_t random) const;
  static void disturb(std::span<Token> words, std::uint64_t random);
  void put(Passages& passages, Place place, std::size_t words, Token segment) const;

  Vocabulary vocabulary_;
  std::vector<Token> tokens_;
  Blocks training_, held_out_;
};

}  // namespace masked_language
