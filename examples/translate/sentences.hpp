#pragma once
// Which numbers are trained on, and what is asked in the examination.
//
// A number's hash decides: a tenth of them may be asked in the examination and another tenth during training and for
// choosing a weight; neither is ever trained on. Of the others `pairs` are drawn, all numbers of three to six digits
// alike often, and the numbers below a hundred, without which no one learns to count, are all among them.

#include <inlay/modules/input.hpp>
#include <inlay/training/trainer.hpp>

#include <cstdint>
#include <string>
#include <vector>

#include "translate/words.hpp"

namespace translate {

inline constexpr std::uint32_t always_trained = 100;  // numbers below this

enum class Part { training, development, examination };
Part part_of(std::uint32_t number);

// `count` different numbers of a part, in the order in which they are drawn.
std::vector<std::uint32_t> draw_numbers(Part part, std::size_t count, std::uint64_t seed);

// What is to be translated, and what it means.
struct Sentence {
  std::vector<Token> letters;
  std::uint32_t number;
};
std::vector<Sentence> written(const std::vector<std::uint32_t>& numbers);
// Each with one typing mistake: a letter that is missing, doubled, exchanged with its neighbour, or another one. The
// result is never the word of a number, so that there is something to be found out.
std::vector<Sentence> misspelled(const std::vector<std::uint32_t>& numbers, std::uint64_t seed);

// The pairs of one step: sources, targets that begin with start, labels that end with end.
class Lesson {
 public:
  using Batch = inlay::TrainingBatch<inlay::SourceAndTarget, inlay::TokenTargets>;

  // `numbers` must outlive this.
  Lesson(const std::vector<std::uint32_t>& numbers, std::size_t batch) : numbers_{numbers}, batch_{batch} {}

  // A function of seed and step alone.
  Batch of_step(std::uint64_t seed, std::uint64_t step);

 private:
  const std::vector<std::uint32_t>& numbers_;
  std::size_t batch_;
  std::vector<Token> sources_, targets_, labels_;
  std::vector<std::uint32_t> source_offsets_, offsets_;
};

}  // namespace translate
