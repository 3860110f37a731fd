#pragma once
// Golden files (tests/golden): what another library computed, by name. For tests that link inlay::io (INLAY_TEST_IO).

#include <inlay/io/checkpoint.hpp>

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "support/catch.hpp"

namespace golden {

namespace io = inlay::io;

class Golden {
 public:
  explicit Golden(const std::string& name) : file_(open(std::string(INLAY_TEST_DATA "/") + name)) {}

  std::vector<double> numbers(const std::string& name) const { return read<double>(name, io::ElementType::float64); }
  std::vector<float> reals(const std::string& name) const { return read<float>(name, io::ElementType::float32); }
  std::vector<std::uint32_t> integers(const std::string& name) const {
    std::vector<std::uint32_t> result;
    for (const std::int32_t value : read<std::int32_t>(name, io::ElementType::int32))
      result.push_back(static_cast<std::uint32_t>(value));
    return result;
  }
  // initial.* into the parameters of M, whose tensors have the same names.
  template <class M>
  void read_parameters(inlay::ParametersOf<M>& parameters) const {
    inlay::visit<M>(
        [&](const inlay::Path& path, auto& tensor) {
          const std::vector<float> values = reals("initial." + std::string(path.text().c_str()));
          REQUIRE(values.size() == tensor.size());
          std::copy(values.begin(), values.end(), tensor.begin());
        },
        parameters);
  }
  std::size_t count(const std::string& prefix) const {
    std::size_t found = 0;
    for (const io::TensorEntry& entry : file_.tensors()) found += entry.name.rfind(prefix, 0) == 0 ? 1u : 0u;
    return found;
  }

 private:
  static io::SafetensorsReader open(const std::string& path) {
    io::Result<io::SafetensorsReader> file = io::SafetensorsReader::open(path);
    INFO(file.message());
    REQUIRE(file);
    return std::move(*file);
  }
  template <class T>
  std::vector<T> read(const std::string& name, io::ElementType type) const {
    CAPTURE(name);
    const io::TensorEntry* const entry = file_.find(name);
    REQUIRE(entry != nullptr);
    std::uint64_t count = 1;
    for (std::size_t i = 0; i < entry->shape.rank; ++i) count *= entry->shape.sizes[i];
    std::vector<T> values(static_cast<std::size_t>(count));
    const io::Status status = file_.read_into({name, type, entry->shape, std::as_writable_bytes(std::span<T>(values))});
    INFO(status.message());
    REQUIRE(status);
    return values;
  }

  io::SafetensorsReader file_;
};

}  // namespace golden
