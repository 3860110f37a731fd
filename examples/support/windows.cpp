#include "support/windows.hpp"

#include <algorithm>

namespace examples {

inlay::Batch Windows::random(std::uint64_t seed, std::uint64_t step) {
  constexpr std::uint32_t stream = 0x77696e64;  // "wind": not one that the model draws from
  const std::uint64_t positions = text_.size() - context_;
  for (std::size_t window = 0; window < most(); ++window) {
    const auto words = inlay::kernels::random_words({seed, step}, stream, window, 0);
    const std::uint64_t bits = std::uint64_t{words.word[0]} << 32 | words.word[1];
    put(window, static_cast<std::size_t>(bits % positions));
  }
  return batch(most());
}

inlay::Batch Windows::row(std::size_t first, std::size_t stride, std::size_t limit) {
  const std::size_t windows = std::min(limit, most());
  for (std::size_t window = 0; window < windows; ++window) put(window, (first + window * stride) * context_);
  return batch(windows);
}

void Windows::put(std::size_t window, std::size_t position) {
  for (std::size_t i = 0; i < context_; ++i) {
    inputs_[window * context_ + i] = text_[position + i];
    targets_[window * context_ + i] = text_[position + i + 1];
  }
}

inlay::Batch Windows::batch(std::size_t windows) const {
  const std::size_t rows = windows * context_;
  return {.inputs = std::span{inputs_}.first(rows), .targets = {.labels = std::span{targets_}.first(rows)}};
}

}  // namespace examples
