#include "support/plot.hpp"

#include "support/format.hpp"
#include "support/svg.hpp"

#include <algorithm>
#include <cmath>

namespace examples {
namespace {

// The picture, and the field inside it that the axes enclose.
constexpr double width = 880, height = 520, left = 76, right = 800, top = 84, bottom = 452;
constexpr double band_height = 28;  // with the gap below it

using svg::Axes, svg::Picture;

bool drawable(const Series& series, std::size_t i) { return std::isfinite(series.x[i]) && std::isfinite(series.y[i]); }

Axes make_axes(const Plot& plot, std::vector<double>& x_ticks, std::vector<double>& y_ticks) {
  double x_low = INFINITY, x_high = -INFINITY, y_low = INFINITY, y_high = -INFINITY;
  for (const Series& series : plot.series)
    for (std::size_t i = 0; i < series.x.size(); ++i)
      if (drawable(series, i)) {
        x_low = std::min(x_low, series.x[i]), x_high = std::max(x_high, series.x[i]);
        y_low = std::min(y_low, series.y[i]), y_high = std::max(y_high, series.y[i]);
      }
  if (!(x_low <= x_high)) x_low = y_low = 0, x_high = y_high = 1;
  if (plot.y_top != 0 && plot.y_top > y_low) y_high = plot.y_top;
  if (x_low > 0 && x_low < 0.25 * x_high) x_low = 0;
  if (x_low == x_high) x_high += 1;
  if (y_low == y_high) y_high += 1;
  y_ticks = round_ticks(y_low, y_high, 7);
  x_ticks = round_ticks(x_low, x_high, 9);
  // The horizontal axis ends with the data: a line that reaches the edge wastes no space.
  while (x_ticks.size() > 1 && x_ticks.back() > x_high * (1 + 1e-9)) x_ticks.pop_back();
  return {{left, right, top + band_height * static_cast<double>(plot.bands.size()), bottom},
          x_ticks.front(),
          std::max(x_high, x_ticks.back()),
          y_ticks.front(),
          y_ticks.back()};
}

void draw_series(Picture& picture, const Series& series, const Axes& axes) {
  const std::string color = std::to_string(series.color);
  std::string points;
  for (std::size_t i = 0; i < series.x.size(); ++i)
    if (drawable(series, i)) points += fixed(axes.x(series.x[i]), 1) + "," + fixed(axes.y(series.y[i]), 1) + " ";
  picture.raw("<polyline class=\"curve c" + color + (series.style == Series::Style::faint ? " faint" : "") +
              "\" points=\"" + points + "\"/>\n");
  if (series.style == Series::Style::points)
    for (std::size_t i = 0; i < series.x.size(); ++i)
      if (drawable(series, i)) picture.dot(axes.x(series.x[i]), axes.y(series.y[i]), 3.2, "f" + color);
}

// The last value of each line stands at its end, pushed apart where two would overlap.
void draw_last_values(Picture& picture, const Plot& plot, const Axes& axes) {
  struct Mark {
    double y, value;
    std::size_t color;
  };
  std::vector<Mark> marks;
  for (const Series& series : plot.series)
    if (series.style != Series::Style::faint)
      for (std::size_t i = series.x.size(); i-- > 0;)
        if (drawable(series, i)) {
          marks.push_back({std::clamp(axes.y(series.y[i]), axes.field.top, bottom), series.y[i], series.color});
          break;
        }
  std::ranges::sort(marks, {}, &Mark::y);
  // One pair after the other pushes the next; of a few marks none is left on another after as many turns.
  for (std::size_t turn = 0; turn < 16 * marks.size(); ++turn) {
    marks.back().y = std::min(marks.back().y, bottom - 5);  // beside the axis, not on its numbers
    for (std::size_t i = 1; i < marks.size(); ++i) {
      const double overlap = 17 - (marks[i].y - marks[i - 1].y);
      if (overlap > 0) marks[i - 1].y -= overlap / 2, marks[i].y += overlap / 2;
    }
  }
  for (const Mark& mark : marks)
    picture.text(right + 10, mark.y + 4.5, "value f" + std::to_string(mark.color), "start", fixed(mark.value, 3));
}

void draw_bands(Picture& picture, const Plot& plot, const Axes& axes) {
  constexpr double box = band_height - 8;
  double y = top;
  for (const Band& band : plot.bands) {
    picture.text(left - 10, y + 14.5, "", "end", band.label);
    for (const Band::Stretch& stretch : band.stretches) {
      const double from = std::clamp(axes.x(stretch.from), left, right),
                   to = std::clamp(axes.x(stretch.to), left, right);
      picture.raw("<rect class=\"box f" + std::to_string(stretch.color) + "\" x=\"" + fixed(from, 1) + "\" y=\"" +
                  fixed(y, 1) + "\" width=\"" + fixed(to - from, 1) + "\" height=\"" + fixed(box, 1) + "\"/>\n");
      if (to - from > 7.4 * static_cast<double>(stretch.name.size()))
        picture.text((from + to) / 2, y + 14.5, "", "middle", stretch.name);
    }
    y += band_height;
  }
}

void draw_legend(Picture& picture, const Plot& plot) {
  constexpr double y = 36;  // beside the title
  double x = right;
  for (auto series = plot.series.rbegin(); series != plot.series.rend(); ++series) {
    if (series->label.empty()) continue;
    const std::string color = std::to_string(series->color);
    x -= 7.4 * static_cast<double>(series->label.size());  // about the width of a letter at 13 pixels
    picture.text(x, y, "", "start", series->label);
    picture.line(x - 32, y - 4.5, x - 8, y - 4.5,
                 "curve c" + color + (series->style == Series::Style::faint ? " faint" : ""));
    if (series->style == Series::Style::points) picture.dot(x - 20, y - 4.5, 3.2, "f" + color);
    x -= 56;
  }
}

}  // namespace

std::vector<double> smoothed(const std::vector<double>& values, std::size_t window) {
  std::vector<double> result;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::size_t half = std::min(window / 2, i);
    const std::size_t end = std::min(i + half + 1, values.size());
    double sum = 0;
    for (std::size_t j = i - half; j < end; ++j) sum += values[j];
    result.push_back(sum / static_cast<double>(end - (i - half)));
  }
  return result;
}

std::vector<Series> series_of_losses(const std::vector<double>& losses) {
  const std::size_t stride = std::max<std::size_t>(1, losses.size() / 800);
  const std::vector<double> trend = smoothed(losses, std::max<std::size_t>(1, losses.size() / 50));
  Series each{.label = "each batch", .style = Series::Style::faint}, mean{.label = "smoothed"};
  for (std::size_t step = 0; step < losses.size(); step += stride) {
    each.x.push_back(static_cast<double>(step));
    each.y.push_back(losses[step]);
    mean.x.push_back(static_cast<double>(step));
    mean.y.push_back(trend[step]);
  }
  return {each, mean};
}

std::vector<double> round_ticks(double low, double high, int count) {
  const double raw = (high - low) / count;
  const double power = std::pow(10.0, std::floor(std::log10(raw)));
  const double step = power * (raw <= power ? 1 : raw <= 2 * power ? 2 : raw <= 5 * power ? 5 : 10);
  std::vector<double> ticks;
  const double first = std::floor(low / step + 1e-9), last = std::ceil(high / step - 1e-9);
  for (double i = first; i <= last; ++i) ticks.push_back(i * step);
  return ticks;
}

void write_svg(const std::filesystem::path& path, const Plot& plot) {
  std::vector<double> x_ticks, y_ticks;
  const Axes axes = make_axes(plot, x_ticks, y_ticks);
  Picture picture{width, height, left, plot.title, plot.subtitle};
  svg::draw_axes(picture, axes, plot.x_label, plot.y_label, x_ticks, y_ticks);
  draw_bands(picture, plot, axes);
  picture.begin_clip(axes.field, 3);
  for (const Series& series : plot.series) draw_series(picture, series, axes);
  picture.end_clip();
  draw_last_values(picture, plot, axes);
  draw_legend(picture, plot);
  picture.write(path);
}

}  // namespace examples
