#pragma once
// Line plots as SVG: axes with round ticks, a legend, the last value at the end of each line, and above the lines what
// stretches of the horizontal axis are. Colours follow the reader's light or dark setting.

#include <filesystem>
#include <string>
#include <vector>

namespace examples {

struct Series {
  enum class Style { line, faint, points };  // points: a line with a dot at each value

  std::string label = {};  // for the legend; empty: not in it
  std::vector<double> x = {}, y = {};
  Style style = Style::line;
  std::size_t color = 0;  // 0 blue, 1 orange, 2 green, 3 purple, 4 grey
};

// Names of stretches of the horizontal axis, in a row of coloured boxes.
struct Band {
  struct Stretch {
    double from, to;
    std::string name;
    std::size_t color = 0;
  };
  std::string label = {};  // at the left
  std::vector<Stretch> stretches = {};
};

struct Plot {
  std::string title = {}, subtitle = {};
  std::string x_label = {}, y_label = {};
  std::vector<Series> series = {};
  std::vector<Band> bands = {};
  double y_top = 0;  // where the vertical axis ends; 0: at the largest value. Lines are cut there.
};

// The trend of a noisy line: the average over a window around each value, so that it neither leads nor lags. At the
// start the window shrinks to both sides alike, because a loss falls steeply there; at the end it is cut.
std::vector<double> smoothed(const std::vector<double>& values, std::size_t window);

// The losses of training, step by step: each batch faintly, and their trend. Thousands of steps become some hundreds of
// points.
std::vector<Series> series_of_losses(const std::vector<double>& losses);

// About `count` round numbers (1, 2 or 5 times a power of ten apart) that enclose the range.
std::vector<double> round_ticks(double low, double high, int count);

// Throws std::runtime_error where the file cannot be written.
void write_svg(const std::filesystem::path& path, const Plot& plot);

}  // namespace examples
