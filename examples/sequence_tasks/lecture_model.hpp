#pragma once
// The transformer of a lecture on predicting sequences, which is one matrix product after the other:
//
//   z = W_E X + W_P;  z <- z + W_O^T W_V z softmax(z^T W_Q^T W_K z + D);  z <- z + W_2^T relu(W_1 z);  softmax(W_U^T z)
//
// No normalisation, no biases, no scaling of the scores, one head whose width k is its own number, and untied
// embeddings. Parameters: 2 d m + d n_max + L (4 k d + 2 p d).

#include <inlay/models/gpt.hpp>

#include "sequence_tasks/report.hpp"
#include "support/format.hpp"

namespace sequence_tasks {

struct Shape {
  std::size_t d, k, p, layers;  // width, head width, hidden, L
};

template <class Task>
inline constexpr std::size_t context_of = Task::given + Task::answer - 1;  // the last digit is answered, never read

template <class Task>
constexpr inlay::GptConfig lecture_model(const Shape& shape) {
  return {.vocabulary = Task::vocabulary,
          .context = context_of<Task>,
          .width = shape.d,
          .heads = 1,
          .layers = shape.layers,
          .hidden = shape.p,
          .tied = false,
          .biases = false,
          .activation = inlay::Activation::relu,
          .placement = inlay::NormPlacement::none,
          .head_width = shape.k,
          .attention_scale = 1.0F};
}

template <class Task>
Formula lecture_formula(const Shape& shape) {
  const auto [d, k, p, layers] = shape;
  using examples::grouped;
  return {.model = "lecture: m = " + grouped(Task::vocabulary) + ", n_max = " + grouped(context_of<Task>) +
                   ", d = " + grouped(d) + ", k = " + grouped(k) + ", p = " + grouped(p) + ", L = " + grouped(layers),
          .text = "2 d m + d n_max + L (4 k d + 2 p d)",
          .value = 2 * d * Task::vocabulary + d * context_of<Task> + layers * (4 * k * d + 2 * p * d)};
}

}  // namespace sequence_tasks
