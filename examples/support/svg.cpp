#include "support/svg.hpp"

#include <cmath>
#include <cstdint>
#include <fstream>
#include <stdexcept>

#include "support/format.hpp"

namespace examples::svg {
namespace {

constexpr const char* style = R"(<style>
  .paper { fill: #ffffff }
  text { font-family: system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; fill: #57606a; font-size: 13px }
  .title { fill: #1f2328; font-size: 19px; font-weight: 600 }
  .grid { stroke: #d8dee4; stroke-width: 1 }
  .axis { stroke: #8c959f; stroke-width: 1.2 }
  .curve { fill: none; stroke-width: 2.4; stroke-linejoin: round; stroke-linecap: round }
  .contour { fill: none; stroke: #1f2328; stroke-width: 1.6; stroke-linecap: round }
  .point { stroke: #ffffff; stroke-width: 1 }
  .faint { stroke-width: 1; opacity: 0.35 }
  .value { font-size: 13px; font-weight: 600 }
  .c0 { stroke: #1f6feb } .f0 { fill: #1f6feb }
  .c1 { stroke: #d9480f } .f1 { fill: #d9480f }
  .c2 { stroke: #2b8a3e } .f2 { fill: #2b8a3e }
  .c3 { stroke: #8250df } .f3 { fill: #8250df }
  .c4 { stroke: #6e7781 } .f4 { fill: #6e7781 }
  .box { opacity: 0.25 }
  @media (prefers-color-scheme: dark) {
    .paper { fill: #0d1117 }
    text { fill: #9198a1 }
    .title { fill: #f0f6fc }
    .grid { stroke: #262c36 }
    .axis { stroke: #6e7681 }
    .contour { stroke: #f0f6fc }
    .point { stroke: #0d1117 }
    .c0 { stroke: #58a6ff } .f0 { fill: #58a6ff }
    .c1 { stroke: #ff922b } .f1 { fill: #ff922b }
    .c2 { stroke: #51cf66 } .f2 { fill: #51cf66 }
    .c3 { stroke: #bc8cff } .f3 { fill: #bc8cff }
    .c4 { stroke: #9198a1 } .f4 { fill: #9198a1 }
  }
</style>
)";

std::string tick_label(double value, double step) {
  if (step >= 1) {
    const std::string whole = grouped(static_cast<std::uint64_t>(std::llround(std::abs(value))));
    return value < 0 ? "-" + whole : whole;
  }
  return fixed(value, static_cast<int>(std::ceil(-std::log10(step) - 1e-9)));
}

}  // namespace

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

Picture::Picture(double width, double height, double left, const std::string& title, const std::string& subtitle) {
  const std::string size = fixed(width, 0) + " " + fixed(height, 0);
  raw("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " + size + "\" role=\"img\" aria-label=\"" +
      escaped(title) + "\">\n");
  raw(style);
  raw("<rect class=\"paper\" width=\"100%\" height=\"100%\" rx=\"8\"/>\n");
  text(left, 36, "title", "start", title);
  text(left, 58, "", "start", subtitle);
}

void Picture::text(double x, double y, const std::string& classes, const std::string& anchor,
                   const std::string& content) {
  svg_ += "<text class=\"" + classes + "\" x=\"" + fixed(x, 1) + "\" y=\"" + fixed(y, 1) + "\" text-anchor=\"" +
          anchor + "\">" + escaped(content) + "</text>\n";
}

void Picture::line(double x1, double y1, double x2, double y2, const std::string& classes) {
  svg_ += "<line class=\"" + classes + "\" x1=\"" + fixed(x1, 1) + "\" y1=\"" + fixed(y1, 1) + "\" x2=\"" +
          fixed(x2, 1) + "\" y2=\"" + fixed(y2, 1) + "\"/>\n";
}

void Picture::dot(double x, double y, double radius, const std::string& classes) {
  svg_ += "<circle class=\"" + classes + "\" cx=\"" + fixed(x, 1) + "\" cy=\"" + fixed(y, 1) + "\" r=\"" +
          fixed(radius, 1) + "\"/>\n";
}

void Picture::begin_clip(const Field& field, double margin) {
  raw("<clipPath id=\"field\"><rect x=\"" + fixed(field.left - margin, 0) + "\" y=\"" + fixed(field.top - margin, 0) +
      "\" width=\"" + fixed(field.right - field.left + 2 * margin, 0) + "\" height=\"" +
      fixed(field.bottom - field.top + 2 * margin, 0) + "\"/></clipPath>\n" + "<g clip-path=\"url(#field)\">\n");
}

void Picture::write(const std::filesystem::path& path) {
  raw("</svg>\n");
  std::ofstream file{path, std::ios::binary};
  file << svg_;
  if (!file.flush()) throw std::runtime_error(path.string() + ": cannot be written");
}

void draw_axes(Picture& picture, const Axes& axes, const std::string& x_label, const std::string& y_label,
               const std::vector<double>& x_ticks, const std::vector<double>& y_ticks) {
  const auto [left, right, top, bottom] = axes.field;
  const double y_step = y_ticks[1] - y_ticks[0], x_step = x_ticks.size() > 1 ? x_ticks[1] - x_ticks[0] : 1;
  for (const double tick : y_ticks) {
    picture.line(left, axes.y(tick), right, axes.y(tick), tick == y_ticks.front() ? "axis" : "grid");
    picture.text(left - 10, axes.y(tick) + 4.5, "", "end", tick_label(tick, y_step));
  }
  for (const double tick : x_ticks) {
    picture.line(axes.x(tick), bottom, axes.x(tick), bottom + 5, "axis");
    picture.text(axes.x(tick), bottom + 21, "", "middle", tick_label(tick, x_step));
  }
  picture.text((left + right) / 2, bottom + 48, "", "middle", x_label);
  picture.raw("<text transform=\"translate(24 " + fixed((top + bottom) / 2, 1) +
              ") rotate(-90)\" text-anchor=\"middle\">" + escaped(y_label) + "</text>\n");
}

}  // namespace examples::svg
