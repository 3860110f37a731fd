#include "file.hpp"

#include <algorithm>

#include "text.hpp"

namespace inlay::io {

Status MemorySource::read(std::uint64_t offset, std::span<std::byte> bytes) const {
  if (offset > bytes_.size() || bytes.size() > bytes_.size() - offset)
    return Error("the bytes end at " + std::to_string(bytes_.size()));
  std::copy_n(bytes_.data() + static_cast<std::size_t>(offset), bytes.size(), bytes.data());
  return {};
}

}  // namespace inlay::io
