// mask_tokens: how many are chosen, what becomes of them, and what never changes.

#include <inlay/training/masking.hpp>

#include <cmath>
#include <vector>

#include "support/catch.hpp"

using inlay::Masking;
using inlay::Token;

namespace {

constexpr Masking masking{.mask = 1, .first_ordinary = 3, .vocabulary = 103};

}  // namespace

TEST_CASE("mask_tokens: shares of the text", "[masking]") {
  constexpr std::size_t count = 100000;
  std::vector<Token> text(count), inputs(count), labels(count);
  for (std::size_t i = 0; i < count; ++i) text[i] = static_cast<Token>(i % 103);
  const std::size_t chosen = inlay::mask_tokens(masking, {7, 1}, text, inputs, labels);
  std::size_t labelled = 0, masked = 0, same = 0, random = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (labels[i] == inlay::ignored_label) {
      CHECK(inputs[i] == text[i]);
      continue;
    }
    ++labelled;
    CHECK(text[i] >= 3);
    CHECK(labels[i] == text[i]);
    if (inputs[i] == 1)
      ++masked;
    else if (inputs[i] == text[i])
      ++same;
    else
      ++random;
    CHECK((inputs[i] == 1 || (inputs[i] >= 3 && inputs[i] < 103)));
  }
  CHECK(labelled == chosen);
  const auto near = [](std::size_t found, double expected) {
    return std::fabs(static_cast<double>(found) - expected) < 5.0 * std::sqrt(expected);
  };
  const double wanted = 0.15 * static_cast<double>(count) * 100.0 / 103.0;
  CHECK(near(labelled, wanted));
  CHECK(near(masked, 0.8 * wanted));
  CHECK(near(random, 0.1 * wanted * 0.99));
  CHECK(near(same, 0.1 * wanted * 1.01));
}

TEST_CASE("mask_tokens: the same key masks the same, also in pieces and in place", "[masking]") {
  std::vector<Token> text(50), inputs(50), labels(50);
  for (std::size_t i = 0; i < 50; ++i) text[i] = static_cast<Token>(3 + i);
  inlay::mask_tokens(masking, {7, 1}, text, inputs, labels);
  std::vector<Token> other = text, other_labels(50);
  const std::span<Token> all(other), rest(other_labels);
  inlay::mask_tokens(masking, {7, 1}, all.first(20), all.first(20), rest.first(20));
  inlay::mask_tokens(masking, {7, 1}, all.subspan(20), all.subspan(20), rest.subspan(20), 20);
  CHECK(other == inputs);
  CHECK(other_labels == labels);
  inlay::mask_tokens(masking, {7, 2}, text, other, other_labels);
  CHECK(other_labels != labels);
}

TEST_CASE("mask_tokens: nothing and everything", "[masking]") {
  Masking all = masking;
  all.rate = 1.0f;
  std::vector<Token> text{0, 1, 2, 3, 102}, inputs(5), labels(5);
  CHECK(inlay::mask_tokens(all, {1, 1}, text, inputs, labels) == 2);
  CHECK(labels[2] == inlay::ignored_label);
  CHECK(labels[3] == 3);
  all.rate = 0.0f;
  CHECK(inlay::mask_tokens(all, {1, 1}, text, inputs, labels) == 0);
  CHECK(inputs == text);
  CHECK(inlay::mask_tokens(all, {1, 1}, {}, {}, {}) == 0);
}
