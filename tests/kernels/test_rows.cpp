// Kernels that work along rows: sums, softmax and its logarithm, cross-entropy, normalisation.

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include <inlay/kernels/normalization.hpp>
#include <inlay/kernels/softmax.hpp>
#include <inlay/kernels/vectors.hpp>

#include "support/catch.hpp"
#include "support/compare.hpp"
#include "support/guarded.hpp"
#include "support/numbers.hpp"

namespace kernels = inlay::kernels;
using inlay::ignored_label;

namespace {

using Numbers = std::vector<double>;
const std::size_t widths[] = {1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 32, 33, 48, 100};

Numbers doubles(const std::vector<float>& values) { return {values.begin(), values.end()}; }

// std::max, because GCC 12 for AArch64 fails on a loop over std::fmax.
Numbers softmax(const std::vector<float>& row) {
  double greatest = -std::numeric_limits<double>::infinity(), sum = 0.0;
  for (const float value : row) greatest = std::max(greatest, static_cast<double>(value));
  Numbers result;
  for (const float value : row) sum += result.emplace_back(std::exp(static_cast<double>(value) - greatest));
  for (double& value : result) value /= sum;
  return result;
}

// The loss of a row and its gradient, by definition.
struct Loss {
  double value;
  Numbers gradient;
};
Loss cross_entropy(const std::vector<float>& row, std::size_t label, double smoothing, double weight) {
  const Numbers p = softmax(row);
  double greatest = -1e300, sum = 0.0;
  for (const float value : row) greatest = std::max(greatest, static_cast<double>(value));
  for (const float value : row) sum += std::exp(static_cast<double>(value) - greatest);
  Loss loss{0.0, Numbers(row.size())};
  for (std::size_t j = 0; j < row.size(); ++j) {
    const double target = (j == label ? 1.0 - smoothing : 0.0) + smoothing / static_cast<double>(row.size());
    loss.value -= weight * target * (static_cast<double>(row[j]) - greatest - std::log(sum));
    loss.gradient[j] = weight * (p[j] - target);
  }
  return loss;
}

}  // namespace

TEST_CASE("sums have sixteen lanes and one tree", "[rows]") {
  for (std::size_t n = 0; n < 70; ++n) {
    CAPTURE(n);
    const std::vector<float> x = numbers::Source(static_cast<std::uint32_t>(n)).list(n, 1000.0f);
    const float sum = kernels::sum(n, [&](auto at) { return at.load(x.data()); });
    CHECK(numbers::same_bits(sum, numbers::sum_in_lanes(x)));
    // A term that is not zero where the row has ended must not be counted.
    const float count = kernels::sum(
        n, [&](auto at) { return at.load(x.data()) * inlay::simd::broadcast(0.0f) + inlay::simd::broadcast(1.0f); });
    CHECK(count == static_cast<float>(n));
    float greatest = -std::numeric_limits<float>::infinity();
    for (const float value : x) greatest = value > greatest ? value : greatest;
    CHECK(kernels::maximum(n, [&](auto at) { return at.load(x.data()); }) == greatest);
  }
}

TEST_CASE("loops over vectors touch the row and nothing else", "[rows]") {
  Guarded x_memory(128), y_memory(128);
  for (std::size_t n = 0; n < 70; ++n) {
    float* const x = x_memory.last(n);
    float* const y = y_memory.last(n);
    for (std::size_t i = 0; i < n; ++i) x[i] = static_cast<float>(i);
    kernels::fill(n, 2.0f, y);
    kernels::add(n, x, y);
    bool right = Guarded::front_untouched(y);
    for (std::size_t i = 0; i < n; ++i) right = right && y[i] == 2.0f + static_cast<float>(i);
    CHECK(right);
  }
}

TEST_CASE("softmax and its logarithm, forward and backward", "[rows]") {
  for (const std::size_t width : widths) {
    CAPTURE(width);
    numbers::Source source(static_cast<std::uint32_t>(width));
    const std::vector<float> x = source.list(width, 5.0f), dy = source.list(width);
    const Numbers p = softmax(x);
    std::vector<float> y(width), logarithm(width), dx(width);
    kernels::softmax(1, width, x.data(), y.data());
    CHECK(compare::relative_error(y.data(), p) < 1e-6);
    kernels::log_softmax(1, width, x.data(), logarithm.data());
    double weighted = 0.0, total = 0.0;
    Numbers expected(width), softmax_gradient(width), log_gradient(width);
    for (std::size_t j = 0; j < width; ++j) {
      expected[j] = std::log(p[j]);
      weighted += p[j] * static_cast<double>(dy[j]);
      total += static_cast<double>(dy[j]);
    }
    for (std::size_t j = 0; j < width; ++j) {
      softmax_gradient[j] = p[j] * (static_cast<double>(dy[j]) - weighted);
      log_gradient[j] = static_cast<double>(dy[j]) - p[j] * total;
    }
    CHECK(compare::relative_error(logarithm.data(), expected, 1.0) < 1e-6);
    kernels::softmax_backward(1, width, y.data(), dy.data(), dx.data());
    CHECK(compare::relative_error(dx.data(), softmax_gradient, 1.0) < 1e-5);
    dx = dy;  // dx may be dy
    kernels::log_softmax_backward(1, width, logarithm.data(), dx.data(), dx.data());
    CHECK(compare::relative_error(dx.data(), log_gradient, 1.0) < 1e-5);
  }
}

TEST_CASE("softmax of huge and infinite logits", "[rows]") {
  const float infinity = std::numeric_limits<float>::infinity();
  std::vector<float> x = {1e30f, -1e30f, 1e30f, 0.0f, -infinity}, y(5);
  kernels::softmax(1, 5, x.data(), y.data());
  CHECK((y == std::vector<float>{0.5f, 0.0f, 0.5f, 0.0f, 0.0f}));
  x = {1000.0f, 999.0f, -1000.0f};
  kernels::log_softmax(1, 3, x.data(), y.data());
  CHECK(std::fabs(y[0] + 0.31326169f) < 1e-6f);
  CHECK(std::fabs(y[1] + 1.31326169f) < 1e-6f);
  CHECK(y[2] == -2000.31326169f);
  // Rows are independent, and softmax may work in place.
  std::vector<float> two = {1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6};
  kernels::softmax(2, 6, two.data(), two.data());
  for (std::size_t j = 0; j < 6; ++j) CHECK(numbers::same_bits(two[j], two[6 + j]));
}

TEST_CASE("cross-entropy: loss and gradient, smoothed and weighted", "[rows]") {
  for (const std::size_t width : widths)
    for (const float smoothing : {0.0f, 0.1f, 0.9f})
      for (const float weight : {1.0f, 0.25f}) {
        CAPTURE(width, smoothing, weight);
        numbers::Source source(static_cast<std::uint32_t>(width + 1));
        const std::vector<float> logits = source.list(width, 4.0f);
        const auto label = static_cast<std::uint32_t>(source.below(width));
        const Loss expected = cross_entropy(logits, label, static_cast<double>(smoothing), static_cast<double>(weight));
        std::vector<float> gradient = logits;
        const float loss = kernels::cross_entropy_row(width, gradient.data(), label, smoothing, weight);
        CHECK(std::fabs(static_cast<double>(loss) - expected.value) < 2e-6 * (1.0 + expected.value));
        CHECK(compare::relative_error(gradient.data(), expected.gradient, 1.0) < 1e-5);
        const float alone = kernels::cross_entropy_of_row(width, logits.data(), label, smoothing, weight);
        CHECK(numbers::same_bits(alone, loss));
      }
}

TEST_CASE("cross-entropy: ignored rows, one class, and logits that would overflow", "[rows]") {
  std::vector<float> logits = {1, 2, 3};
  CHECK(kernels::cross_entropy_row(3, logits.data(), ignored_label, 0.1f, 1.0f) == 0.0f);
  CHECK((logits == std::vector<float>{0, 0, 0}));
  logits = {1, NAN, 3};
  CHECK(kernels::cross_entropy_row(3, logits.data(), 2, 0.0f, 0.0f) == 0.0f);
  CHECK((logits == std::vector<float>{0, 0, 0}));

  logits = {-7.5f};
  CHECK(kernels::cross_entropy_row(1, logits.data(), 0, 0.0f, 1.0f) == 0.0f);
  CHECK(logits[0] == 0.0f);

  // The prediction is certain and right: the loss is zero. Certain and wrong: as far as the logits are apart.
  logits = {1000.0f, -1000.0f, 0.0f};
  CHECK(kernels::cross_entropy_of_row(3, logits.data(), 0, 0.0f, 1.0f) == 0.0f);
  CHECK(kernels::cross_entropy_of_row(3, logits.data(), 1, 0.0f, 1.0f) == 2000.0f);
  CHECK(kernels::cross_entropy_row(3, logits.data(), 1, 0.0f, 1.0f) == 2000.0f);
  CHECK((logits == std::vector<float>{1, -1, 0}));
  // A NaN is not hidden.
  logits = {1, NAN, 3};
  const float loss = kernels::cross_entropy_row(3, logits.data(), 0, 0.0f, 1.0f);
  CHECK(loss != loss);
}

TEST_CASE("normalisation: values and gradients", "[rows]") {
  for (const bool centered : {true, false})
    for (const std::size_t width : widths)
      for (const bool affine : {true, false}) {
        CAPTURE(centered, width, affine);
        numbers::Source source(static_cast<std::uint32_t>(width + 7));
        const std::vector<float> x = source.list(width, 2.0f, 10.0f), dy = source.list(width),
                                 gain = source.list(width, 0.5f, 1.0f), bias = source.list(width);
        const float* const gains = affine ? gain.data() : nullptr;
        const float* const biases = affine && centered ? bias.data() : nullptr;
        const Numbers values = doubles(x);
        const double n = static_cast<double>(width), epsilon = static_cast<double>(1e-5f);
        double mean = 0.0, variance = 0.0, sum_g = 0.0, sum_gx = 0.0;
        for (const double value : values) mean += centered ? value / n : 0.0;
        for (const double value : values) variance += (value - mean) * (value - mean) / n;
        const double scale = 1.0 / std::sqrt(variance + epsilon);
        Numbers y(width), dx(width), dgain(width), g(width), normalized(width);
        for (std::size_t j = 0; j < width; ++j) {
          normalized[j] = (values[j] - mean) * scale;
          y[j] = normalized[j] * (affine ? static_cast<double>(gain[j]) : 1.0);
          if (biases != nullptr) y[j] += static_cast<double>(bias[j]);
          g[j] = static_cast<double>(dy[j]) * (affine ? static_cast<double>(gain[j]) : 1.0);
          sum_g += centered ? g[j] / n : 0.0;
          sum_gx += g[j] * normalized[j] / n;
          dgain[j] = 0.5 + static_cast<double>(dy[j]) * normalized[j];
        }
        for (std::size_t j = 0; j < width; ++j) dx[j] = scale * (g[j] - sum_g - normalized[j] * sum_gx);

        std::vector<float> result = x, gradient = dy, gain_gradient(width, 0.5f), bias_gradient(width, 0.5f);
        float m = 0.0f, s = 0.0f;
        const auto run = [&]<kernels::Centered C>() {
          kernels::normalize<C>(1, width, 1e-5f, result.data(), gains, biases, result.data(), &m, &s);
          kernels::normalize_gradients<C>(1, width, x.data(), &m, &s, dy.data(), gain_gradient.data(),
                                          bias_gradient.data());
          kernels::normalize_backward<C>(1, width, x.data(), gains, &m, &s, gradient.data(), gradient.data());
        };
        if (centered)
          run.template operator()<kernels::Centered::yes>();
        else
          run.template operator()<kernels::Centered::no>();
        // Rows of one number, or two centred ones, only have a sign: their gradient is zero but for epsilon.
        const bool degenerate = width == 1 || (centered && width == 2);
        const double gradient_scale = degenerate ? scale * compare::root_mean_square(g) : compare::root_mean_square(dx);
        CHECK(std::fabs(static_cast<double>(s) - scale) < 1e-5 * scale);
        CHECK(compare::relative_error(result.data(), y, 1.0) < 1e-5);
        CHECK(compare::largest_difference(gradient.data(), dx) < 1e-5 * gradient_scale);
        CHECK(compare::relative_error(gain_gradient.data(), dgain) < 1e-5);
        for (std::size_t j = 0; j < width; ++j) CHECK(bias_gradient[j] == 0.5f + dy[j]);
      }
}

TEST_CASE("normalisation does not lose a small variance beside a large mean", "[rows]") {
  std::vector<float> x(32), y(32);
  for (std::size_t j = 0; j < 32; ++j) x[j] = 10000.0f + (j % 2 == 0 ? 0.5f : -0.5f);
  float mean = 0.0f, scale = 0.0f;
  kernels::normalize<kernels::Centered::yes>(1, 32, 1e-5f, x.data(), nullptr, nullptr, y.data(), &mean, &scale);
  CHECK(mean == 10000.0f);
  for (const float value : y) CHECK(std::fabs(std::fabs(value) - 1.0f) < 1e-4f);
}

TEST_CASE("a bias takes the sum of the rows, in order", "[rows]") {
  const std::vector<float> x = numbers::Source(3).list(5 * 19);
  std::vector<float> y(19, 1.0f), expected(19, 1.0f);
  kernels::add_rows(5, 19, x.data(), y.data());
  for (std::size_t i = 0; i < 5; ++i)
    for (std::size_t j = 0; j < 19; ++j) expected[j] += x[i * 19 + j];
  CHECK(y == expected);
}
