#pragma once

// Real: a double that remembers how it was computed, so that the gradient of one result with respect to everything it
// came from follows by walking back once. Nothing here knows of inlay: the derivative of each elementary operation is
// written down, and the chain rule does the rest.
//
//   tape().clear();  Real x = variable(2.0);  Real y = exp(x) * x;
//   const std::vector<double> slopes = gradients(y);   slopes[x.node] == dy/dx

#include <cmath>
#include <cstddef>
#include <vector>

namespace reference {

struct Real {
  double value = 0.0;
  int node = -1;  // a constant has none

  Real() = default;
  Real(double constant) : value(constant) {}
  Real(double the_value, int the_node) : value(the_value), node(the_node) {}
};

struct Node {
  int first, second;
  double first_slope, second_slope;
};
using Tape = std::vector<Node>;
inline Tape& tape() {
  static Tape instance;
  return instance;
}

inline Real record(double value, Node node) {
  if (node.first < 0 && node.second < 0) return Real(value);
  tape().push_back(node);
  return {value, static_cast<int>(tape().size()) - 1};
}
inline Real variable(double value) {
  tape().push_back({-1, -1, 0.0, 0.0});
  return {value, static_cast<int>(tape().size()) - 1};
}

inline std::vector<double> gradients(Real result) {
  std::vector<double> slopes(tape().size());
  if (result.node < 0) return slopes;
  slopes[static_cast<std::size_t>(result.node)] = 1.0;
  for (std::size_t i = tape().size(); i-- > 0;) {
    const Node& node = tape()[i];
    if (node.first >= 0) slopes[static_cast<std::size_t>(node.first)] += node.first_slope * slopes[i];
    if (node.second >= 0) slopes[static_cast<std::size_t>(node.second)] += node.second_slope * slopes[i];
  }
  return slopes;
}

inline Real operator+(Real a, Real b) { return record(a.value + b.value, {a.node, b.node, 1.0, 1.0}); }
inline Real operator-(Real a, Real b) { return record(a.value - b.value, {a.node, b.node, 1.0, -1.0}); }
inline Real operator*(Real a, Real b) { return record(a.value * b.value, {a.node, b.node, b.value, a.value}); }
inline Real operator/(Real a, Real b) {
  return record(a.value / b.value, {a.node, b.node, 1.0 / b.value, -a.value / (b.value * b.value)});
}
inline Real operator-(Real a) { return record(-a.value, {a.node, -1, -1.0, 0.0}); }
inline Real& operator+=(Real& a, Real b) { return a = a + b; }

inline Real function(Real a, double value, double slope) { return record(value, {a.node, -1, slope, 0.0}); }
inline Real exp(Real a) { return function(a, std::exp(a.value), std::exp(a.value)); }
inline Real log(Real a) { return function(a, std::log(a.value), 1.0 / a.value); }
inline Real sqrt(Real a) { return function(a, std::sqrt(a.value), 0.5 / std::sqrt(a.value)); }
inline Real tanh(Real a) { return function(a, std::tanh(a.value), 1.0 - std::tanh(a.value) * std::tanh(a.value)); }
inline Real erf(Real a) {
  return function(a, std::erf(a.value), 2.0 / std::sqrt(3.14159265358979323846) * std::exp(-a.value * a.value));
}
inline Real positive_part(Real a) { return function(a, a.value > 0.0 ? a.value : 0.0, a.value > 0.0 ? 1.0 : 0.0); }

}  // namespace reference
