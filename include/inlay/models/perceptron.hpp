#pragma once
// Perceptron: one hyperplane, learned from its mistakes.
//
//   y = [w . x + b > 0]          w += (t - y) x,   b += t - y          for each row in turn; t is 0 or 1
//
//   static inlay::Perceptron<2> perceptron;                            // all zero: a new one
//   const inlay::PerceptronReport report = perceptron.learn(x, targets, 100);
//
// Where a hyperplane separates the rows the rule makes a finite number of mistakes, at most (R / gamma)^2 with R the
// length of the longest row (1 for the bias counted in) and gamma the distance from the nearest row to the best
// hyperplane through the origin of that space; then it stands still. Where none does, as with XOR, it never ends: that
// is what `most_epochs` is for. From zero, a rate would scale w and b and change no answer, so there is none.
//
// A row whose score is not finite counts as a mistake and is not learned from, so that w and b stay numbers.
// Memory: the weights and the bias. The same rule by the trainer: PerceptronCriterion (training/real_loss.hpp).
//
// Source: Rosenblatt, "The Perceptron", 1958; Novikoff, "On Convergence Proofs on Perceptrons", 1962 (the bound);
// Minsky, Papert, "Perceptrons", 1969 (XOR).

#include <inlay/config.hpp>
#include <inlay/kernels/vectors.hpp>
#include <inlay/parallel/float_environment.hpp>
#include <inlay/tensor/tensor.hpp>

#include <span>

namespace inlay::inline INLAY_ABI {

struct PerceptronReport {
  size_t epochs;    // passes over the rows that were made
  size_t mistakes;  // of the last of them; 0: every row is answered as it should be
  size_t updates;   // mistakes of all of them
};

template <size_t Inputs>
struct Perceptron {
  static_assert(Inputs > 0, "inlay: a Perceptron has at least one input");

  Tensor<float, Inputs> weight;
  float bias;

  // w . x + b: its sign says on which side of the hyperplane x lies.
  float score(std::span<const float, Inputs> x) const {
    const FloatEnvironment environment;
    return environment.settle(score_of(x.data()));
  }
  bool answer(std::span<const float, Inputs> x) const { return score(x) > 0.0f; }

  // One pass over the rows, in order; the number of mistakes.
  size_t epoch(Rows<const float, Inputs> x, std::span<const float> targets) {
    INLAY_ASSERT(x.count() == targets.size());
    const FloatEnvironment environment;
    size_t mistakes = 0;
    for (size_t i = 0; i < x.count(); ++i) {
      const float z = score_of(x.row(i));
      if (is_right(z, targets[i])) continue;
      ++mistakes;
      if (kernels::is_finite(z)) learn_row(x.row(i), targets[i]);
    }
    return mistakes;
  }

  // The number of mistakes as it is.
  size_t mistakes(Rows<const float, Inputs> x, std::span<const float> targets) const {
    INLAY_ASSERT(x.count() == targets.size());
    const FloatEnvironment environment;
    size_t count = 0;
    for (size_t i = 0; i < x.count(); ++i) count += is_right(score_of(x.row(i)), targets[i]) ? 0u : 1u;
    return count;
  }

  // Epochs until one is without a mistake, or as many as allowed.
  PerceptronReport learn(Rows<const float, Inputs> x, std::span<const float> targets, size_t most_epochs) {
    PerceptronReport report{};
    while (report.epochs < most_epochs) {
      report.mistakes = epoch(x, targets);
      report.updates += report.mistakes;
      ++report.epochs;
      if (report.mistakes == 0) break;
    }
    return report;
  }

 private:
  float score_of(const float* x) const {
    return kernels::sum(Inputs, [&](auto at) { return at.load(weight.data()) * at.load(x); }) + bias;
  }
  static bool is_right(float z, float target) {
    INLAY_ASSERT(target == 0.0f || target == 1.0f);
    return kernels::is_finite(z) && (z > 0.0f) == (target > 0.0f);
  }
  // After a wrong answer t - y is 1 or -1.
  void learn_row(const float* x, float target) {
    const float sign = target > 0.0f ? 1.0f : -1.0f;
    const simd::batch factor = simd::broadcast(sign);
    kernels::for_each_vector(Inputs,
                             [&](auto at) { at.store(weight.data(), at.load(weight.data()) + factor * at.load(x)); });
    bias += sign;
  }
};

}  // namespace inlay::inline INLAY_ABI
