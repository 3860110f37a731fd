#include "signals/recording.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "support/format.hpp"

namespace signals {
namespace {

std::vector<std::string> cells_of(std::string line) {
  if (!line.empty() && line.back() == '\r') line.pop_back();
  std::vector<std::string> cells;
  std::istringstream rest{line};
  for (std::string cell; std::getline(rest, cell, ',');) {
    const auto first = cell.find_first_not_of(" \t\""), last = cell.find_last_not_of(" \t\"");
    cells.push_back(first == std::string::npos ? "" : cell.substr(first, last - first + 1));
  }
  if (!line.empty() && line.back() == ',') cells.emplace_back();
  return cells;
}

// Where a message is about.
struct Place {
  const std::filesystem::path& path;
  std::size_t line;

  [[noreturn]] void refuse(const std::string& expected, const std::string& found) const {
    throw std::runtime_error(path.string() + ", line " + std::to_string(line) + ": expected " + expected + ", found '" +
                             examples::printable(found) + "'");
  }
};

float number_of(const std::string& cell, const Place& place) {
  char* end = nullptr;
  const float value = std::strtof(cell.c_str(), &end);
  if (cell.empty() || *end != '\0' || !std::isfinite(value)) place.refuse("a number", cell);
  return value;
}

std::size_t label_of(const std::string& cell, const Place& place) {
  if (cell.empty()) return Recording::no_label;
  const auto found = std::find(std::begin(names), std::end(names), cell);
  if (found == std::end(names)) {
    std::string expected;
    for (std::size_t k = 0; k < activities; ++k)
      expected += (k == 0 ? "" : k + 1 == activities ? " or " : ", ") + std::string{names[k]};
    place.refuse(expected, cell);
  }
  return static_cast<std::size_t>(found - std::begin(names));
}

void count_since_change(Recording& recording) {
  for (std::size_t i = 0; i < recording.labels.size(); ++i)
    recording.since_change.push_back(
        i > 0 && recording.labels[i] == recording.labels[i - 1] ? recording.since_change[i - 1] + 1 : 0);
}

}  // namespace

Recording generate(std::uint64_t seed, std::size_t samples) {
  Recording recording;
  Motion motion{seed};
  for (std::size_t i = 0; i < samples; ++i) {
    const Motion::Sample sample = motion.next();
    recording.samples.push_back(std::to_array(sample.acceleration));
    recording.labels.push_back(static_cast<std::size_t>(sample.activity));
  }
  count_since_change(recording);
  return recording;
}

Recording read_recording(const std::filesystem::path& path) {
  std::ifstream file{path};
  if (!file) throw std::runtime_error(path.string() + ": cannot be read");
  Recording recording;
  Place place{path, 1};
  std::string line;
  std::getline(file, line);
  const std::vector<std::string> header = cells_of(line);
  const auto column = [&](const char* name) {
    return static_cast<std::size_t>(std::find(header.begin(), header.end(), name) - header.begin());
  };
  const std::size_t columns[axes] = {column("x"), column("y"), column("z")}, labels = column("label");
  for (const std::size_t at : columns)
    if (at == header.size()) place.refuse("the names of columns, x, y and z among them", line);
  while (std::getline(file, line)) {
    ++place.line;
    const std::vector<std::string> cells = cells_of(line);
    if (cells.empty()) continue;
    if (cells.size() != header.size()) place.refuse(std::to_string(header.size()) + " values", line);
    auto& sample = recording.samples.emplace_back();
    for (std::size_t axis = 0; axis < axes; ++axis) sample[axis] = number_of(cells[columns[axis]], place);
    if (labels < header.size()) recording.labels.push_back(label_of(cells[labels], place));
  }
  if (recording.samples.size() <= 2 * rate)
    throw std::runtime_error(path.string() + ": expected more than two seconds of samples (" +
                             std::to_string(2 * rate) + "), found " + std::to_string(recording.samples.size()));
  count_since_change(recording);
  return recording;
}

}  // namespace signals
