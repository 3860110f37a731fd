#pragma once
// What pictures as SVG are drawn with: paper, a title, a field with axes around it, text, lines, dots. Colours follow
// the reader's light or dark setting. Classes: cN strokes and fN fills in colour N (0 blue, 1 orange, 2 green,
// 3 purple, 4 grey), curve, faint, grid, axis, title, value, contour, point, box.

#include <filesystem>
#include <string>
#include <vector>

namespace examples::svg {

// Where the field that the axes enclose lies in the picture.
struct Field {
  double left, right, top, bottom;
};

// A point of the picture from one of the data.
struct Axes {
  Field field;
  double x_low, x_high, y_low, y_high;
  double x(double value) const { return field.left + (value - x_low) / (x_high - x_low) * (field.right - field.left); }
  double y(double value) const {
    return field.bottom - (value - y_low) / (y_high - y_low) * (field.bottom - field.top);
  }
};

class Picture {
 public:
  // The paper, with a title and a line under it from `left` on.
  Picture(double width, double height, double left, const std::string& title, const std::string& subtitle);

  void text(double x, double y, const std::string& classes, const std::string& anchor, const std::string& content);
  void line(double x1, double y1, double x2, double y2, const std::string& classes);
  void dot(double x, double y, double radius, const std::string& classes);
  void raw(const std::string& markup) { svg_ += markup; }

  // What is drawn between the two is cut at the edge of the field, which is `margin` larger here.
  void begin_clip(const Field& field, double margin);
  void end_clip() { raw("</g>\n"); }

  // Throws std::runtime_error where the file cannot be written.
  void write(const std::filesystem::path& path);

 private:
  std::string svg_;
};

std::string escaped(const std::string& text);

// Ticks are at least two on the vertical axis and one on the horizontal; see round_ticks (plot.hpp).
void draw_axes(Picture& picture, const Axes& axes, const std::string& x_label, const std::string& y_label,
               const std::vector<double>& x_ticks, const std::vector<double>& y_ticks);

}  // namespace examples::svg
