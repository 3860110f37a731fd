// Attention's variants, alone and together: against the reference in double precision, and from a cache to the bit.

#include <algorithm>

#include <inlay/modules/attention.hpp>
#include <inlay/modules/gradient_check.hpp>

#include "support/module_run.hpp"

using namespace module_test;
using inlay::Attention;
using inlay::AttentionConfig;
using inlay::RelativePositions;
using reference::Matrix;
using reference::Offsets;
using reference::Place;

namespace {

constexpr Extent rows{.rows = 40};

template <AttentionConfig C>
void check_values() {
  const Offsets several{0, 5, 6, 22, 24, 25, 40}, shifted{100, 120, 140};
  for (const Offsets& offsets : {several, shifted}) {
    const auto run = compare_with_reference<Attention<C>, rows>(
        offsets, [](const Place& p, const Matrix& x) { return reference::attention(p, x, C); });
    check_without_input_gradient(*run);
  }
}

// Two sequences side by side in a cache, filled in steps of unequal size.
template <AttentionConfig C>
void check_cache() {
  using M = Attention<C>;
  constexpr Extent extent{.rows = 40, .training = false};
  ModuleRun<M, extent> full({0, 20, 33}, 5);
  full.call.training = false;
  full.forward();
  static inlay::StateOf<M, 2> cache;
  ModuleRun<M, extent>::poison(cache);
  std::uint32_t done[2] = {0, 0};
  const std::uint32_t steps[][2] = {{3, 1}, {1, 1}, {9, 10}, {6, 0}, {1, 1}};
  for (const auto& step : steps) {
    ModuleRun<M, extent> part({0, step[0], step[0] + step[1]}, 5);
    std::copy_n(full.x.data() + done[0] * C.width, step[0] * C.width, part.x.begin());
    std::copy_n(full.x.data() + (20 + done[1]) * C.width, step[1] * C.width, part.x.data() + step[0] * C.width);
    part.starts = {done[0], done[1]};
    part.call.packing.starts = part.starts.data();
    const auto f = part.forward_frame();
    M::forward(f.with(f.parameters, f.buffers, cache, f.activations, f.workspace, f.stream), part.input(),
               Rows<float, C.width>(part.y.data(), part.rows()));
    const auto same = [&](std::size_t from, std::size_t to, std::size_t count) {
      return std::equal(part.y.data() + from * C.width, part.y.data() + (from + count) * C.width,
                        full.y.data() + to * C.width, numbers::same_bits);
    };
    CHECK(same(0, done[0], step[0]));
    CHECK(same(step[0], 20 + done[1], step[1]));
    done[0] += step[0];
    done[1] += step[1];
  }
}

template <AttentionConfig C>
void check() {
  check_values<C>();
  if constexpr (C.causal) check_cache<C>();
}

// Keys and values from the input itself, as a memory: what a module with one input can be tested with.
template <AttentionConfig C>
struct OfItself {
  using M = inlay::CrossAttention<C>;
  using Input = typename M::Input;
  using Output = typename M::Output;
  using Parameters = inlay::ParametersOf<M>;
  static constexpr Extent with_memory(Extent e) { return {e.rows, e.workers, e.training, e.recompute, e.rows}; }
  template <Extent E>
  using Activations = inlay::ActivationsOf<M, with_memory(E)>;
  template <Extent E>
  using Workspace = inlay::WorkspaceOf<M, with_memory(E)>;

  template <class Frame>
  static void forward(const Frame& frame, Rows<const float, C.width> x, Rows<float, C.width> y) {
    inlay::Call call = frame.call;
    call.memory = {call.packing, x.data(), nullptr};
    M::forward(frame.in(call), x, y);
  }
  template <class Frame, class Gradient>
  static void backward(const Frame& frame, Rows<const float, C.width> x, Rows<const float, C.width> dy, Gradient dx) {
    inlay::Call call = frame.call;
    call.memory = {call.packing, x.data(), nullptr};
    if constexpr (inlay::wants_gradient<Gradient>) call.memory.gradient = dx.data();  // dx is assigned, then added to
    M::backward(frame.in(call), x, dy, dx);
  }
  template <class F, class... P>
  static void visit(F&& f, const inlay::Path& path, P&... parts) {
    M::visit(f, path, parts...);
  }
};

}  // namespace

TEST_CASE("Attention: grouped queries and multi-query", "[attention]") {
  check<AttentionConfig{.width = 24, .heads = 4, .context = 20, .key_value_heads = 2}>();
  check<AttentionConfig{.width = 24, .heads = 6, .context = 20, .biases = false, .key_value_heads = 1}>();
  check<AttentionConfig{
      .width = 15, .heads = 3, .context = 20, .causal = false, .dropout = 0.3f, .key_value_heads = 1}>();
}

TEST_CASE("Attention: a head width and a scale of their own", "[attention]") {
  check<AttentionConfig{.width = 10, .heads = 3, .context = 20, .head_width = 7, .scale = 1.0f}>();
  check<AttentionConfig{.width = 5, .heads = 1, .context = 20, .biases = false, .head_width = 16, .scale = 0.5f}>();
  check<AttentionConfig{
      .width = 5, .heads = 4, .context = 20, .causal = false, .key_value_heads = 2, .head_width = 1}>();
}

TEST_CASE("Attention: a sliding window", "[attention]") {
  check<AttentionConfig{.width = 12, .heads = 3, .context = 20, .window = 1}>();
  check<AttentionConfig{.width = 12, .heads = 3, .context = 20, .dropout = 0.25f, .window = 5}>();
  check<AttentionConfig{.width = 12, .heads = 3, .context = 20, .causal = false, .window = 4}>();
  check<AttentionConfig{.width = 12, .heads = 3, .context = 20, .window = 100}>();
}

TEST_CASE("Attention: rotary positions", "[attention]") {
  check<AttentionConfig{.width = 12, .heads = 3, .context = 20, .positions = RelativePositions::rotary}>();
  check<AttentionConfig{.width = 24,
                        .heads = 2,
                        .context = 20,
                        .causal = false,
                        .positions = RelativePositions::rotary,
                        .rotary_base = 50.0f,
                        .rotary_width = 6}>();
  check<AttentionConfig{
      .width = 12, .heads = 6, .context = 20, .key_value_heads = 2, .positions = RelativePositions::rotary}>();
}

TEST_CASE("Attention: ALiBi", "[attention]") {
  check<AttentionConfig{.width = 12, .heads = 3, .context = 20, .positions = RelativePositions::alibi}>();
  check<AttentionConfig{
      .width = 16, .heads = 8, .context = 20, .causal = false, .positions = RelativePositions::alibi}>();
  check<AttentionConfig{.width = 12,
                        .heads = 6,
                        .context = 20,
                        .dropout = 0.2f,
                        .key_value_heads = 3,
                        .window = 7,
                        .positions = RelativePositions::alibi}>();
}

TEST_CASE("Attention: the slopes of ALiBi are those of the paper", "[attention]") {
  // Eight heads: 1/2, 1/4, ... 1/256; twelve: those, then every other slope of sixteen.
  for (std::size_t h = 0; h < 8; ++h) {
    CHECK(inlay::kernels::alibi_slope(h, 8) == 1.0f / static_cast<float>(2u << h));
    CHECK(inlay::kernels::alibi_slope(h, 12) == inlay::kernels::alibi_slope(h, 8));
  }
  for (std::size_t h = 8; h < 12; ++h)
    CHECK(std::fabs(inlay::kernels::alibi_slope(h, 12) - std::exp2(-0.5f * static_cast<float>(2 * (h - 8) + 1))) <
          1e-6f);
  CHECK(inlay::kernels::alibi_slope(0, 1) == 1.0f / 256);
}

TEST_CASE("Attention: T5's buckets of distances", "[attention]") {
  check<AttentionConfig{.width = 12,
                        .heads = 3,
                        .context = 20,
                        .positions = RelativePositions::buckets,
                        .buckets = 8,
                        .furthest_bucket = 16}>();
  check<AttentionConfig{.width = 12,
                        .heads = 3,
                        .context = 20,
                        .causal = false,
                        .positions = RelativePositions::buckets,
                        .buckets = 8,
                        .furthest_bucket = 10}>();
  check<AttentionConfig{.width = 12,
                        .heads = 6,
                        .context = 20,
                        .dropout = 0.2f,
                        .key_value_heads = 2,
                        .scale = 1.0f,
                        .window = 9,
                        .positions = RelativePositions::buckets}>();
  // Of 32 buckets up to distance 128: 0 to 15 alone, then 16 more; the boundaries of T5's own code.
  const auto bucket = [](std::size_t distance) { return inlay::kernels::distance_bucket(distance, 32, 128); };
  for (std::size_t d = 0; d <= 16; ++d) CHECK(bucket(d) == d);
  CHECK(bucket(18) == 16);
  CHECK(bucket(19) == 17);
  CHECK(bucket(32) == 21);
  CHECK(bucket(127) == 31);
  CHECK(bucket(128) == 31);
  CHECK(bucket(100000) == 31);
}

TEST_CASE("Attention: normalised queries and keys", "[attention]") {
  check<AttentionConfig{.width = 12, .heads = 3, .context = 20, .query_key_norm = true}>();
  check<AttentionConfig{.width = 12,
                        .heads = 3,
                        .context = 20,
                        .causal = false,
                        .key_value_heads = 1,
                        .head_width = 6,
                        .positions = RelativePositions::rotary,
                        .query_key_norm = true}>();
  check<AttentionConfig{.width = 12,
                        .heads = 2,
                        .context = 20,
                        .window = 6,
                        .positions = RelativePositions::buckets,
                        .buckets = 8,
                        .furthest_bucket = 16,
                        .query_key_norm = true}>();
}

TEST_CASE("Attention: rotary scores depend on the distance alone", "[attention]") {
  // One sequence, and the same rows further along: all rows of a window of distances see the same.
  constexpr AttentionConfig config{
      .width = 8, .heads = 1, .context = 40, .window = 3, .positions = RelativePositions::rotary};
  ModuleRun<Attention<config>, rows> run({0, 40}, 3);
  for (std::size_t i = 8; i < run.x.size(); ++i) run.x[i] = run.x[i % 8];
  run.forward();
  for (std::size_t i = 3; i < 40; ++i)
    for (std::size_t j = 0; j < 8; ++j) CHECK(std::fabs(run.y[i * 8 + j] - run.y[2 * 8 + j]) < 1e-4f);
}

TEST_CASE("Attention: inspect shows the weights of any variant", "[attention]") {
  const auto check = []<AttentionConfig C>() {
    using M = Attention<C>;
    ModuleRun<M, rows> run({10, 15, 34}, 8);
    run.forward();
    ModuleRun<M, rows>::poison(run.workspace);
    static inlay::Tensor<float, 20, 20> weights;
    for (std::size_t s = 0; s < 2; ++s)
      for (std::size_t h = 0; h < C.heads; ++h) {
        M::inspect(run.forward_frame(), s, h, weights);
        const std::size_t first = s == 0 ? 0 : 5, length = s == 0 ? 5 : 19;
        // The weights reproduce the head's output.
        for (std::size_t i = 0; i < length; ++i)
          for (std::size_t d = 0; d < M::head_width; ++d) {
            float sum = 0.0f;
            for (std::size_t j = 0; j < length; ++j)
              sum += weights(i, j) * run.activations.value(first + j, h / M::group_heads * M::head_width + d);
            CHECK(std::fabs(sum - run.activations.mixed(first + i, h * M::head_width + d)) < 1e-5f);
          }
      }
  };
  check.operator()<AttentionConfig{.width = 12,
                                   .heads = 2,
                                   .context = 20,
                                   .causal = false,
                                   .key_value_heads = 1,
                                   .window = 6,
                                   .positions = RelativePositions::buckets,
                                   .buckets = 8,
                                   .furthest_bucket = 16}>();
  check.operator()<AttentionConfig{.width = 12, .heads = 3, .context = 20, .positions = RelativePositions::alibi}>();
}

TEST_CASE("CrossAttention over a memory that is the input itself is attention without a mask", "[attention]") {
  const auto check = []<AttentionConfig C>() {
    AttentionConfig unmasked = C;
    unmasked.causal = false;
    for (const Offsets& offsets : {Offsets{0, 5, 6, 22, 24, 25, 40}, Offsets{100, 101, 118}}) {
      const auto run = compare_with_reference<OfItself<C>, rows>(
          offsets, [&](const Place& p, const Matrix& x) { return reference::attention(p, x, unmasked); });
      check_without_input_gradient(*run);
    }
  };
  check.operator()<AttentionConfig{.width = 12, .heads = 3, .context = 20}>();
  check.operator()<AttentionConfig{.width = 12,
                                   .heads = 4,
                                   .context = 20,
                                   .biases = false,
                                   .dropout = 0.2f,
                                   .key_value_heads = 2,
                                   .query_key_norm = true}>();
}

TEST_CASE("CrossAttention keeps the keys and values of its memory", "[attention]") {
  constexpr AttentionConfig config{.width = 12, .heads = 3, .context = 20, .memory_width = 7, .memory_context = 9};
  using M = inlay::CrossAttention<config>;
  constexpr Extent extent{.rows = 12, .training = false, .memory_rows = 13};
  using Run = ModuleRun<M, extent>;
  const std::vector<std::uint32_t> memory_offsets{0, 9, 13};
  const std::vector<float> memory = numbers::Source(4).list(13 * 7);
  Run full({0, 5, 12}, 5);
  full.call.memory = {{memory_offsets.data(), 2}, memory.data(), nullptr};
  full.forward();

  static inlay::StateOf<M, 2> cache;
  Run::poison(cache);
  for (std::uint32_t step = 0; step < 5; ++step) {
    Run part({0, 1, 2}, 5);
    std::copy_n(full.x.data() + step * 12, 12, part.x.begin());
    std::copy_n(full.x.data() + (5 + step) * 12, 12, part.x.begin() + 12);
    part.starts = {step, step};
    part.call.packing.starts = part.starts.data();
    part.call.memory.packing = {memory_offsets.data(), 2};
    if (step == 0) part.call.memory.values = memory.data();
    const auto f = part.forward_frame();
    M::forward(f.with(f.parameters, f.buffers, cache, f.activations, f.workspace, f.stream), part.input(),
               Rows<float, 12>(part.y.data(), 2));
    CHECK(std::equal(part.y.begin(), part.y.begin() + 12, full.y.begin() + step * 12, numbers::same_bits));
    CHECK(std::equal(part.y.begin() + 12, part.y.end(), full.y.begin() + (5 + step) * 12, numbers::same_bits));
  }
}

TEST_CASE("Attention: every variant passes the public gradient check", "[attention]") {
  CHECK(inlay::check_gradients<Attention<AttentionConfig{.width = 12,
                                                         .heads = 6,
                                                         .context = 20,
                                                         .key_value_heads = 2,
                                                         .window = 3,
                                                         .positions = RelativePositions::buckets,
                                                         .buckets = 4,
                                                         .furthest_bucket = 4,
                                                         .query_key_norm = true}>>()
            .passed());
}

TEST_CASE("Attention: shared keys and values take less memory", "[attention]") {
  using Whole = Attention<AttentionConfig{.width = 64, .heads = 8, .context = 32, .biases = false}>;
  using Shared =
      Attention<AttentionConfig{.width = 64, .heads = 8, .context = 32, .biases = false, .key_value_heads = 2}>;
  static_assert(sizeof(inlay::StateOf<Shared, 1>) * 4 == sizeof(inlay::StateOf<Whole, 1>));
  static_assert(sizeof(inlay::ParametersOf<Shared>) == 4 * (2 * 64 * 64 + 2 * 64 * 16));
  SUCCEED();
}
