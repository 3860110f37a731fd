#include "support/regions.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "support/format.hpp"
#include "support/svg.hpp"

namespace examples {
namespace {

constexpr double width = 660, height = 700, left = 76, right = 636, top = 84, bottom = 644;
constexpr std::size_t shades = 8;  // of both colours together
constexpr std::array<const char*, shades> opacities{"0.42", "0.33", "0.24", "0.15", "0.15", "0.24", "0.33", "0.42"};

// The first half for the first class, the surest at either end; beyond both for what is no number, which is left white.
std::size_t shade_of(double logit) {
  if (std::isnan(logit)) return shades;
  const double probability = 1 / (1 + std::exp(-std::abs(logit)));  // of the answer: from 1/2 to 1
  const auto surer = static_cast<std::size_t>((2 * probability - 1) * (shades / 2));
  const std::size_t step = std::min(shades / 2 - 1, surer);
  return logit > 0 ? shades / 2 + step : shades / 2 - 1 - step;
}

// A cell of the grid reaches halfway to its neighbours. Cells of one shade that stand side by side are one rectangle,
// and all rectangles of a shade are one path.
void draw_shades(svg::Picture& picture, const Regions& regions, const svg::Axes& axes) {
  const double cell_width = (right - left) / static_cast<double>(regions.columns - 1);
  const double cell_height = (bottom - top) / static_cast<double>(regions.rows - 1);
  std::array<std::string, shades + 1> paths;
  for (std::size_t row = 0; row < regions.rows; ++row) {
    const auto shade = [&](std::size_t column) { return shade_of(regions.logits[row * regions.columns + column]); };
    for (std::size_t begin = 0, end = 0; begin < regions.columns; begin = end) {
      while (end < regions.columns && shade(end) == shade(begin)) ++end;
      const std::string length = fixed(static_cast<double>(end - begin) * cell_width, 2);
      paths[shade(begin)] += "M" + fixed(axes.x(regions.x(begin)) - cell_width / 2, 2) + " " +
                             fixed(axes.y(regions.y(row)) - cell_height / 2, 2) + "h" + length + "v" +
                             fixed(cell_height, 2) + "h-" + length + "z";
    }
  }
  for (std::size_t shade = 0; shade < shades; ++shade)
    picture.raw("<path class=\"f" + std::string{shade < shades / 2 ? "0" : "1"} +
                "\" shape-rendering=\"crispEdges\" fill-opacity=\"" + opacities[shade] + "\" d=\"" + paths[shade] +
                "\"/>\n");
}

// Where the logit is zero: in each square of four neighbours, a line between the edges that it crosses.
void draw_boundary(svg::Picture& picture, const Regions& regions, const svg::Axes& axes) {
  struct Corner {
    double x, y, level;
  };
  std::string path;
  for (std::size_t row = 0; row + 1 < regions.rows; ++row)
    for (std::size_t column = 0; column + 1 < regions.columns; ++column) {
      const auto corner = [&](std::size_t r, std::size_t c) {
        const double logit = regions.logits[r * regions.columns + c];
        return Corner{regions.x(c), regions.y(r), std::clamp(logit, -1e3, 1e3)};
      };
      const std::array<Corner, 4> around{corner(row, column), corner(row, column + 1), corner(row + 1, column + 1),
                                         corner(row + 1, column)};
      if (std::ranges::any_of(around, [](const Corner& c) { return std::isnan(c.level); })) continue;
      std::size_t crossings = 0;  // none, two or four
      for (std::size_t i = 0; i < 4; ++i) {
        const Corner &a = around[i], &b = around[(i + 1) % 4];
        if ((a.level > 0) == (b.level > 0)) continue;
        const double part = a.level / (a.level - b.level);
        path += (crossings++ % 2 == 0 ? "M" : "L") + fixed(axes.x(a.x + part * (b.x - a.x)), 1) + " " +
                fixed(axes.y(a.y + part * (b.y - a.y)), 1);
      }
    }
  picture.raw("<path class=\"contour\" d=\"" + path + "\"/>\n");
}

void draw_line(svg::Picture& picture, const Series& series, const svg::Axes& axes) {
  std::string points;
  for (std::size_t i = 0; i < series.x.size(); ++i)
    if (std::isfinite(series.x[i]) && std::isfinite(series.y[i]))
      points += fixed(axes.x(series.x[i]), 1) + "," + fixed(axes.y(series.y[i]), 1) + " ";
  picture.raw("<polyline class=\"curve c" + std::to_string(series.color) +
              (series.style == Series::Style::faint ? " faint" : "") + "\" points=\"" + points + "\"/>\n");
}

// Beside the title: a dot for each class, a stroke for each line with a label.
void draw_legend(svg::Picture& picture, const Regions& regions) {
  constexpr double y = 58;
  double x = right;
  const auto name = [&](const std::string& label) {
    x -= 7.4 * static_cast<double>(label.size());  // about the width of a letter at 13 pixels
    picture.text(x, y, "", "start", label);
    x -= 10;
  };
  for (const auto& [label, color] : {std::pair{regions.second, "f1"}, std::pair{regions.first, "f0"}}) {
    if (label.empty()) continue;
    name(label);
    picture.dot(x, y - 4.5, 4.5, color);
    x -= 22;
  }
  for (const Series& line : regions.lines) {
    if (line.label.empty()) continue;
    name(line.label);
    picture.line(x - 20, y - 4.5, x, y - 4.5, "curve c" + std::to_string(line.color));
    x -= 42;
  }
}

}  // namespace

void write_svg(const std::filesystem::path& path, const Regions& regions) {
  const svg::Axes axes{{left, right, top, bottom}, regions.x_low, regions.x_high, regions.y_low, regions.y_high};
  svg::Picture picture{width, height, left, regions.title, regions.subtitle};
  const auto inside = [](std::vector<double> ticks, double low, double high) {
    std::erase_if(ticks, [&](double tick) { return tick < low - 1e-9 || tick > high + 1e-9; });
    return ticks;
  };
  const std::vector<double> x_ticks = inside(round_ticks(axes.x_low, axes.x_high, 6), axes.x_low, axes.x_high);
  const std::vector<double> y_ticks = inside(round_ticks(axes.y_low, axes.y_high, 6), axes.y_low, axes.y_high);
  svg::draw_axes(picture, axes, regions.x_label, regions.y_label, x_ticks, y_ticks);
  picture.begin_clip(axes.field, 0);
  if (regions.columns > 1 && regions.rows > 1) {
    draw_shades(picture, regions, axes);
    if (regions.boundary) draw_boundary(picture, regions, axes);
  }
  for (const Series& line : regions.lines) draw_line(picture, line, axes);
  for (const Regions::Point& point : regions.points)
    picture.dot(axes.x(point.x), axes.y(point.y), 4, point.second ? "f1 point" : "f0 point");
  picture.end_clip();
  draw_legend(picture, regions);
  picture.write(path);
}

}  // namespace examples
