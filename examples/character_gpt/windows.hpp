#pragma once
// Batches of windows of text: the characters of a window go in, the one after each has to come out.

#include <array>
#include <cstdint>
#include <span>

#include "character_gpt/model.hpp"

namespace character_gpt {

class Windows {
 public:
  // The text must outlive this, and hold a window and the character after it.
  explicit Windows(std::span<const std::uint8_t> text) : text_{text} {}

  // How many windows that do not overlap there are.
  std::size_t count() const { return (text_.size() - 1) / config.context; }

  // Windows at random positions. They are a function of seed and step alone: a run that goes on needs to know nothing
  // of what it has read before.
  inlay::Batch random(std::uint64_t seed, std::uint64_t step);

  // The windows that do not overlap, from `first` on, `stride` apart, at most `limit` and at most a batch of them.
  inlay::Batch row(std::size_t first, std::size_t stride, std::size_t limit);

 private:
  void put(std::size_t window, std::size_t position);
  inlay::Batch batch(std::size_t windows) const;

  std::span<const std::uint8_t> text_;
  std::array<inlay::Token, tokens_per_step> inputs_{}, targets_{};
};

}  // namespace character_gpt
