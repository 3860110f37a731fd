#include "support/heat_map.hpp"

#include <algorithm>
#include <cmath>

#include "support/format.hpp"
#include "support/svg.hpp"

namespace examples {
namespace {

constexpr double margin = 28, header = 76, gap = 30, letter = 7.6;  // pixels; a letter of a label is about so wide

// UTF-8 counts its letters, not its bytes.
double width_of(const std::string& text) {
  return letter * static_cast<double>(std::ranges::count_if(text, [](char c) { return (c & 0xC0) != 0x80; }));
}
double widest(const std::vector<std::string>& texts) {
  double width = 0;
  for (const std::string& text : texts) width = std::max(width, width_of(text));
  return width;
}

// Where everything lies. One map is its grid, the names around it, and its title above.
struct Layout {
  double cell, left, above, right, map_width, map_height;
  bool upright;  // the names above are turned, because they are wider than a cell

  explicit Layout(const HeatMaps& maps) {
    const auto rows = static_cast<double>(maps.rows.size()), columns = static_cast<double>(maps.columns.size());
    cell = std::clamp(440 / std::max({rows, columns, 1.0}), 14.0, 32.0);
    upright = widest(maps.columns) > cell;
    left = widest(maps.rows) + 10;
    right = maps.results.empty() ? 0 : widest(maps.results) + 10;
    above = 28 + (upright ? widest(maps.columns) + 8 : 20);
    map_width = left + columns * cell + right;
    map_height = above + rows * cell;
  }
};

void draw_names(svg::Picture& picture, const HeatMaps& maps, const Layout& layout, double x, double y) {
  for (std::size_t j = 0; j < maps.columns.size(); ++j) {
    const double middle = x + (static_cast<double>(j) + 0.5) * layout.cell;
    if (layout.upright)
      picture.raw("<text transform=\"translate(" + fixed(middle + 4.5, 1) + " " + fixed(y - 7, 1) + ") rotate(-90)\">" +
                  svg::escaped(maps.columns[j]) + "</text>\n");
    else
      picture.text(middle, y - 7, "", "middle", maps.columns[j]);
  }
  const double end = x + static_cast<double>(maps.columns.size()) * layout.cell;
  for (std::size_t i = 0; i < maps.rows.size(); ++i) {
    const double base = y + (static_cast<double>(i) + 0.5) * layout.cell + 4.5;
    picture.text(x - 8, base, "", "end", maps.rows[i]);
    if (i < maps.results.size()) picture.text(end + 8, base, "value", "start", maps.results[i]);
  }
}

void draw_map(svg::Picture& picture, const HeatMaps& maps, const HeatMap& map, const Layout& layout, double x,
              double y) {
  const std::size_t rows = maps.rows.size(), columns = maps.columns.size();
  const double right = x + static_cast<double>(columns) * layout.cell;
  const double bottom = y + static_cast<double>(rows) * layout.cell;
  picture.text(x, y - layout.above + 14, "value", "start", map.title);
  for (std::size_t i = 0; i <= rows; ++i) {
    const double at = y + static_cast<double>(i) * layout.cell;
    picture.line(x, at, right, at, "grid");
  }
  for (std::size_t j = 0; j <= columns; ++j) {
    const double at = x + static_cast<double>(j) * layout.cell;
    picture.line(at, y, at, bottom, "grid");
  }
  for (std::size_t i = 0; i < rows; ++i)
    for (std::size_t j = 0; j < columns; ++j) {
      const double value = map.values[i * columns + j];
      if (!(value >= 0.01)) continue;  // nothing to see, or no number
      picture.raw("<rect class=\"f0\" x=\"" + fixed(x + static_cast<double>(j) * layout.cell, 1) + "\" y=\"" +
                  fixed(y + static_cast<double>(i) * layout.cell, 1) + "\" width=\"" + fixed(layout.cell, 1) +
                  "\" height=\"" + fixed(layout.cell, 1) + "\" fill-opacity=\"" + fixed(std::min(value, 1.0), 2) +
                  "\"/>\n");
    }
  draw_names(picture, maps, layout, x, y);
}

}  // namespace

void write_svg(const std::filesystem::path& path, const HeatMaps& maps) {
  const Layout layout{maps};
  const std::size_t in_line = std::max<std::size_t>(1, std::min(maps.maps_in_line, maps.maps.size()));
  const auto across = static_cast<double>(in_line);
  const auto down = static_cast<double>((maps.maps.size() + in_line - 1) / in_line);
  const double title = std::max(1.5 * width_of(maps.title), width_of(maps.subtitle));
  const double width = 2 * margin + std::max(title, across * layout.map_width + (across - 1) * gap);
  svg::Picture picture{width, header + down * (layout.map_height + gap), margin, maps.title, maps.subtitle};
  for (std::size_t i = 0; i < maps.maps.size(); ++i)
    draw_map(picture, maps, maps.maps[i], layout,
             margin + layout.left + static_cast<double>(i % in_line) * (layout.map_width + gap),
             header + layout.above + static_cast<double>(i / in_line) * (layout.map_height + gap));
  picture.write(path);
}

}  // namespace examples
