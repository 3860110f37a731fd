// Attention over packed sequences: against the reference, and what must hold without one.

#include <algorithm>

#include <inlay/modules/attention.hpp>

#include "support/module_run.hpp"

using namespace module_test;
using inlay::Attention;
using inlay::AttentionConfig;
using reference::Matrix;
using reference::Offsets;
using reference::Place;

namespace {

template <AttentionConfig C>
void check(const Offsets& offsets) {
  CAPTURE(C.width, C.heads, C.causal, C.biases, offsets.size());
  const auto run = compare_with_reference<Attention<C>, Extent{.rows = 40}>(
      offsets, [](const Place& p, const Matrix& x) { return reference::attention(p, x, C); });
  check_without_input_gradient(*run);
}

constexpr AttentionConfig plain{.width = 12, .heads = 3, .context = 20, .causal = false};
constexpr AttentionConfig causal{.width = 12, .heads = 3, .context = 20};
using Plain = Attention<plain>;
using Causal = Attention<causal>;

}  // namespace

TEST_CASE("Attention against the reference", "[attention]") {
  const Offsets one{0, 17}, several{0, 5, 6, 22, 24, 25, 40}, shifted{100, 101, 118};
  for (const Offsets& offsets : {one, several, shifted}) {
    check<AttentionConfig{.width = 15, .heads = 3, .context = 17}>(offsets);
    check<AttentionConfig{.width = 16, .heads = 1, .context = 17, .causal = false}>(offsets);
    check<AttentionConfig{.width = 34, .heads = 2, .context = 33, .biases = false}>(offsets);
    check<AttentionConfig{.width = 32, .heads = 2, .context = 17, .causal = false, .biases = false}>(offsets);
  }
  check<AttentionConfig{.width = 6, .heads = 6, .context = 40}>({0, 40});
}

TEST_CASE("Attention with dropped weights against the reference", "[attention]") {
  check<AttentionConfig{.width = 12, .heads = 2, .context = 19, .dropout = 0.3f}>({0, 19, 20, 25});
  check<AttentionConfig{.width = 12, .heads = 2, .context = 19, .causal = false, .dropout = 0.3f}>({0, 19, 20, 25});
}

TEST_CASE("Attention without positions does not care about order", "[attention]") {
  using Run = ModuleRun<Plain, Extent{.rows = 11}>;
  Run straight({0, 11}, 3), permuted({0, 11}, 3);
  const std::size_t order[] = {4, 0, 10, 3, 9, 1, 8, 2, 7, 5, 6};
  for (std::size_t i = 0; i < 11; ++i)
    for (std::size_t j = 0; j < 12; ++j) {
      permuted.x[i * 12 + j] = straight.x[order[i] * 12 + j];
      permuted.dy[i * 12 + j] = straight.dy[order[i] * 12 + j];
    }
  for (Run* run : {&straight, &permuted}) {
    run->forward();
    run->backward();
  }
  for (std::size_t i = 0; i < 11; ++i)
    for (std::size_t j = 0; j < 12; ++j) {
      CHECK(std::fabs(permuted.y[i * 12 + j] - straight.y[order[i] * 12 + j]) < 1e-5f);
      CHECK(std::fabs(permuted.dx[i * 12 + j] - straight.dx[order[i] * 12 + j]) < 1e-5f);
    }
}

TEST_CASE("Attention: the worked example of four tokens", "[attention]") {
  // x1 = [1,0,0,0], x2 = [0,1,0,0], x3 = [0,0,2,0], x4 = [0,0,0,1]; x4 attends with 0.1, 0.2, 0.6, 0.1; W_V = I.
  using M = Attention<AttentionConfig{.width = 4, .heads = 1, .context = 4, .causal = false, .biases = false}>;
  const auto new_x4 = [](const std::vector<float>& x, const float(&weights)[4]) {
    ModuleRun<M, Extent{.rows = 4}> run({0, 4}, 1);
    run.x = x;
    for (auto* matrix : {&run.parameters.query, &run.parameters.key, &run.parameters.value, &run.parameters.output})
      std::fill(matrix->weight.begin(), matrix->weight.end(), 0.0f);
    // The query of x4 is e1, so that the first column of W_K holds the scores: log of the weights, times sqrt(4).
    run.parameters.query.weight(3, 0) = 1.0f;
    for (std::size_t i = 0; i < 4; ++i) {
      const std::size_t token = static_cast<std::size_t>(std::max_element(&x[i * 4], &x[i * 4] + 4) - &x[i * 4]);
      run.parameters.key.weight(token, 0) = 2.0f * std::log(weights[i]) / x[i * 4 + token];
      run.parameters.value.weight(i, i) = run.parameters.output.weight(i, i) = 1.0f;
    }
    run.forward();
    return std::vector<float>(run.y.begin() + 12, run.y.end());
  };
  const std::vector<float> first = new_x4({1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 2, 0, 0, 0, 0, 1}, {0.1f, 0.2f, 0.6f, 0.1f});
  const std::vector<double> expected{0.1, 0.2, 1.2, 0.1};
  CHECK(compare::largest_difference(first.data(), expected) < 1e-6);
  const std::vector<float> swapped = new_x4({1, 0, 0, 0, 0, 0, 2, 0, 0, 1, 0, 0, 0, 0, 0, 1}, {0.1f, 0.6f, 0.2f, 0.1f});
  CHECK(compare::largest_difference(swapped.data(), expected) < 1e-6);
}

TEST_CASE("Attention: heads that are cut out of one wide product equal heads of their own", "[attention]") {
  ModuleRun<Causal, Extent{.rows = 9}> whole({0, 9}, 5);
  whole.forward();
  // Head h alone, over its columns of Q, K and V.
  for (std::size_t h = 0; h < 3; ++h) {
    std::vector<float> query, key, value;
    for (std::size_t i = 0; i < 9; ++i)
      for (std::size_t d = 4 * h; d < 4 * h + 4; ++d) {
        query.push_back(whole.activations.query(i, d));
        key.push_back(whole.activations.key(i, d));
        value.push_back(whole.activations.value(i, d));
      }
    std::vector<float> output(9 * 4), scratch(inlay::kernels::attention_floats(9, 4));
    inlay::kernels::attend({9, 9, 0, 4, 4, 4, 0.5f, true}, query.data(), key.data(), value.data(), output.data(),
                           nullptr, nullptr, {}, scratch.data());
    for (std::size_t i = 0; i < 9; ++i)
      for (std::size_t d = 0; d < 4; ++d)
        CHECK(numbers::same_bits(output[i * 4 + d], whole.activations.mixed(i, 4 * h + d)));
  }
}

TEST_CASE("Attention: a row's bits do not depend on the other sequences of the call", "[attention]") {
  ModuleRun<Causal, Extent{.rows = 30}> together({0, 7, 8, 28}, 5);
  together.forward();
  for (std::size_t s = 0; s < 3; ++s) {
    const std::uint32_t begin = together.offsets[s], end = together.offsets[s + 1];
    ModuleRun<Causal, Extent{.rows = 30}> alone({0, end - begin}, 5);
    std::copy_n(together.x.data() + begin * 12, alone.x.size(), alone.x.begin());
    alone.forward();
    CHECK(std::equal(alone.y.begin(), alone.y.end(), together.y.data() + begin * 12, numbers::same_bits));
  }
}

TEST_CASE("Attention with a cache has the bits of the full pass", "[attention]") {
  constexpr Extent extent{.rows = 40, .training = false};
  ModuleRun<Causal, extent> full({0, 20, 33}, 5);
  full.forward();
  // Two sequences side by side in a cache, filled in steps of unequal size.
  static inlay::StateOf<Causal, 2> cache;
  ModuleRun<Causal, extent>::poison(cache);
  std::uint32_t done[2] = {0, 0};
  const std::uint32_t steps[][2] = {{3, 1}, {1, 1}, {9, 10}, {6, 0}, {1, 1}};
  for (const auto& step : steps) {
    ModuleRun<Causal, extent> part({0, step[0], step[0] + step[1]}, 5);
    std::copy_n(full.x.data() + done[0] * 12, step[0] * 12, part.x.begin());
    std::copy_n(full.x.data() + (20 + done[1]) * 12, step[1] * 12, part.x.data() + step[0] * 12);
    part.starts = {done[0], done[1]};
    part.call.packing.starts = part.starts.data();
    const auto f = part.forward_frame();
    Causal::forward(f.with(f.parameters, f.buffers, cache, f.activations, f.workspace, f.stream), part.input(),
                    Rows<float, 12>(part.y.data(), part.rows()));
    CHECK(std::equal(part.y.data(), part.y.data() + step[0] * 12, full.y.data() + done[0] * 12, numbers::same_bits));
    CHECK(std::equal(part.y.data() + step[0] * 12, part.y.data() + part.y.size(), full.y.data() + (20 + done[1]) * 12,
                     numbers::same_bits));
    done[0] += step[0];
    done[1] += step[1];
  }
  CHECK(done[0] == 20);
  CHECK(done[1] == 13);
}

TEST_CASE("Attention: inspect shows the weights of a head", "[attention]") {
  const auto check = []<class M>(M, const AttentionConfig& config) {
    ModuleRun<M, Extent{.rows = 24}> run({10, 15, 34}, 8);
    run.forward();
    static inlay::Tensor<float, 20, 20> weights;
    for (std::size_t s = 0; s < 2; ++s)
      for (std::size_t h = 0; h < 3; ++h) {
        ModuleRun<M, Extent{.rows = 24}>::poison(weights);
        M::inspect(run.forward_frame(), s, h, weights);
        const std::size_t first = s == 0 ? 0 : 5, length = s == 0 ? 5 : 19;
        const auto cut = [&](const auto& tensor) {
          Matrix result(length, 4);
          for (std::size_t i = 0; i < length; ++i)
            for (std::size_t d = 0; d < 4; ++d) result(i, d) = static_cast<double>(tensor(first + i, h * 4 + d));
          return result;
        };
        const Matrix expected =
            reference::attention_weights({}, config, h, cut(run.activations.query), cut(run.activations.key));
        for (std::size_t i = 0; i < 20; ++i) {
          double sum = 0.0, worst = 0.0;
          for (std::size_t j = 0; j < 20; ++j) {
            const double weight = static_cast<double>(weights(i, j));
            const double truth = i < length && j < length ? expected(i, j).value : 0.0;
            worst = std::fmax(worst, std::fabs(weight - truth));
            sum += weight;
            if (truth == 0.0) CHECK(weight == 0.0);
          }
          CHECK(worst < 1e-5);
          CHECK(std::fabs(sum - (i < length ? 1.0 : 0.0)) < 1e-5);
        }
      }
  };
  check(Causal{}, causal);
  check(Plain{}, plain);
}

TEST_CASE("Attention: memory for training grows linearly with the context", "[attention]") {
  using Short = Attention<AttentionConfig{.width = 16, .heads = 2, .context = 256}>;
  const auto bytes = []<std::size_t Context>() {
    using M = Attention<AttentionConfig{.width = 16, .heads = 2, .context = Context}>;
    constexpr Extent extent{.rows = Context};
    return sizeof(inlay::ActivationsOf<M, extent>) + sizeof(inlay::WorkspaceOf<M, extent>);
  };
  // The transposed rows of a strip are as large for any context.
  // From where the scratch is forward's on; below, a block of backward's keys sets its size.
  CHECK(bytes.operator()<4096>() - bytes.operator()<2048>() ==
        2 * (bytes.operator()<2048>() - bytes.operator()<1024>()));
  CHECK(sizeof(inlay::WorkspaceOf<Short, Extent{.rows = 256, .training = false}>) <
        sizeof(inlay::WorkspaceOf<Short, Extent{.rows = 256}>));
  static_assert(sizeof(inlay::ParametersOf<Short>) == 4 * (4 * 16 * 16 + 4 * 16));
}
