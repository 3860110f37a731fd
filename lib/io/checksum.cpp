#include "checksum.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include <inlay/io/tensor_list.hpp>

namespace inlay::io {
namespace {

constexpr std::uint64_t prime_1 = 0x9E3779B185EBCA87U;
constexpr std::uint64_t prime_2 = 0xC2B2AE3D27D4EB4FU;
constexpr std::uint64_t prime_3 = 0x165667B19E3779F9U;
constexpr std::uint64_t prime_4 = 0x85EBCA77C2B2AE63U;
constexpr std::uint64_t prime_5 = 0x27D4EB2F165667C5U;

template <class Integer>
std::uint64_t load(const std::byte* bytes) noexcept {
  std::uint64_t value = 0;
  if constexpr (std::endian::native == std::endian::little) {
    std::memcpy(&value, bytes, sizeof(Integer));
  } else {
    for (std::size_t index = 0; index < sizeof(Integer); ++index)
      value |= std::to_integer<std::uint64_t>(bytes[index]) << (8 * index);
  }
  return value;
}

std::uint64_t round(std::uint64_t lane, std::uint64_t input) noexcept {
  return std::rotl(lane + input * prime_2, 31) * prime_1;
}

}  // namespace

void Checksum::add_stripe(const std::byte* bytes) noexcept {
  for (std::size_t lane = 0; lane < 4; ++lane)
    lanes_[lane] = round(lanes_[lane], load<std::uint64_t>(bytes + 8 * lane));
}

void Checksum::add(std::span<const std::byte> bytes) noexcept {
  length_ += bytes.size();
  if (pending_size_ > 0) {
    const std::size_t taken = std::min(bytes.size(), pending_.size() - pending_size_);
    std::copy_n(bytes.data(), taken, pending_.data() + pending_size_);
    pending_size_ += taken;
    bytes = bytes.subspan(taken);
    if (pending_size_ < pending_.size()) return;
    add_stripe(pending_.data());
    pending_size_ = 0;
  }
  for (; bytes.size() >= pending_.size(); bytes = bytes.subspan(pending_.size())) add_stripe(bytes.data());
  std::copy_n(bytes.data(), bytes.size(), pending_.data());
  pending_size_ = bytes.size();
}

std::uint64_t Checksum::value() const noexcept {
  std::uint64_t hash = prime_5;
  if (length_ >= pending_.size()) {
    hash = std::rotl(lanes_[0], 1) + std::rotl(lanes_[1], 7) + std::rotl(lanes_[2], 12) + std::rotl(lanes_[3], 18);
    for (const std::uint64_t lane : lanes_) hash = (hash ^ round(0, lane)) * prime_1 + prime_4;
  }
  hash += length_;
  const std::byte* bytes = pending_.data();
  std::size_t left = pending_size_;
  for (; left >= 8; left -= 8, bytes += 8)
    hash = std::rotl(hash ^ round(0, load<std::uint64_t>(bytes)), 27) * prime_1 + prime_4;
  if (left >= 4) {
    hash = std::rotl(hash ^ (load<std::uint32_t>(bytes) * prime_1), 23) * prime_2 + prime_3;
    left -= 4;
    bytes += 4;
  }
  for (; left > 0; --left, ++bytes)
    hash = std::rotl(hash ^ (std::to_integer<std::uint64_t>(*bytes) * prime_5), 11) * prime_1;
  hash = (hash ^ (hash >> 33U)) * prime_2;
  hash = (hash ^ (hash >> 29U)) * prime_3;
  return hash ^ (hash >> 32U);
}

std::string checksum_text(std::uint64_t value) { return "xxh64:" + detail::hexadecimal(value); }

}  // namespace inlay::io
