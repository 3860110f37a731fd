#pragma once

// Runs a module alone, in memory filled with NaN: whatever it reads without having written it shows in its results.
// compare_with_reference() checks values, the gradient of the input and of every parameter against the tape.

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include <inlay/modules/module.hpp>

#include "support/catch.hpp"
#include "support/compare.hpp"
#include "support/numbers.hpp"
#include "support/reference.hpp"

namespace module_test {

using inlay::Extent;
using inlay::Rows;
using inlay::Serial;
using inlay::Token;

// What backward adds to: not zero, so that assigning is found.
inline constexpr float present = 0.125f;

template <class M, Extent E>
class ModuleRun {
 public:
  static constexpr bool of_images = inlay::detail::is_image<typename M::Input>;
  static constexpr bool of_tokens = !inlay::detail::is_real<typename M::Input> && !of_images;
  static constexpr std::size_t in = [] {
    if constexpr (of_tokens)
      return std::size_t{1};
    else if constexpr (of_images)
      return M::Input::numbers;
    else
      return M::Input::width;
  }();
  static constexpr std::size_t out = M::Output::width;

  reference::Offsets offsets;
  std::vector<std::uint32_t> starts = {};
  inlay::Call call;
  inlay::ParametersOf<M> parameters, gradients;
  inlay::BuffersOf<M> buffers;
  inlay::ActivationsOf<M, E> activations;
  inlay::WorkspaceOf<M, E> workspace;
  std::vector<Token> tokens, segments;
  // A second sequence for each, where the input has one: the lengths of the first, in the opposite order.
  std::vector<Token> source;
  reference::Offsets source_offsets;
  std::vector<float> x, dx, y, dy;
  Serial serial;

  ModuleRun(reference::Offsets the_offsets, std::uint32_t seed) : offsets(std::move(the_offsets)) {
    const std::size_t rows = offsets.back() - offsets.front();
    REQUIRE(rows <= E.rows);
    poison(parameters);
    poison(gradients);
    poison(buffers);
    poison(activations);
    poison(workspace);
    numbers::Source values(seed);
    inlay::visit<M>(
        [&](const inlay::Path& path, auto& p, auto& g) {
          const std::string name = path.text().c_str();
          const bool gain = name.size() >= 4 && name.compare(name.size() - 4, 4, "gain") == 0;
          values.fill(p.data(), p.size(), 0.5f, gain ? 1.0f : 0.0f);
          std::fill(g.begin(), g.end(), present);
        },
        parameters, gradients);
    inlay::initialize_buffers_at<M>(buffers);
    const std::size_t given = inlay::detail::gives_one_row_per_sequence<M> ? offsets.size() - 1 : rows;
    const std::size_t taken = (of_images ? offsets.size() - 1 : rows) * in;
    x = values.list(taken, 1.5f);
    dy = values.list(given * out);
    y.assign(given * out, NAN);
    dx.assign(taken, NAN);
    if constexpr (of_tokens)
      for (std::size_t i = 0; i < rows; ++i) tokens.push_back(static_cast<Token>(values.below(M::vocabulary)));
    if constexpr (requires { M::config.segments; })
      for (std::size_t i = 0; i < rows && M::config.segments > 0; ++i)
        segments.push_back(static_cast<Token>(values.below(M::config.segments)));
    if constexpr (std::is_same_v<typename M::Input, inlay::TokenPairs>) {
      source_offsets = {30};
      for (std::size_t s = offsets.size() - 1; s-- > 0;)
        source_offsets.push_back(source_offsets.back() + offsets[s + 1] - offsets[s]);
      for (std::size_t i = 0; i < rows; ++i)
        source.push_back(static_cast<Token>(values.below(M::config.source_vocabulary)));
      call.memory.first_row = 3;
    }
    call.packing = {offsets.data(), offsets.size() - 1};
    call.training = true;
    call.random = {17, 3};
    call.first_row = 5;
  }
  ModuleRun(const ModuleRun&) = delete;

  std::size_t rows() const { return x.size() / in; }  // of the input: images are one each
  auto input() const {
    if constexpr (std::is_same_v<typename M::Input, inlay::SegmentedTokens>)
      return inlay::TokensWithSegments{tokens, segments};
    else if constexpr (std::is_same_v<typename M::Input, inlay::TokenPairs>)
      return inlay::SourceAndTarget{source, source_offsets, tokens};
    else if constexpr (of_tokens)
      return std::span<const Token>(tokens);
    else
      return Rows<const float, in>(x.data(), rows());
  }
  auto forward_frame() {
    return inlay::Forward<decltype(parameters), decltype(buffers), inlay::Empty, decltype(activations),
                          decltype(workspace), Serial>{
        parameters, buffers, inlay::detail::nothing, activations, workspace, call, serial, inlay::Stream{}};
  }
  auto backward_frame() {
    return inlay::Backward<decltype(parameters), decltype(buffers), decltype(activations), decltype(workspace), Serial>{
        parameters, gradients, buffers, activations, workspace, call, serial, inlay::Stream{}};
  }
  void forward() { M::forward(forward_frame(), input(), Rows<float, out>(y.data(), y.size() / out)); }
  void backward() {
    if constexpr (!std::is_empty_v<decltype(workspace)>) poison(workspace);  // dead between the two
    const Rows<const float, out> gradient(dy.data(), dy.size() / out);
    if constexpr (of_tokens)
      M::backward(backward_frame(), input(), gradient, inlay::no_gradient);
    else
      M::backward(backward_frame(), input(), gradient, Rows<float, in>(dx.data(), rows()));
  }
  void backward_without_input() {
    M::backward(backward_frame(), input(), Rows<const float, out>(dy.data(), dy.size() / out), inlay::no_gradient);
  }

  template <class T>
  static void poison(T& object) {
    std::memset(static_cast<void*>(&object), 0xff, sizeof object);
  }
};

// All parameters as variables of the tape.
template <class M, class P>
reference::Tensors tensors_of(const P& parameters) {
  reference::Tensors tensors;
  inlay::visit<M>(
      [&](const inlay::Path& path, const auto& p) {
        const std::size_t columns = p.shape[p.rank - 1];
        tensors[path.text().c_str()] = reference::Matrix::variables(p.size() / columns, columns, p.data());
      },
      parameters);
  return tensors;
}

inline std::vector<double> slopes_of(const reference::Matrix& matrix, const std::vector<double>& slopes) {
  std::vector<double> result;
  for (const reference::Real& value : matrix.values) result.push_back(slopes[static_cast<std::size_t>(value.node)]);
  return result;
}

inline constexpr double tolerance = 1e-4;

// `forward` computes the reference: (place, x or tokens or the run) -> Matrix. Returns the run, for further looks.
template <class M, Extent E, class Reference>
std::unique_ptr<ModuleRun<M, E>> compare_with_reference(const reference::Offsets& offsets, Reference&& forward,
                                                        std::uint32_t seed = 1, bool training = true) {
  auto run = std::make_unique<ModuleRun<M, E>>(offsets, seed);
  run->call.training = training;
  const std::vector<float> x_before = run->x, dy_before = run->dy;
  run->forward();
  run->backward();
  CHECK(run->x == x_before);
  CHECK(run->dy == dy_before);

  reference::tape().clear();
  const reference::Tensors tensors = tensors_of<M>(run->parameters);
  const reference::Matrix x = reference::Matrix::variables(run->rows(), run->in, run->x.data());
  const reference::Place place{&tensors, &run->offsets, {run->call.random, run->call.first_row, training}};
  const reference::Matrix y = [&] {
    if constexpr (!ModuleRun<M, E>::of_tokens)
      return forward(place, x);
    else if constexpr (std::is_same_v<typename M::Input, inlay::Tokens>)
      return forward(place, run->tokens);
    else
      return forward(place, *run);
  }();
  reference::Real objective;
  std::vector<double> values;
  for (std::size_t i = 0; i < y.values.size(); ++i) {
    values.push_back(y.values[i].value);
    objective += y.values[i] * reference::Real(static_cast<double>(run->dy[i]));
  }
  const std::vector<double> slopes = reference::gradients(objective);
  std::vector<double> all = run->of_tokens ? std::vector<double>{} : slopes_of(x, slopes);
  for (const auto& [name, tensor] : tensors) {
    const std::vector<double> gradient = slopes_of(tensor, slopes);
    all.insert(all.end(), gradient.begin(), gradient.end());
  }
  const double scale = compare::root_mean_square(all);

  CHECK(values.size() == run->y.size());
  CHECK(compare::relative_error(run->y.data(), values, 1.0) < tolerance);
  if (!run->of_tokens) CHECK(compare::relative_error(run->dx.data(), slopes_of(x, slopes), scale) < tolerance);
  inlay::visit<M>(
      [&](const inlay::Path& path, auto& g) {
        const std::string name = path.text().c_str();
        CAPTURE(name);
        std::vector<float> added(g.begin(), g.end());
        for (float& value : added) value -= present;
        CHECK(compare::relative_error(added.data(), slopes_of(tensors.at(name), slopes), scale) < tolerance);
      },
      run->gradients);
  return run;
}

// The same parameter gradients where nobody wants dx.
template <class M, Extent E>
void check_without_input_gradient(ModuleRun<M, E>& run) {
  const auto expected = run.gradients;
  inlay::visit<M>([](const inlay::Path&, auto& g) { std::fill(g.begin(), g.end(), present); }, run.gradients);
  run.forward();
  run.backward_without_input();
  inlay::visit<M>(
      [](const inlay::Path&, const auto& g, const auto& e) { CHECK(std::equal(g.begin(), g.end(), e.begin())); },
      run.gradients, expected);
}

// Whether two arrays of floats have the same bits.
template <class A, class B>
bool equal_bits(const A& a, const B& b) {
  return std::equal(std::begin(a), std::end(a), std::begin(b), std::end(b), numbers::same_bits);
}

}  // namespace module_test
