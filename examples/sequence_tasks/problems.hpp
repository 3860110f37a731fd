#pragma once
// The problems as sequences of tokens: what is given, then the answer, one digit a token. Problems have numbers, and a
// tenth of them is never trained on. Sums have a fixed width, so that each place of an answer has a place in the
// sequence, and are answered from the last digit to the first, as on paper: a carry is then known when it is needed.

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "firmware/sorter/task.hpp"

namespace sequence_tasks {

using inlay::Token;

// The digits of a number from its last one on.
inline void put_digits(std::uint64_t number, std::span<Token> digits) {
  for (Token& digit : digits) {
    digit = static_cast<Token>(number % 10);
    number /= 10;
  }
}
inline std::string number_of(std::span<const Token> digits) {
  std::string text;
  for (const Token digit : digits) text.insert(text.begin(), digit < 10 ? static_cast<char>('0' + digit) : '?');
  return text;
}

// The token 10 is a plus sign, 11 an equals sign, where a task has them.
inline std::string name_of_token(Token token) { return token < 10 ? std::to_string(token) : token == 10 ? "+" : "="; }

// Six digits, as firmware/sorter sorts them.
struct Sort {
  static constexpr std::size_t given = sorter::digits, answer = sorter::digits, vocabulary = 10;
  static constexpr std::uint64_t problems = sorter::questions;
  using Sequence = std::array<Token, given + answer>;

  static Sequence sequence_of(std::uint64_t problem) {
    return sorter::sequence_of(static_cast<std::uint32_t>(problem));
  }
  static bool is_unseen(std::uint64_t problem) { return sorter::is_unseen(static_cast<std::uint32_t>(problem)); }
  static std::string text(const Sequence& s) {
    std::string result;
    for (std::size_t i = 0; i < s.size(); ++i) {
      if (i == given) result += "-> ";
      result += std::to_string(s[i]) + (i + 1 < s.size() ? " " : "");
    }
    return result;
  }
};

// d = a + b of numbers with two digits.
struct Add {
  static constexpr std::size_t given = 4, answer = 3, vocabulary = 10;
  static constexpr std::uint64_t problems = 100 * 100;
  using Sequence = std::array<Token, given + answer>;

  static Sequence sequence_of(std::uint64_t problem) {
    const std::uint64_t a = problem % 100, b = problem / 100;
    Sequence s{};
    put_digits(a, std::span{s}.subspan(0, 2));
    put_digits(b, std::span{s}.subspan(2, 2));
    put_digits(a + b, std::span{s}.subspan(4, 3));
    return s;
  }
  static bool is_unseen(std::uint64_t problem) { return sorter::is_unseen(static_cast<std::uint32_t>(problem)); }
  static std::string text(const Sequence& s) {
    const std::span all{s};
    return number_of(all.subspan(0, 2)) + " + " + number_of(all.subspan(2, 2)) + " = " + number_of(all.subspan(4, 3));
  }
};

// d = a b + c, where a and c have two digits and b has one.
struct MultiplyAdd {
  static constexpr std::size_t given = 5, answer = 3, vocabulary = 10;
  static constexpr std::uint64_t problems = 100 * 10 * 100;
  using Sequence = std::array<Token, given + answer>;

  static Sequence sequence_of(std::uint64_t problem) {
    const std::uint64_t a = problem % 100, b = problem / 100 % 10, c = problem / 1000;
    Sequence s{};
    put_digits(a, std::span{s}.subspan(0, 2));
    put_digits(b, std::span{s}.subspan(2, 1));
    put_digits(c, std::span{s}.subspan(3, 2));
    put_digits(a * b + c, std::span{s}.subspan(5, 3));
    return s;
  }
  static bool is_unseen(std::uint64_t problem) { return sorter::is_unseen(static_cast<std::uint32_t>(problem)); }
  static std::string text(const Sequence& s) {
    const std::span all{s};
    return number_of(all.subspan(0, 2)) + " * " + number_of(all.subspan(2, 1)) + " + " + number_of(all.subspan(3, 2)) +
           " = " + number_of(all.subspan(5, 3));
  }
};

// a + b of numbers with up to ten digits. There are more pairs than numbers of problems, so a problem draws its two.
// The last digit of its number says from how many digits: those that end in 0 have ten, and they are in the
// examination.
struct AddTenDigits {
  static constexpr std::size_t digits = 10;
  static constexpr std::size_t given = 2 * digits + 2, answer = digits + 1, vocabulary = 12;
  static constexpr Token plus = 10, equals = 11;
  static constexpr std::uint64_t problems = 0;  // as many as there are numbers of 64 bits
  using Sequence = std::array<Token, given + answer>;

  static constexpr auto powers_of_ten = [] {
    std::array<std::uint64_t, digits + 1> powers{1};
    for (std::size_t i = 1; i <= digits; ++i) powers[i] = 10 * powers[i - 1];
    return powers;
  }();
  struct Pair {
    std::uint64_t a, b;
  };
  static Pair pair_of(std::uint64_t problem) {
    const auto words = inlay::kernels::random_words({.seed = 4}, 0, problem, 0);
    const std::uint64_t numbers = powers_of_ten[problem % 10 == 0 ? 10 : problem % 10];
    const auto number = [&](std::uint32_t high, std::uint32_t low) {
      return ((std::uint64_t{high} << 32) + low) % numbers;
    };
    return {number(words.word[0], words.word[1]), number(words.word[2], words.word[3])};
  }
  static Sequence sequence_of(Pair pair) {
    Sequence s{};
    put_digits(pair.a, std::span{s}.subspan(0, digits));
    s[digits] = plus;
    put_digits(pair.b, std::span{s}.subspan(digits + 1, digits));
    s[2 * digits + 1] = equals;
    put_digits(pair.a + pair.b, std::span{s}.subspan(given, answer));
    return s;
  }
  static Sequence sequence_of(std::uint64_t problem) { return sequence_of(pair_of(problem)); }
  // A property of the pair itself: however it is drawn, it is trained on or not.
  static bool is_unseen(std::uint64_t problem) {
    const Pair pair = pair_of(problem);
    return inlay::kernels::random_words({.seed = pair.a}, 0, pair.b, 0).word[0] % 10 == 0;
  }
  static std::string text(const Sequence& s) {
    const std::span all{s};
    return number_of(all.subspan(0, digits)) + " + " + number_of(all.subspan(digits + 1, digits)) + " = " +
           number_of(all.subspan(given, answer));
  }
};

// A problem of step `step` of training, which is not one of the unseen ones.
template <class Task>
std::uint64_t training_problem(std::uint64_t seed, std::uint64_t step, std::uint64_t row) {
  for (std::uint32_t attempt = 0;; ++attempt) {
    const auto words = inlay::kernels::random_words({seed, step}, 5, row, attempt);
    std::uint64_t problem = (std::uint64_t{words.word[0]} << 32) + words.word[1];
    if constexpr (Task::problems > 0) problem %= Task::problems;
    if (!Task::is_unseen(problem)) return problem;
  }
}

// At most `count` different unseen problems, in an order that mixes them and is always the same.
template <class Task>
std::vector<std::uint64_t> unseen_problems(std::size_t count) {
  constexpr std::uint64_t stride = Task::problems > 0 ? 7'919 : 10;  // a prime, so that every number comes once
  std::vector<std::uint64_t> result;
  for (std::uint64_t n = 0; result.size() < count && (Task::problems == 0 || n < Task::problems); ++n) {
    const std::uint64_t problem = Task::problems > 0 ? n * stride % Task::problems : n * stride;
    if (Task::is_unseen(problem)) result.push_back(problem);
  }
  return result;
}

}  // namespace sequence_tasks
