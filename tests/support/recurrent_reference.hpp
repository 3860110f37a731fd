#pragma once

// Recurrent cells, and the attention of a decoder over a memory, in double precision, as their equations have them.

#include <inlay/modules/recurrent.hpp>

#include "support/reference.hpp"

namespace reference {

inline Real sigmoid(Real a) { return Real(1.0) / (Real(1.0) + exp(-a)); }

// h and c of each sequence.
struct RecurrentStates {
  std::vector<Matrix> hidden, cell;
};

// last: where given, of each sequence.
inline Matrix recurrent(const Place& p, const Matrix& x, inlay::Cell cell, float rate = 0.0f,
                        const RecurrentStates* first = nullptr, RecurrentStates* last = nullptr) {
  const std::size_t gates = cell == inlay::Cell::lstm ? 4 : cell == inlay::Cell::gru ? 3 : 1;
  const Matrix from_input = linear(p.part("input"), x);
  const std::size_t width = from_input.columns / gates;
  Matrix y(x.rows, width);
  for (std::size_t s = 0; s + 1 < p.offsets->size(); ++s) {
    Matrix h = first == nullptr ? Matrix(1, width) : first->hidden[s];
    Matrix c = first == nullptr ? Matrix(1, width) : first->cell[s];
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
    if (last == nullptr) continue;
    last->hidden.push_back(h);
    last->cell.push_back(c);
  }
  return dropout(p.part("dropout"), y, rate);
}

// Weights of each row over the memory of its sequence, `context` of them, and their mixture.
struct Alignment {
  Matrix weights, y;
};
inline Alignment alignment(const Place& p, const Matrix& query, const Matrix& memory, const Offsets& memory_offsets,
                           std::size_t context) {
  const bool additive = p.has("energy.weight");
  const Matrix q = linear(p.part("query"), query);
  const Matrix u = additive ? product(memory, p("memory.weight")) : memory;
  const Offsets& offsets = *p.offsets;
  Alignment result{Matrix(query.rows, context), Matrix(query.rows, memory.columns)};
  for (std::size_t s = 0; s + 1 < offsets.size(); ++s)
    for (std::size_t row = offsets[s]; row < offsets[s + 1]; ++row) {
      const std::size_t i = row - offsets[0], first = memory_offsets[s] - memory_offsets[0];
      const std::size_t length = memory_offsets[s + 1] - memory_offsets[s];
      Real sum;
      for (std::size_t j = 0; j < length; ++j) {
        Real score;
        for (std::size_t k = 0; k < q.columns; ++k)
          score += additive ? p("energy.weight")(k, 0) * tanh(q(i, k) + u(first + j, k)) : q(i, k) * u(first + j, k);
        result.weights(i, j) = exp(score);
        sum += result.weights(i, j);
      }
      for (std::size_t j = 0; j < length; ++j) {
        result.weights(i, j) = result.weights(i, j) / sum;
        for (std::size_t k = 0; k < memory.columns; ++k) result.y(i, k) += result.weights(i, j) * memory(first + j, k);
      }
    }
  return result;
}

}  // namespace reference
