#pragma once

// Recurrent cells in double precision, as their equations have them.

#include <inlay/modules/recurrent.hpp>

#include "support/reference.hpp"

namespace reference {

inline Real sigmoid(Real a) { return Real(1.0) / (Real(1.0) + exp(-a)); }

inline Matrix recurrent(const Place& p, const Matrix& x, inlay::Cell cell, float rate = 0.0f) {
  const std::size_t gates = cell == inlay::Cell::lstm ? 4 : cell == inlay::Cell::gru ? 3 : 1;
  const Matrix from_input = linear(p.part("input"), x);
  const std::size_t width = from_input.columns / gates;
  Matrix y(x.rows, width);
  for (std::size_t s = 0; s + 1 < p.offsets->size(); ++s) {
    Matrix h(1, width), c(1, width);
    for (std::size_t row = (*p.offsets)[s]; row < (*p.offsets)[s + 1]; ++row) {
      const std::size_t i = row - p.offsets->front();
      // Only the candidate of a GRU has a bias here.
      Matrix from_hidden = product(h, p("hidden.weight"));
      if (p.has("hidden.bias"))
        for (std::size_t j = 0; j < width; ++j) from_hidden(0, 2 * width + j) += p("hidden.bias")(0, j);
      const auto z = [&](std::size_t gate, std::size_t j) {
        return from_input(i, gate * width + j) + from_hidden(0, gate * width + j);
      };
      Matrix next(1, width);
      for (std::size_t j = 0; j < width; ++j) {
        if (cell == inlay::Cell::elman) next(0, j) = tanh(z(0, j));
        if (cell == inlay::Cell::gru) {
          const Real r = sigmoid(z(0, j)), u = sigmoid(z(1, j));
          const Real n = tanh(from_input(i, 2 * width + j) + r * from_hidden(0, 2 * width + j));
          next(0, j) = (Real(1.0) - u) * n + u * h(0, j);
        }
        if (cell == inlay::Cell::lstm) {
          c(0, j) = sigmoid(z(1, j)) * c(0, j) + sigmoid(z(0, j)) * tanh(z(2, j));
          next(0, j) = sigmoid(z(3, j)) * tanh(c(0, j));
        }
      }
      h = next;
      for (std::size_t j = 0; j < width; ++j) y(i, j) = h(0, j);
    }
  }
  return dropout(p.part("dropout"), y, rate);
}

}  // namespace reference
