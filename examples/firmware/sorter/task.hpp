#pragma once
// Six digits to be sorted: after 3 1 4 1 5 9 comes 1 1 3 4 5 9. A tenth of the million questions is never trained on.

#include <inlay/kernels/random.hpp>
#include <inlay/modules/call.hpp>

#include <array>
#include <span>

namespace sorter {

using inlay::Token;

constexpr std::size_t digits = 6;
constexpr std::uint32_t questions = 1'000'000;

// The digits, then the same in order; the last one is only answered, never read.
using Sequence = std::array<Token, 2 * digits>;
constexpr std::size_t context = 2 * digits - 1;

inline Sequence sequence_of(std::uint32_t question) {
  Sequence sequence{};
  for (std::size_t i = 0; i < digits; ++i, question /= 10) {
    const Token digit = question % 10;
    sequence[i] = digit;
    std::size_t place = digits + i;  // insertion into what is sorted already
    for (; place > digits && sequence[place - 1] > digit; --place) sequence[place] = sequence[place - 1];
    sequence[place] = digit;
  }
  return sequence;
}

inline bool is_unseen(std::uint32_t question) {
  return inlay::kernels::random_words({.seed = 1}, 0, question, 0).word[0] % 10 == 0;
}

// The n-th question of those that are never trained on, in an order of its own; and of a step of training.
inline std::uint32_t unseen_question(std::uint32_t n) {
  for (std::uint32_t attempt = 0;; ++attempt) {
    const std::uint32_t question = inlay::kernels::random_words({.seed = 2}, 0, n, attempt).word[0] % questions;
    if (is_unseen(question)) return question;
  }
}
inline std::uint32_t training_question(std::uint64_t step, std::uint32_t n) {
  for (std::uint32_t attempt = 0;; ++attempt) {
    const std::uint32_t question = inlay::kernels::random_words({3, step}, 0, n, attempt).word[0] % questions;
    if (!is_unseen(question)) return question;
  }
}

}  // namespace sorter
