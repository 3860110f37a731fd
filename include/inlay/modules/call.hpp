#pragma once
// Call: what one pass through a model is told besides its parameters.
//
// The rows of a call are packed sequences: sequence s has the rows [offsets[s], offsets[s + 1]) - offsets[0], one after
// the other, with no padding between them. Its first row stands at position starts[s] (0 where starts is null), which
// is how many tokens its key/value cache already holds.

#include <inlay/config.hpp>
#include <inlay/kernels/random.hpp>

#include <span>

namespace inlay::inline INLAY_ABI {

using Token = std::uint32_t;

// Which rows the logits are computed for.
enum class Logits : std::uint8_t { all, last_of_each_sequence, none };

struct Packing {
  const std::uint32_t* offsets;           // count + 1 of them, ascending; rows count from offsets[0]
  size_t count;                           // sequences
  const std::uint32_t* starts = nullptr;  // the position of each sequence's first row

  size_t rows() const { return offsets[count] - offsets[0]; }
  size_t begin(size_t sequence) const { return offsets[sequence] - offsets[0]; }
  size_t length(size_t sequence) const { return offsets[sequence + 1] - offsets[sequence]; }
  size_t start(size_t sequence) const { return starts == nullptr ? 0 : starts[sequence]; }
};

// A second sequence for each sequence of a call, which cross-attention looks at: what an encoder made of the source.
// gradient is added to by backward; null where nobody wants it. values is null in a cached call whose keys and values
// of the memory are in the cache already.
struct Memory {
  Packing packing{nullptr, 0};
  const float* values = nullptr;  // rows of the width that the cross-attention was made for
  float* gradient = nullptr;
  size_t first_row = 0;  // of this call's memories in the whole batch, as Call::first_row
};

struct Call {
  Packing packing;
  bool training = false;      // dropout applies
  RandomKey random{};         // of dropout: the run's seed and the step
  size_t first_row = 0;       // of this call in the whole batch, so that a mask does not depend on how the batch is cut
  size_t first_sequence = 0;  // likewise
  Logits logits = Logits::all;
  Memory memory = {};
};

// Which of a model's places draws random numbers: a hash of the path to it, so that no two dropouts share a mask.
struct Stream {
  std::uint32_t value = 0x811c9dc5u;

  constexpr Stream child(const char* name, size_t index) const {
    std::uint32_t hash = value;
    for (; *name != '\0'; ++name) hash = (hash ^ static_cast<std::uint8_t>(*name)) * 0x01000193u;
    return {(hash ^ static_cast<std::uint32_t>(index)) * 0x01000193u};
  }
};

}  // namespace inlay::inline INLAY_ABI
