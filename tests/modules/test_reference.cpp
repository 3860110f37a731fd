// The reference itself: its gradients against differences in double precision, since every other test stands on them.

#include <cmath>
#include <vector>

#include "support/catch.hpp"
#include "support/numbers.hpp"
#include "support/reference.hpp"

using reference::Matrix;
using reference::Real;

TEST_CASE("the tape differentiates", "[reference]") {
  const auto f = [](Real a, Real b, Real c) {
    return exp(a * b) / sqrt(c) - log(c) * tanh(a) + erf(b) * positive_part(a - b) + (-a) * Real(3.0) + b * b;
  };
  const double at[] = {0.7, -0.3, 1.9};
  reference::tape().clear();
  const Real a = reference::variable(at[0]), b = reference::variable(at[1]), c = reference::variable(at[2]);
  const std::vector<double> slopes = reference::gradients(f(a, b, c));
  const double h = 1e-6;
  for (std::size_t i = 0; i < 3; ++i) {
    double up[] = {at[0], at[1], at[2]}, down[] = {at[0], at[1], at[2]};
    up[i] += h;
    down[i] -= h;
    const double difference = (f(up[0], up[1], up[2]).value - f(down[0], down[1], down[2]).value) / (2 * h);
    CHECK(std::fabs(difference - slopes[i]) < 1e-8);
  }
}

TEST_CASE("a whole reference block differentiates", "[reference]") {
  constexpr inlay::GptConfig config{.vocabulary = 1, .context = 4, .width = 4, .heads = 2, .layers = 1, .hidden = 5};
  numbers::Source source(8);
  std::map<std::string, std::vector<float>> values;
  std::map<std::string, std::size_t> columns;
  const auto add = [&](const std::string& name, std::size_t rows, std::size_t wide) {
    values[name] = source.list(rows * wide);
    columns[name] = wide;
  };
  for (const char* norm : {"attention_norm.", "feed_forward_norm."}) {
    add(std::string(norm) + "gain", 1, 4);
    add(std::string(norm) + "bias", 1, 4);
  }
  for (const char* part : {"query", "key", "value", "output"}) add(std::string("attention.") + part + ".weight", 4, 4);
  add("feed_forward.up.weight", 4, 5);
  add("feed_forward.down.weight", 5, 4);
  add("x", 3, 4);
  const reference::Offsets offsets{0, 2, 3};

  const auto objective = [&](reference::Tensors& tensors) {
    for (const auto& [name, list] : values)
      if (tensors.count(name) == 0)
        tensors[name] = Matrix::variables(list.size() / columns[name], columns[name], list.data());
    const reference::Place place{&tensors, &offsets, {{}, 0, false}};
    const Matrix y = reference::block(place, tensors["x"], config);
    Real sum;
    for (std::size_t i = 0; i < y.values.size(); ++i) sum += y.values[i] * Real(std::cos(static_cast<double>(i)));
    return sum;
  };
  reference::tape().clear();
  reference::Tensors base;
  const std::vector<double> slopes = reference::gradients(objective(base));
  for (const auto& [name, list] : values) {
    CAPTURE(name);
    for (std::size_t i = 0; i < list.size(); i += 3) {
      reference::Tensors up = base, down = base;
      up[name].values[i].value += 1e-5;
      down[name].values[i].value -= 1e-5;
      const double difference = (objective(up).value - objective(down).value) / 2e-5;
      CHECK(std::fabs(difference - slopes[static_cast<std::size_t>(base[name].values[i].node)]) < 1e-7);
    }
  }
}
