#include "support/plot.hpp"

#include "support/format.hpp"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <stdexcept>

namespace examples {
namespace {

// The picture, and the field inside it that the axes enclose.
constexpr double width = 880, height = 520, left = 76, right = 800, top = 84, bottom = 452;

constexpr const char* style = R"(<style>
  .paper { fill: #ffffff }
  text { font-family: system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; fill: #57606a; font-size: 13px }
  .title { fill: #1f2328; font-size: 19px; font-weight: 600 }
  .grid { stroke: #d8dee4; stroke-width: 1 }
  .axis { stroke: #8c959f; stroke-width: 1.2 }
  .curve { fill: none; stroke-width: 2.4; stroke-linejoin: round; stroke-linecap: round }
  .faint { stroke-width: 1; opacity: 0.35 }
  .value { font-size: 13px; font-weight: 600 }
  .c0 { stroke: #1f6feb } .f0 { fill: #1f6feb }
  .c1 { stroke: #d9480f } .f1 { fill: #d9480f }
  .c2 { stroke: #2b8a3e } .f2 { fill: #2b8a3e }
  .c3 { stroke: #8250df } .f3 { fill: #8250df }
  @media (prefers-color-scheme: dark) {
    .paper { fill: #0d1117 }
    text { fill: #9198a1 }
    .title { fill: #f0f6fc }
    .grid { stroke: #262c36 }
    .axis { stroke: #6e7681 }
    .c0 { stroke: #58a6ff } .f0 { fill: #58a6ff }
    .c1 { stroke: #ff922b } .f1 { fill: #ff922b }
    .c2 { stroke: #51cf66 } .f2 { fill: #51cf66 }
    .c3 { stroke: #bc8cff } .f3 { fill: #bc8cff }
  }
</style>
)";

std::string escaped(const std::string& text) {
  std::string result;
  for (const char character : text) {
    if (character == '<')
      result += "&lt;";
    else if (character == '>')
      result += "&gt;";
    else if (character == '&')
      result += "&amp;";
    else if (character == '"')
      result += "&quot;";
    else
      result += character;
  }
  return result;
}

std::string tick_label(double value, double step) {
  if (step >= 1) {
    const std::string whole = grouped(static_cast<std::uint64_t>(std::llround(std::abs(value))));
    return value < 0 ? "-" + whole : whole;
  }
  return fixed(value, static_cast<int>(std::ceil(-std::log10(step) - 1e-9)));
}

// A point of the picture from one of the data.
struct Axes {
  double x_low, x_high, y_low, y_high;
  double x(double value) const { return left + (value - x_low) / (x_high - x_low) * (right - left); }
  double y(double value) const { return bottom - (value - y_low) / (y_high - y_low) * (bottom - top); }
};

class Picture {
 public:
  void text(double x, double y, const std::string& classes, const std::string& anchor, const std::string& content) {
    svg_ += "<text class=\"" + classes + "\" x=\"" + fixed(x, 1) + "\" y=\"" + fixed(y, 1) + "\" text-anchor=\"" +
            anchor + "\">" + escaped(content) + "</text>\n";
  }
  void line(double x1, double y1, double x2, double y2, const std::string& classes) {
    svg_ += "<line class=\"" + classes + "\" x1=\"" + fixed(x1, 1) + "\" y1=\"" + fixed(y1, 1) + "\" x2=\"" +
            fixed(x2, 1) + "\" y2=\"" + fixed(y2, 1) + "\"/>\n";
  }
  void dot(double x, double y, double radius, const std::string& classes) {
    svg_ += "<circle class=\"" + classes + "\" cx=\"" + fixed(x, 1) + "\" cy=\"" + fixed(y, 1) + "\" r=\"" +
            fixed(radius, 1) + "\"/>\n";
  }
  void raw(const std::string& markup) { svg_ += markup; }
  const std::string& svg() const { return svg_; }

 private:
  std::string svg_;
};

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
  if (plot.y_top > y_low) y_high = plot.y_top;
  if (x_low > 0 && x_low < 0.25 * x_high) x_low = 0;
  if (x_low == x_high) x_high += 1;
  if (y_low == y_high) y_high += 1;
  y_ticks = round_ticks(y_low, y_high, 7);
  x_ticks = round_ticks(x_low, x_high, 9);
  // The horizontal axis ends with the data: a line that reaches the edge wastes no space.
  while (x_ticks.size() > 1 && x_ticks.back() > x_high * (1 + 1e-9)) x_ticks.pop_back();
  return {x_ticks.front(), std::max(x_high, x_ticks.back()), y_ticks.front(), y_ticks.back()};
}

void draw_axes(Picture& picture, const Plot& plot, const Axes& axes, const std::vector<double>& x_ticks,
               const std::vector<double>& y_ticks) {
  const double y_step = y_ticks[1] - y_ticks[0], x_step = x_ticks.size() > 1 ? x_ticks[1] - x_ticks[0] : 1;
  for (const double tick : y_ticks) {
    picture.line(left, axes.y(tick), right, axes.y(tick), tick == y_ticks.front() ? "axis" : "grid");
    picture.text(left - 10, axes.y(tick) + 4.5, "", "end", tick_label(tick, y_step));
  }
  for (const double tick : x_ticks) {
    picture.line(axes.x(tick), bottom, axes.x(tick), bottom + 5, "axis");
    picture.text(axes.x(tick), bottom + 21, "", "middle", tick_label(tick, x_step));
  }
  picture.text((left + right) / 2, bottom + 48, "", "middle", plot.x_label);
  picture.raw("<text transform=\"translate(24 " + fixed((top + bottom) / 2, 1) +
              ") rotate(-90)\" text-anchor=\"middle\">" + escaped(plot.y_label) + "</text>\n");
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
          marks.push_back({std::clamp(axes.y(series.y[i]), top, bottom), series.y[i], series.color});
          break;
        }
  std::ranges::sort(marks, {}, &Mark::y);
  for (std::size_t i = 1; i < marks.size(); ++i) {
    const double overlap = 17 - (marks[i].y - marks[i - 1].y);
    if (overlap > 0) marks[i - 1].y -= overlap / 2, marks[i].y += overlap / 2;
  }
  for (const Mark& mark : marks)
    picture.text(right + 10, mark.y + 4.5, "value f" + std::to_string(mark.color), "start", fixed(mark.value, 3));
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
  const std::string size = fixed(width, 0) + " " + fixed(height, 0);
  Picture picture;
  picture.raw("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " + size + "\" role=\"img\" aria-label=\"" +
              escaped(plot.title) + "\">\n");
  picture.raw(style);
  picture.raw("<rect class=\"paper\" width=\"100%\" height=\"100%\" rx=\"8\"/>\n");
  picture.text(left, 36, "title", "start", plot.title);
  picture.text(left, 58, "", "start", plot.subtitle);
  draw_axes(picture, plot, axes, x_ticks, y_ticks);
  picture.raw("<clipPath id=\"field\"><rect x=\"" + fixed(left, 0) + "\" y=\"" + fixed(top - 3, 0) + "\" width=\"" +
              fixed(right - left + 4, 0) + "\" height=\"" + fixed(bottom - top + 6, 0) + "\"/></clipPath>\n" +
              "<g clip-path=\"url(#field)\">\n");
  for (const Series& series : plot.series) draw_series(picture, series, axes);
  picture.raw("</g>\n");
  draw_last_values(picture, plot, axes);
  draw_legend(picture, plot);
  picture.raw("</svg>\n");

  std::ofstream file{path, std::ios::binary};
  file << picture.svg();
  if (!file.flush()) throw std::runtime_error(path.string() + ": cannot be written");
}

}  // namespace examples
