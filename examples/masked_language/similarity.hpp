#pragma once
// What lies near what: words by the rows of the embedding, passages by the mean of what the encoder makes of them.

#include <string>
#include <string_view>
#include <vector>

#include "masked_language/experiment.hpp"

namespace masked_language {

struct Neighbour {
  std::string text;
  double cosine;
};
// The words nearest to a word, itself left out.
std::vector<Neighbour> near_word(const Vocabulary& vocabulary, Token word, std::size_t most);

// "king - man + woman": each word has its sign.
struct Sum {
  struct Term {
    std::string word;
    bool subtracted;
  };
  std::vector<Term> terms;
};
// Throws std::runtime_error where the text is none.
Sum parse_sum(const std::string& text);
// The words nearest to the sum of vectors, its own words left out.
std::vector<Neighbour> near_sum(const Vocabulary& vocabulary, const Sum& sum, std::size_t most);

// What a common difference is worth: of all words that the vocabulary holds with and without an s at their end, whether
// one pair's difference leads from another pair's first word to its second.
struct Differences {
  std::size_t pairs = 0;     // of words
  std::string example = {};  // the first word of one of them
  double cosine = 0;         // of two pairs' differences, in the mean
  double other_cosine = 0;   // of two differences of words that are no pairs
  std::size_t asked = 0;     // b + (as - a): is bs the nearest?
  std::size_t right = 0;     // so often it is
  std::size_t without = 0;   // so often it is the nearest to b alone
};
Differences measure_differences(const Vocabulary& vocabulary);

// Whether a held-out passage lies nearest to one of its own part of the text, of passages that were trained on.
struct Passing {
  std::size_t passages = 0, among = 0;
  std::size_t right = 0, right_random = 0;  // by the pre-trained encoder, by random weights
  std::string passage = {}, nearest = {};   // the surest pair
  double cosine = 0;
};
Passing measure_passages(const Experiment& experiment);

}  // namespace masked_language
