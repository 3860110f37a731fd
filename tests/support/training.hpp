#pragma once
// What tests of training and generation share: text, batches, and comparison of bits.

#include <inlay/models/gpt.hpp>
#include <inlay/training/trainer.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

// Comparison that tells two zeros and two NaN apart.
inline bool same_bits(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0);
}
inline bool same_bits(float a, float b) {
  return inlay::bit_cast<std::uint32_t>(a) == inlay::bit_cast<std::uint32_t>(b);
}

// The numbers of a model's parameters, gradients or moments, without the padding between tensors.
template <class M>
std::vector<float> numbers_of(const inlay::ParametersOf<M>& parameters) {
  std::vector<float> numbers;
  inlay::visit<M>(
      [&](const inlay::Path&, const auto& tensor) { numbers.insert(numbers.end(), tensor.begin(), tensor.end()); },
      parameters);
  return numbers;
}

// All that a trainer keeps from one step to the next.
template <class T>
std::vector<float> numbers_kept_by(const T& trainer) {
  using M = typename T::ModelType;
  std::vector<float> numbers = numbers_of<M>(trainer.parameters());
  const auto add = [&](const std::vector<float>& more) { numbers.insert(numbers.end(), more.begin(), more.end()); };
  for (std::size_t i = 0; i < T::moments; ++i) add(numbers_of<M>(trainer.moment(i)));
  for (std::size_t i = 0; i < T::slices; ++i) add(numbers_of<M>(trainer.gradients(i)));
  return numbers;
}

// A batch that owns its numbers. Labels are drawn like the tokens, so that nothing is easy to predict.
struct OwnedBatch {
  std::vector<inlay::Token> inputs, labels;
  std::vector<float> weights;
  std::vector<std::uint32_t> offsets;

  OwnedBatch() = default;
  OwnedBatch(std::size_t rows, std::size_t vocabulary, std::uint64_t seed) {
    for (std::size_t i = 0; i < rows; ++i) {
      const auto words = inlay::kernels::random_words({seed, 0}, 7, i, 0);
      inputs.push_back(static_cast<inlay::Token>(words.word[0] % vocabulary));
      labels.push_back(static_cast<inlay::Token>(words.word[1] % vocabulary));
    }
  }
  // Sequences of these lengths, one after the other.
  static OwnedBatch packed(const std::vector<std::uint32_t>& lengths, std::size_t vocabulary, std::uint64_t seed) {
    std::uint32_t rows = 0;
    std::vector<std::uint32_t> offsets{0};
    for (const std::uint32_t length : lengths) offsets.push_back(rows += length);
    OwnedBatch batch(rows, vocabulary, seed);
    batch.offsets = offsets;
    return batch;
  }
  // Rows [first, first + count), as sequences of the context's length.
  OwnedBatch part(std::size_t first, std::size_t count) const {
    OwnedBatch result;
    const auto cut = [&](const auto& from, auto& to) {
      if (!from.empty())
        to.assign(from.begin() + static_cast<std::ptrdiff_t>(first),
                  from.begin() + static_cast<std::ptrdiff_t>(first + count));
    };
    cut(inputs, result.inputs);
    cut(labels, result.labels);
    cut(weights, result.weights);
    return result;
  }
  inlay::Batch view() const { return {inputs, {labels, weights}, offsets}; }
};

// The largest difference, over the root mean square of `a`.
inline double relative_difference(const std::vector<float>& a, const std::vector<float>& b) {
  double squares = 0.0, largest = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    squares += static_cast<double>(a[i]) * static_cast<double>(a[i]);
    largest = std::max(largest, std::abs(static_cast<double>(a[i]) - static_cast<double>(b[i])));
  }
  return largest / std::sqrt(squares / static_cast<double>(a.size()));
}
