#pragma once
// Hash: 64-bit FNV-1a over bytes, the same on every target. It names data sets and configurations, finds corrupted
// files, and pins the bits of a training run. Not for adversaries.
//
// Source: Fowler, Noll, Vo, "The FNV Non-Cryptographic Hash Algorithm", IETF draft.

#include <inlay/config.hpp>

#include <span>

namespace inlay::inline INLAY_ABI {

class Hash {
 public:
  constexpr void byte(std::uint8_t value) { state_ = (state_ ^ value) * 0x100000001b3ULL; }
  // Integers enter as eight little-endian bytes, so that a 32-bit target agrees with a 64-bit one.
  constexpr void number(std::uint64_t value) {
    for (int shift = 0; shift < 64; shift += 8) byte(static_cast<std::uint8_t>(value >> shift));
  }
  constexpr void real(float value) {
    const auto bits = inlay::bit_cast<std::uint32_t>(value);
    for (int shift = 0; shift < 32; shift += 8) byte(static_cast<std::uint8_t>(bits >> shift));
  }
  constexpr void reals(std::span<const float> values) {
    for (const float value : values) real(value);
  }
  constexpr void text(const char* characters) {
    for (; *characters != '\0'; ++characters) byte(static_cast<std::uint8_t>(*characters));
  }
  constexpr std::uint64_t value() const { return state_; }

 private:
  std::uint64_t state_ = 0xcbf29ce484222325ULL;
};

}  // namespace inlay::inline INLAY_ABI
