// Elman, GRU and LSTM: against the reference, and what must hold without one.

#include <algorithm>

#include <inlay/modules/compose.hpp>
#include <inlay/modules/gradient_check.hpp>
#include <inlay/modules/recurrent.hpp>
#include <inlay/modules/stack.hpp>

#include "parallel/thread_pool.hpp"
#include "support/module_run.hpp"
#include "support/recurrent_reference.hpp"

using namespace module_test;
using inlay::Bias;
using inlay::Cell;
using inlay::Elman;
using inlay::Gru;
using inlay::Lstm;
using inlay::Recurrent;
using inlay::RecurrentConfig;
using reference::Matrix;
using reference::Offsets;
using reference::Place;

namespace {

template <RecurrentConfig C, Extent E = Extent{.rows = 40}>
void check(const Offsets& offsets) {
  CAPTURE(C.input, C.width, static_cast<int>(C.cell), C.biases, offsets.size());
  constexpr float rate = C.dropout;  // a copy: see Recurrent::forget_bias
  const auto run = compare_with_reference<Recurrent<C>, E>(
      offsets, [](const Place& p, const Matrix& x) { return reference::recurrent(p, x, C.cell, rate); });
  check_without_input_gradient(*run);
}

template <Cell K>
void check_all() {
  const Offsets one{0, 17}, several{0, 5, 6, 22, 24, 25, 40}, shifted{100, 101, 118}, short_ones{0, 1, 2, 3, 4};
  for (const Offsets& offsets : {one, several, shifted, short_ones}) {
    check<RecurrentConfig{.input = 5, .width = 7, .cell = K}>(offsets);
    check<RecurrentConfig{.input = 1, .width = 1, .cell = K}>(offsets);
    check<RecurrentConfig{.input = 16, .width = 15, .cell = K, .biases = false}>(offsets);
    check<RecurrentConfig{.input = 17, .width = 16, .cell = K}>(offsets);
    check<RecurrentConfig{.input = 3, .width = 33, .cell = K}>(offsets);
  }
  check<RecurrentConfig{.input = 4, .width = 9, .cell = K, .dropout = 0.3f}>(several);
  // More sequences than are gathered at once.
  Offsets many{0};
  for (std::uint32_t s = 0; s < 90; ++s) many.push_back(many.back() + 1 + s % 3);
  check<RecurrentConfig{.input = 3, .width = 5, .cell = K}, Extent{.rows = 180}>(many);
}

template <class M>
inline constexpr std::size_t in = M::Input::width;
template <class M>
inline constexpr std::size_t out = M::Output::width;

// f(M{}) for each kind of cell.
template <class F>
void for_each_cell(F&& f) {
  f(Elman<5, 19>{});
  f(Gru<5, 19>{});
  f(Lstm<5, 19>{});
  f(Gru<5, 19, Bias::no>{});
  f(Lstm<5, 19, Bias::no>{});
}

}  // namespace

TEST_CASE("Elman against the reference", "[recurrent]") { check_all<Cell::elman>(); }
TEST_CASE("Gru against the reference", "[recurrent]") { check_all<Cell::gru>(); }
TEST_CASE("Lstm against the reference", "[recurrent]") { check_all<Cell::lstm>(); }

TEST_CASE("Recurrent layers pass the gradient check of a user's module", "[recurrent]") {
  for_each_cell([]<class M>(M) {
    const inlay::GradientCheck check = inlay::check_gradients<M, 11>();
    CAPTURE(check.tensor.c_str(), check.largest_error);
    CHECK(check.passed());
  });
  CHECK(inlay::check_gradients<Lstm<1, 1>, 16>(inlay::Seed{5}).passed());
}

TEST_CASE("Recurrent layers in a stack and in a sequence of modules, with blocks computed again", "[recurrent]") {
  constexpr auto reference_of = [](Cell cell) {
    return [cell](const Place& p, const Matrix& x) {
      Matrix h = reference::recurrent(p.layer(0, "sequential"), x, cell);
      for (std::size_t layer = 0; layer < 3; ++layer)
        h = reference::recurrent(p.layer(1, "sequential").layer(layer), h, cell);
      return reference::linear(p.layer(2, "sequential"), h);
    };
  };
  const Offsets offsets{0, 9, 10, 17};
  for_each_cell([&]<class M>(M) {
    constexpr Cell cell = M::gate_count == 4 ? Cell::lstm : M::gate_count == 3 ? Cell::gru : Cell::elman;
    using Layer = Recurrent<RecurrentConfig{.input = 19, .width = 19, .cell = cell}>;
    using Whole = inlay::Sequential<M, inlay::Stack<Layer, 3>, inlay::Linear<19, 4>>;
    compare_with_reference<Whole, Extent{.rows = 17}>(offsets, reference_of(cell));
    compare_with_reference<Whole, Extent{.rows = 17, .recompute = inlay::Recompute::block}>(offsets,
                                                                                            reference_of(cell));
  });
}

TEST_CASE("Recurrent: the bits depend neither on the other sequences of the call nor on threads", "[recurrent]") {
  for_each_cell([]<class M>(M) {
    constexpr Extent extent{.rows = 130};
    // More than 64 sequences, so that a step has more than one group.
    Offsets offsets{0, 7, 8, 28};
    while (offsets.size() < 82) offsets.push_back(offsets.back() + 1);
    ModuleRun<M, extent> together(offsets, 5);
    together.forward();
    together.backward();
    for (std::size_t s = 0; s + 1 < together.offsets.size(); ++s) {
      const std::uint32_t begin = together.offsets[s], end = together.offsets[s + 1];
      ModuleRun<M, extent> alone({0, end - begin}, 5);
      std::copy_n(together.x.data() + begin * in<M>, alone.x.size(), alone.x.begin());
      std::copy_n(together.dy.data() + begin * out<M>, alone.dy.size(), alone.dy.begin());
      alone.forward();
      alone.backward();
      CHECK(std::equal(alone.y.begin(), alone.y.end(), together.y.data() + begin * out<M>, numbers::same_bits));
      CHECK(std::equal(alone.dx.begin(), alone.dx.end(), together.dx.data() + begin * in<M>, numbers::same_bits));
    }
    // Parameter gradients are chains over the rows: two calls continue them.
    ModuleRun<M, extent> halves({0, 7, 8}, 5), rest({8, 28}, 5);
    for (std::uint32_t row = 28; row < together.offsets.back(); ++row) rest.offsets.push_back(row + 1);
    rest.call.packing = {rest.offsets.data(), rest.offsets.size() - 1};
    const std::size_t rows = together.rows() - 8;
    std::copy_n(together.x.data(), 8 * in<M>, halves.x.begin());
    std::copy_n(together.dy.data(), 8 * out<M>, halves.dy.begin());
    rest.x.assign(together.x.begin() + 8 * in<M>, together.x.end());
    rest.dy.assign(together.dy.begin() + 8 * out<M>, together.dy.end());
    rest.y.assign(rows * out<M>, NAN);
    rest.dx.assign(rows * in<M>, NAN);
    halves.forward();
    halves.backward();
    rest.gradients = halves.gradients;
    rest.forward();
    rest.backward();
    inlay::visit<M>([](const inlay::Path&, const auto& a, const auto& b) { CHECK(equal_bits(a, b)); }, rest.gradients,
                    together.gradients);
  });
  // Wide enough for the products of a step to be cut.
  using Wide = Lstm<40, 96>;
  constexpr Extent extent{.rows = 300, .workers = 3};
  Offsets offsets{0};
  while (offsets.size() < 51) offsets.push_back(offsets.back() + 6);
  const auto serial = std::make_unique<ModuleRun<Wide, extent>>(offsets, 6);
  const auto threads = std::make_unique<ModuleRun<Wide, extent>>(offsets, 6);
  serial->forward();
  serial->backward();
  const ThreadPool pool(3);
  const inlay::Forward<inlay::ParametersOf<Wide>, inlay::Empty, inlay::Empty, inlay::ActivationsOf<Wide, extent>,
                       inlay::WorkspaceOf<Wide, extent>, ThreadPool>
      forward{threads->parameters,
              threads->buffers,
              inlay::detail::nothing,
              threads->activations,
              threads->workspace,
              threads->call,
              pool,
              inlay::Stream{}};
  Wide::forward(forward, threads->input(), Rows<float, 96>(threads->y.data(), 300));
  const inlay::Backward<inlay::ParametersOf<Wide>, inlay::Empty, inlay::ActivationsOf<Wide, extent>,
                        inlay::WorkspaceOf<Wide, extent>, ThreadPool>
      backward{threads->parameters,
               threads->gradients,
               threads->buffers,
               threads->activations,
               threads->workspace,
               threads->call,
               pool,
               inlay::Stream{}};
  Wide::backward(backward, threads->input(), Rows<const float, 96>(threads->dy.data(), 300),
                 Rows<float, 40>(threads->dx.data(), 300));
  CHECK(equal_bits(threads->y, serial->y));
  CHECK(equal_bits(threads->dx, serial->dx));
  inlay::visit<Wide>([](const inlay::Path&, const auto& a, const auto& b) { CHECK(equal_bits(a, b)); },
                     threads->gradients, serial->gradients);
}

TEST_CASE("Recurrent: streaming has the bits of the full pass", "[recurrent]") {
  for_each_cell([]<class Layer>(Layer) {
    using M = inlay::Sequential<Layer,
                                inlay::Stack<Recurrent<RecurrentConfig{.input = 19,
                                                                       .width = 19,
                                                                       .cell = Layer::gate_count == 4   ? Cell::lstm
                                                                               : Layer::gate_count == 3 ? Cell::gru
                                                                                                        : Cell::elman}>,
                                             2>>;
    constexpr Extent extent{.rows = 40, .training = false};
    ModuleRun<M, Extent{.rows = 40}> full({0, 20, 33}, 5);
    full.forward();
    inlay::StateOf<M, 2> state;
    ModuleRun<M, extent>::poison(state);
    std::uint32_t done[2] = {0, 0};
    const std::uint32_t steps[][2] = {{3, 1}, {1, 1}, {9, 10}, {6, 0}, {1, 1}};
    for (const auto& step : steps) {
      ModuleRun<M, extent> part({0, step[0], step[0] + step[1]}, 5);
      std::copy_n(full.x.data() + done[0] * 5, step[0] * 5, part.x.begin());
      std::copy_n(full.x.data() + (20 + done[1]) * 5, step[1] * 5, part.x.data() + step[0] * 5);
      part.starts = {done[0], done[1]};
      part.call.packing.starts = part.starts.data();
      const auto f = part.forward_frame();
      M::forward(f.with(f.parameters, f.buffers, state, f.activations, f.workspace, f.stream), part.input(),
                 Rows<float, 19>(part.y.data(), part.rows()));
      CHECK(std::equal(part.y.data(), part.y.data() + step[0] * 19, full.y.data() + done[0] * 19, numbers::same_bits));
      CHECK(std::equal(part.y.data() + step[0] * 19, part.y.data() + part.y.size(), full.y.data() + (20 + done[1]) * 19,
                       numbers::same_bits));
      done[0] += step[0];
      done[1] += step[1];
    }
    CHECK(done[0] == 20);
    CHECK(done[1] == 13);
  });
}

TEST_CASE("Recurrent: a sequence in two parts, joined by its ends, is the whole, gradients too", "[recurrent]") {
  for_each_cell([]<class M>(M) {
    constexpr std::size_t width = out<M>;
    constexpr bool lstm = M::gate_count == 4;
    constexpr Extent extent{.rows = 20};
    // Three sequences; in the second part the last of them has no rows.
    ModuleRun<M, extent> whole({0, 7, 12, 15}, 9), first({0, 4, 6, 9}, 9), second({0, 3, 6, 6}, 9);
    const auto each_row = [&](auto&& f) {  // f(part, row of the part, row of the whole)
      const std::size_t cut[] = {4, 2, 3};
      for (std::size_t s = 0; s < 3; ++s)
        for (std::size_t i = 0; i < whole.offsets[s + 1] - whole.offsets[s]; ++i) {
          if (i < cut[s])
            f(first, first.offsets[s] + i, whole.offsets[s] + i);
          else
            f(second, second.offsets[s] + i - cut[s], whole.offsets[s] + i);
        }
    };
    each_row([&](auto& part, std::size_t row, std::size_t of_whole) {
      std::copy_n(&whole.x[of_whole * in<M>], in<M>, &part.x[row * in<M>]);
      std::copy_n(&whole.dy[of_whole * width], width, &part.dy[row * width]);
    });
    whole.forward();
    whole.backward();

    inlay::Tensor<float, 3, width> hidden, cell, last_hidden, last_cell, dhidden, dcell;
    using Ends = typename M::Ends;
    using EndGradients = typename M::EndGradients;
    Ends middle, end;
    middle.last_hidden = hidden;
    end.first_hidden = hidden;
    end.last_hidden = last_hidden;
    if (lstm) {
      middle.last_cell = cell;
      end.first_cell = cell;
      end.last_cell = last_cell;
    }
    M::forward(first.forward_frame(), first.input(), Rows<float, width>(first.y.data(), 9), middle);
    M::forward(second.forward_frame(), second.input(), Rows<float, width>(second.y.data(), 6), end);
    EndGradients to_middle, from_middle;
    to_middle.first_hidden = dhidden;
    from_middle.last_hidden = dhidden;
    if (lstm) {
      to_middle.first_cell = dcell;
      from_middle.last_cell = dcell;
    }
    ModuleRun<M, extent>::poison(dhidden);
    ModuleRun<M, extent>::poison(dcell);
    M::backward(second.backward_frame(), second.input(), Rows<const float, width>(second.dy.data(), 6),
                Rows<float, in<M>>(second.dx.data(), 6), end, to_middle);
    M::backward(first.backward_frame(), first.input(), Rows<const float, width>(first.dy.data(), 9),
                Rows<float, in<M>>(first.dx.data(), 9), Ends{}, from_middle);
    each_row([&](auto& part, std::size_t row, std::size_t of_whole) {
      CHECK(std::equal(&part.y[row * width], &part.y[row * width] + width, &whole.y[of_whole * width],
                       numbers::same_bits));
      CHECK(std::equal(&part.dx[row * in<M>], &part.dx[row * in<M>] + in<M>, &whole.dx[of_whole * in<M>],
                       numbers::same_bits));
    });
    inlay::visit<M>(
        [](const inlay::Path&, const auto& a, const auto& b, const auto& sum) {
          for (std::size_t i = 0; i < sum.size(); ++i)
            CHECK(std::fabs(a.values[i] + b.values[i] - present - sum.values[i]) <
                  1e-4f * (1.0f + std::fabs(sum.values[i])));
        },
        first.gradients, second.gradients, whole.gradients);
    // What the second part was given where it has no rows.
    for (std::size_t j = 0; j < width; ++j) {
      CHECK(numbers::same_bits(last_hidden(2, j), hidden(2, j)));
      CHECK(numbers::same_bits(last_hidden(0, j), whole.y[6 * width + j]));
      CHECK(dhidden(2, j) == 0.0f);
      if (lstm) CHECK(numbers::same_bits(last_cell(2, j), cell(2, j)));
    }
  });
}

TEST_CASE("Recurrent: names, shapes and first values", "[recurrent]") {
  using M = Lstm<96, 128>;
  inlay::ParametersOf<M> lstm;
  inlay::initialize<M>(lstm, inlay::Seed{1});
  std::vector<std::string> names;
  inlay::visit<M>([&](const inlay::Path& path, const auto&) { names.emplace_back(path.text().c_str()); }, lstm);
  CHECK(names == std::vector<std::string>{"input.weight", "input.bias", "hidden.weight"});
  const auto deviation = [](const auto& tensor) {
    double squares = 0.0;
    for (const float value : tensor) squares += static_cast<double>(value) * static_cast<double>(value);
    return std::sqrt(squares / static_cast<double>(tensor.size()));
  };
  CHECK(std::fabs(deviation(lstm.input.weight) * std::sqrt(96.0) - 1.0) < 0.02);
  CHECK(std::fabs(deviation(lstm.hidden.weight) * std::sqrt(128.0) - 1.0) < 0.02);
  for (std::size_t j = 0; j < 4 * 128; ++j) CHECK(lstm.input.bias(j) == (j / 128 == 1 ? 1.0f : 0.0f));
  using G = Gru<3, 8>;
  inlay::ParametersOf<G> gru;
  inlay::initialize<G>(gru, inlay::Seed{1});
  names.clear();
  inlay::visit<G>([&](const inlay::Path& path, const auto&) { names.emplace_back(path.text().c_str()); }, gru);
  CHECK(names == std::vector<std::string>{"input.weight", "input.bias", "hidden.weight", "hidden.bias"});
  CHECK(inlay::parameter_count<G>(gru) == 3 * 24 + 24 + 8 * 24 + 8);
  CHECK(inlay::parameter_count<M>(lstm) == 4 * 128 * (96 + 128 + 1));
  // No room is set aside for what a cell does not have.
  static_assert(sizeof(inlay::ActivationsOf<Elman<4, 16>, Extent{.rows = 4}>) == 4 * (2 * 4 * 16));
  static_assert(sizeof(inlay::ActivationsOf<Gru<4, 16>, Extent{.rows = 4, .training = false}>) == 4 * (4 * 48));
  static_assert(sizeof(inlay::ActivationsOf<Lstm<4, 16>, Extent{.rows = 4}>) == 4 * (6 * 4 * 16));
}

TEST_CASE("Recurrent: a frozen layer passes gradients on and has none of its own", "[recurrent]") {
  for_each_cell([]<class M>(M) {
    constexpr Extent extent{.rows = 9};
    ModuleRun<M, extent> run({0, 5, 9}, 3);
    run.forward();
    run.backward();
    const std::vector<float> dx = run.dx;
    const auto f = run.backward_frame();
    inlay::Call call = run.call;
    M::backward(f.frozen(f.parameters, f.buffers, call), run.input(), Rows<const float, out<M>>(run.dy.data(), 9),
                Rows<float, in<M>>(run.dx.data(), 9));
    CHECK(equal_bits(run.dx, dx));
  });
}
