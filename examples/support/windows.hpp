#pragma once
// Batches of windows of text: the characters of a window go in, the one after each has to come out.

#include <inlay/training/trainer.hpp>

#include <cstdint>
#include <span>
#include <vector>

namespace examples {

class Windows {
 public:
  // Windows of `context` characters, `most` of them in a batch. The text must outlive this, and hold a window and the
  // character after it.
  Windows(std::span<const std::uint8_t> text, std::size_t context, std::size_t most)
      : text_{text}, context_{context}, inputs_(most * context), targets_(most * context) {}

  // How many windows that do not overlap there are.
  std::size_t count() const { return (text_.size() - 1) / context_; }
  std::size_t most() const { return inputs_.size() / context_; }

  // Windows at random positions. They are a function of seed and step alone: a run that goes on needs to know nothing
  // of what it has read before.
  inlay::Batch random(std::uint64_t seed, std::uint64_t step);

  // The windows that do not overlap, from `first` on, `stride` apart, at most `limit` and at most a batch of them.
  inlay::Batch row(std::size_t first, std::size_t stride, std::size_t limit);

 private:
  void put(std::size_t window, std::size_t position);
  inlay::Batch batch(std::size_t windows) const;

  std::span<const std::uint8_t> text_;
  std::size_t context_;
  std::vector<inlay::Token> inputs_, targets_;
};

}  // namespace examples
