#pragma once
// A table of numbers on disk that grows by a line at a time, with everything in memory too, for plotting.

#include <filesystem>
#include <limits>
#include <string>
#include <vector>

namespace examples {

class Csv {
 public:
  static constexpr double empty = std::numeric_limits<double>::quiet_NaN();  // an empty cell
  using Row = std::vector<double>;

  // Starts a new file at `path`, or, where one with the same columns is there, goes on with it: rows whose first column
  // is greater than `keep_up_to` are cut away, because a program that goes on from an older checkpoint writes them
  // again. Throws std::runtime_error where the file cannot be written.
  Csv(std::filesystem::path path, std::vector<std::string> columns, double keep_up_to);

  void append(const Row& row);  // is on disk when the call returns
  const std::vector<Row>& rows() const { return rows_; }

 private:
  void read();

  std::filesystem::path path_;
  std::vector<std::string> columns_;
  std::vector<Row> rows_;
};

}  // namespace examples
