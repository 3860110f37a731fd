#pragma once
// A picture of what a classifier of points in the plane answers: its two regions in shades of two colours, darker where
// it is surer, the boundary between them, points with the colours of their own classes, and lines.

#include <filesystem>
#include <string>
#include <vector>

#include "support/plot.hpp"

namespace examples {

struct Regions {
  struct Point {
    double x, y;
    bool second;  // of the second class
  };

  std::string title = {}, subtitle = {};
  std::string x_label = {}, y_label = {};
  std::string first = {}, second = {};                  // the names of the classes, for the legend
  double x_low = 0, x_high = 1, y_low = 0, y_high = 1;  // what is shown
  std::size_t columns = 0, rows = 0;                    // of a grid over it, both at least 2
  // At (x(column), y(row)), row by row: the logarithm of the odds of the second class. Its sign is the answer.
  std::vector<double> logits = {};
  std::vector<Point> points = {};
  std::vector<Series> lines = {};
  bool boundary = true;  // whether to draw it

  // The grid reaches from edge to edge; row 0 is the lowest.
  double x(std::size_t column) const { return at(x_low, x_high, column, columns); }
  double y(std::size_t row) const { return at(y_low, y_high, row, rows); }

  static double at(double low, double high, std::size_t index, std::size_t count) {
    return low + (high - low) * static_cast<double>(index) / static_cast<double>(count - 1);
  }
};

// Throws std::runtime_error where the file cannot be written.
void write_svg(const std::filesystem::path& path, const Regions& regions);

}  // namespace examples
