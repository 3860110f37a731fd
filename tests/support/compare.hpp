#pragma once

// Comparison of floats with a reference in double: the largest difference over the root mean square of the reference.

#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

namespace compare {

inline double root_mean_square(const std::vector<double>& values) {
  double squares = 0.0;
  for (const double value : values) squares += value * value;
  return values.empty() ? 0.0 : std::sqrt(squares / static_cast<double>(values.size()));
}

// Infinite where a value is a NaN.
inline double largest_difference(const float* values, const std::vector<double>& expected) {
  double largest = 0.0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const double difference = std::fabs(static_cast<double>(values[i]) - expected[i]);
    if (!(difference <= largest)) largest = difference;
    if (std::isnan(difference)) return std::numeric_limits<double>::infinity();
  }
  return largest;
}

// A tensor that is zero in truth is measured against `otherwise`.
inline double relative_error(const float* values, const std::vector<double>& expected, double otherwise = 0.0) {
  const double scale = root_mean_square(expected);
  const double difference = largest_difference(values, expected);
  if (difference == 0.0) return 0.0;
  return difference / (scale > 1e-9 * otherwise ? scale : otherwise);
}

}  // namespace compare
