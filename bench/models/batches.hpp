#pragma once
// Batches to train on, in static storage: random tokens, or names packed one after the other.

#include <inlay/inlay.hpp>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <string>

namespace bench {

// A sequence of numbers that is the same in every run.
class Numbers {
 public:
  // In [0, count).
  std::uint32_t below(std::size_t count) {
    const inlay::kernels::RandomWords words = inlay::kernels::random_words({.seed = 1}, 0, 0, index_++);
    return static_cast<std::uint32_t>(words.word[0] % count);
  }

 private:
  std::uint32_t index_ = 0;
};

// `Count` batches of `Sequences` sequences of at most `Context` tokens; zeroed storage is empty.
template <std::size_t Count, std::size_t Sequences, std::size_t Context>
class Batches {
 public:
  static constexpr std::size_t count = Count;

  // Full sequences of random tokens, each token to be predicted from those before it.
  void fill_randomly(std::size_t vocabulary) {
    Numbers numbers;
    for (Content& batch : batches_) {
      clear(batch);
      for (std::size_t s = 0; s < Sequences; ++s) {
        inlay::Token token = numbers.below(vocabulary);
        for (std::size_t i = 0; i < Context; ++i) {
          const inlay::Token next = numbers.below(vocabulary);
          put(batch, token, next);
          token = next;
        }
        end_sequence(batch, s);
      }
    }
  }

  // Names, each one the boundary token 0 and its letters 1 to 26, every one of which predicts the next, the last one
  // the boundary. They come from the file that the environment variable INLAY_NAMES gives, one to a line, in the order
  // of the file; without it from a generator whose names have the same mean length, 6.12 letters.
  void fill_with_names() {
    const char* const path = std::getenv("INLAY_NAMES");
    std::ifstream file(path == nullptr ? "" : path);
    Numbers numbers;
    for (Content& batch : batches_) {
      clear(batch);
      for (std::size_t s = 0; s < Sequences; ++s) {
        std::string name;
        if (!(file >> name)) name = invent(numbers, s);
        name.resize(std::min(name.size(), Context - 1));
        inlay::Token token = 0;
        for (const char letter : name) {
          const auto next = static_cast<inlay::Token>(1 + (letter - 'a') % 26);
          put(batch, token, next);
          token = next;
        }
        put(batch, token, 0);
        end_sequence(batch, s);
      }
    }
  }

  inlay::Batch operator[](std::size_t index) const {
    const Content& batch = batches_[index];
    return {{batch.tokens, batch.rows}, {.labels = {batch.labels, batch.rows}}, batch.offsets};
  }
  // Of all batches together.
  std::size_t rows() const {
    std::size_t sum = 0;
    for (const Content& batch : batches_) sum += batch.rows;
    return sum;
  }
  // Pairs of a row and a key that it attends to, its own included.
  std::size_t attended_keys() const {
    std::size_t sum = 0;
    for (const Content& batch : batches_)
      for (std::size_t s = 0; s < Sequences; ++s) {
        const std::size_t length = batch.offsets[s + 1] - batch.offsets[s];
        sum += length * (length + 1) / 2;
      }
    return sum;
  }

 private:
  struct Content {
    inlay::Token tokens[Sequences * Context], labels[Sequences * Context];
    std::uint32_t offsets[Sequences + 1];
    std::size_t rows;
  };

  static void clear(Content& batch) { batch.rows = 0; }
  static void put(Content& batch, inlay::Token token, inlay::Token label) {
    batch.tokens[batch.rows] = token;
    batch.labels[batch.rows++] = label;
  }
  static void end_sequence(Content& batch, std::size_t sequence) {
    batch.offsets[sequence + 1] = static_cast<std::uint32_t>(batch.rows);
  }

  // Vowels and consonants in turn; sixteen in a row have 98 letters.
  static std::string invent(Numbers& numbers, std::size_t index) {
    constexpr std::size_t lengths[] = {6, 5, 7, 4, 8, 6, 5, 2, 11, 6, 7, 5, 9, 4, 6, 7};
    const std::string vowels = "aeiou", consonants = "bcdfghjklmnprstvwxyz";
    std::string name;
    for (std::size_t i = 0; i < lengths[index % std::size(lengths)]; ++i) {
      const std::string& letters = (i + index) % 2 == 0 ? consonants : vowels;
      name += letters[numbers.below(letters.size())];
    }
    return name;
  }

  Content batches_[Count];
};

}  // namespace bench
