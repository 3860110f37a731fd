#pragma once
// Counter-based random numbers: a number is a function of its key and its counter, and nothing is stored.
//
// Philox-4x32-10: four 32-bit words from a 128-bit counter and a 64-bit key, by ten rounds of multiplications whose
// high and low halves are exchanged. Any element of any stream is found without the ones before it, so a dropout mask
// does not depend on threads, slices or order.
//
//   uniform(bits)  in [0, 1): 24 bits, so that each value is exact in a float
//   normal         sum of uniforms would not reach the tails; Box-Muller with the library's own log, sqrt and cos,
//                  so that the bits are the same everywhere (kernels/initialize.hpp)
//
// Source: Salmon, Moraes, Dror, Shaw, "Parallel Random Numbers: As Easy as 1, 2, 3", SC 2011.

#include <inlay/config.hpp>

namespace inlay::inline INLAY_ABI {

// A number that a run is reproduced by.
struct Seed {
  std::uint64_t value = 0;
};

// The key of a family of streams: a seed and the step of the run.
struct RandomKey {
  std::uint64_t seed = 0;
  std::uint64_t step = 0;
};

namespace kernels {

struct RandomWords {
  std::uint32_t word[4];
};

constexpr RandomWords philox(RandomWords counter, std::uint32_t key0, std::uint32_t key1) {
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t product0 = std::uint64_t{0xd2511f53u} * counter.word[0];
    const std::uint64_t product1 = std::uint64_t{0xcd9e8d57u} * counter.word[2];
    counter = {
        {static_cast<std::uint32_t>(product1 >> 32) ^ counter.word[1] ^ key0, static_cast<std::uint32_t>(product1),
         static_cast<std::uint32_t>(product0 >> 32) ^ counter.word[3] ^ key1, static_cast<std::uint32_t>(product0)}};
    key0 += 0x9e3779b9u;
    key1 += 0xbb67ae85u;
  }
  return counter;
}

// Four words for place `index` of row `row` in the stream `stream`. The step occupies 32 bits of the counter; its
// upper bits enter the key.
constexpr RandomWords random_words(RandomKey key, std::uint32_t stream, std::uint64_t row, std::uint32_t index) {
  const RandomWords counter{{index, static_cast<std::uint32_t>(row), stream ^ static_cast<std::uint32_t>(row >> 32),
                             static_cast<std::uint32_t>(key.step)}};
  return philox(counter, static_cast<std::uint32_t>(key.seed),
                static_cast<std::uint32_t>(key.seed >> 32) ^ static_cast<std::uint32_t>(key.step >> 32));
}

constexpr float uniform(std::uint32_t bits) { return static_cast<float>(bits >> 8) * 0x1p-24f; }

}  // namespace kernels
}  // namespace inlay::inline INLAY_ABI
