#include "support/csv.hpp"

#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace examples {
namespace {

std::string joined(const std::vector<std::string>& cells) {
  std::string text;
  for (const std::string& cell : cells) {
    if (&cell != cells.data()) text += ',';
    text += cell;
  }
  return text += '\n';
}

void write(const std::filesystem::path& path, const char* mode, const std::string& text) {
  std::FILE* file = std::fopen(path.c_str(), mode);
  const bool written = file != nullptr && std::fwrite(text.data(), 1, text.size(), file) == text.size();
  const bool closed = file != nullptr && std::fclose(file) == 0;
  if (!written || !closed) throw std::runtime_error(path.string() + ": cannot be written: " + std::strerror(errno));
}

std::string line(const Csv::Row& row) {
  std::vector<std::string> cells;
  for (const double value : row) {
    char text[32];
    std::snprintf(text, sizeof text, "%.9g", value);
    cells.emplace_back(std::isnan(value) ? "" : text);
  }
  return joined(cells);
}

}  // namespace

Csv::Csv(std::filesystem::path path, std::vector<std::string> columns, double keep_up_to)
    : path_{std::move(path)}, columns_{std::move(columns)} {
  read();
  std::erase_if(rows_, [&](const Row& row) { return !(row[0] <= keep_up_to); });
  std::string text = joined(columns_);
  for (const Row& row : rows_) text += line(row);
  // Written beside and renamed, so that a kill in the middle loses no rows.
  std::filesystem::path beside = path_;
  beside += ".new";
  write(beside, "wb", text);
  std::filesystem::rename(beside, path_);
}

void Csv::append(const Row& row) {
  rows_.push_back(row);
  write(path_, "ab", line(row));
}

void Csv::read() {
  std::ifstream file{path_};
  std::string text;
  if (!std::getline(file, text) || text + '\n' != joined(columns_)) return;
  while (std::getline(file, text)) {
    Row row;
    std::istringstream cells{text};
    for (std::string cell; std::getline(cells, cell, ',');)
      row.push_back(cell.empty() ? empty : std::strtod(cell.c_str(), nullptr));
    if (row.size() + 1 == columns_.size()) row.push_back(empty);         // an empty last cell
    if (row.size() == columns_.size()) rows_.push_back(std::move(row));  // a line cut by a kill is not kept
  }
}

}  // namespace examples
