// A traced step: the same bits, each kernel of each module by its name, and all time in some span.
#include <inlay/generation/generator.hpp>
#include <inlay/modules/compose.hpp>

#include "parallel/thread_pool.hpp"
#include "support/catch.hpp"
#include "support/training.hpp"

#include <atomic>
#include <map>
#include <memory>
#include <string>

namespace {

// Each reading is one tick after the last one.
struct CountingClock {
  static inline std::atomic<std::uint64_t> readings{0};
  static std::uint64_t now() noexcept { return readings++; }
};
using Trace = inlay::Trace<CountingClock>;

constexpr inlay::GptConfig config{
    .vocabulary = 37, .context = 12, .width = 24, .heads = 3, .layers = 2, .tied = false, .dropout = 0.1f};
using Model = inlay::Gpt<config>;
using Sliced = inlay::Trainer<Model, inlay::TrainerConfig{.batch = 8, .slices = 4}>;
using Whole = inlay::Trainer<Model, inlay::TrainerConfig{.batch = 8, .slices = 1, .rows_per_pass = 96}>;
constexpr std::size_t rows = 8 * config.context;

constexpr inlay::AdamW optimizer{.learning_rate = 3e-3f, .clip_norm = 1.0f};

template <class Trainer, class E>
std::vector<float> train(const E& executor) {
  const auto trainer = std::make_unique<Trainer>();
  trainer->initialize(inlay::Seed{5});
  const OwnedBatch batch(rows, Model::vocabulary, 3);
  std::vector<float> result;
  for (int step = 0; step < 5; ++step) result.push_back(trainer->step(batch.view(), optimizer, executor).loss);
  result.push_back(trainer->evaluate(batch.view(), executor));
  const auto kept = numbers_kept_by(*trainer);
  result.insert(result.end(), kept.begin(), kept.end());
  return result;
}

using Numbered = inlay::Residual<inlay::Sequential<inlay::Linear<8, 24>, inlay::Softmax<24>, inlay::Linear<24, 8>>>;
constexpr inlay::Extent extent{.rows = 5};
struct NumberedParts {
  inlay::ParametersOf<Numbered> parameters, gradients;
  inlay::ActivationsOf<Numbered, extent> activations;
  inlay::WorkspaceOf<Numbered, extent> workspace;
  inlay::Tensor<float, 5, 8> x, y, dx;
};

std::map<std::string, inlay::SpanTotals> totals_of(const Trace& trace) {
  std::map<std::string, inlay::SpanTotals> all;
  trace.visit(
      [&](const inlay::Path& module, const char* kernel, const inlay::SpanTotals& totals, std::size_t) {
        inlay::SpanTotals& sum = all[std::string(module.text().c_str()) + ": " + kernel];
        sum.calls += totals.calls;
        sum.ticks += totals.ticks;
        sum.self_ticks += totals.self_ticks;
        sum.operations += totals.operations;
        sum.bytes += totals.bytes;
      },
      inlay::Path{});
  return all;
}

template <class Trainer, class E>
std::map<std::string, inlay::SpanTotals> trace_step(const E& executor) {
  static Trace trace;
  trace.clear();
  const auto trainer = std::make_unique<Trainer>();
  trainer->initialize(inlay::Seed{5});
  const OwnedBatch batch(rows, Model::vocabulary, 3);
  trainer->step(batch.view(), optimizer, inlay::Traced(executor, trace));
  return totals_of(trace);
}

}  // namespace

TEST_CASE("Traced training has the bits of training") {
  static Trace trace;
  const inlay::Serial serial;
  const auto sliced = train<Sliced>(serial), whole = train<Whole>(serial);
  CHECK(same_bits(train<Sliced>(inlay::Traced(serial, trace)), sliced));
  CHECK(same_bits(train<Whole>(inlay::Traced(serial, trace)), whole));
  for (const std::size_t threads : {1u, 2u, 3u}) {
    const ThreadPool pool{threads};
    CHECK(same_bits(train<Sliced>(inlay::Traced(pool, trace)), sliced));
    CHECK(same_bits(train<Whole>(inlay::Traced(pool, trace)), whole));
  }
}

TEST_CASE("Each kernel of each module has a span, with its operations") {
  const auto check = [](std::map<std::string, inlay::SpanTotals> all, std::size_t passes) {
    CAPTURE(passes);
    constexpr std::size_t d = config.width, hidden = 4 * d, layers = config.layers;
    const auto matmuls = [&](const std::string& module, std::size_t in, std::size_t out, std::size_t count) {
      for (const char* const kernel : {": matmul A B", ": matmul A B^T", ": matmul A^T B"}) {
        CAPTURE(module, kernel);
        CHECK(all[module + kernel].calls == passes * count);
        CHECK(all[module + kernel].operations == 2 * rows * in * out * count);
      }
    };
    for (const char* const part : {"query", "key", "value", "output"})
      matmuls(std::string("blocks.attention.") + part, d, d, layers);
    matmuls("blocks.feed_forward.up", d, hidden, layers);
    matmuls("blocks.feed_forward.down", hidden, d, layers);
    matmuls("logits", d, config.vocabulary, 1);
    const std::size_t pairs = 8 * config.context * (config.context + 1) / 2;
    CHECK(all["blocks.attention: attention"].operations == 4 * d * pairs * layers);
    CHECK(all["blocks.attention: attention backward"].operations == 8 * d * pairs * layers);
    for (const char* const both : {"blocks.attention_norm: norm", "blocks.feed_forward_norm: norm",
                                   "blocks.feed_forward.nonlinearity: activation"}) {
      CAPTURE(both);
      CHECK(all[both].calls == passes * layers);
      CHECK(all[std::string(both) + " backward"].calls == passes * layers);
    }
    CHECK(all["blocks.attention.query: bias gradient"].calls == passes * layers);
    CHECK(all["blocks.attention_dropout: dropout"].calls == 2 * passes * layers);
    CHECK(all["blocks.feed_forward_dropout: dropout"].calls == 2 * passes * layers);
    CHECK(all["blocks: residual add"].calls == 4 * passes * layers);
    CHECK(all["blocks: forward"].calls == passes * layers);
    CHECK(all["blocks: backward"].calls == passes * layers);
    CHECK(all["norm: norm"].calls == passes);
    CHECK(all["dropout: dropout"].calls == 2 * passes);
    CHECK(all["token_embedding: embedding"].calls == passes);
    CHECK(all["token_embedding: embedding backward"].calls == passes);
    CHECK(all["position_embedding: positions"].bytes == 12 * rows * d);
    CHECK(all["position_embedding: positions backward"].calls == passes);
    CHECK(all["loss: loss"].calls == passes);
    CHECK(all[": forward"].calls == passes);
    CHECK(all[": backward"].calls == passes);
    CHECK(all["update: merge"].calls == 1);
    CHECK(all["update: optimizer"].calls == 1);
    // All that ran inside a pass counts once.
    std::uint64_t self = 0;
    for (const auto& [name, totals] : all) self += totals.self_ticks;
    CHECK(self == all[": forward"].ticks + all[": backward"].ticks + all["loss: loss"].ticks +
                      all["update: merge"].ticks + all["update: optimizer"].ticks);
  };
  check(trace_step<Sliced>(inlay::Serial{}), 4);
  check(trace_step<Sliced>(ThreadPool{2}), 4);
  check(trace_step<Whole>(inlay::Serial{}), 1);
  check(trace_step<Whole>(ThreadPool{3}), 1);
}

TEST_CASE("Modules of a Sequential are traced by their numbers") {
  using M = Numbered;
  const auto parts = std::make_unique<NumberedParts>();
  static Trace trace;
  const inlay::Traced executor(inlay::Serial{}, trace);
  using E = std::remove_const_t<decltype(executor)>;
  const inlay::Call call{};
  inlay::Empty empty;
  const inlay::Forward<inlay::ParametersOf<M>, inlay::Empty, inlay::Empty, inlay::ActivationsOf<M, extent>,
                       inlay::WorkspaceOf<M, extent>, E>
      forward{parts->parameters, empty, empty, parts->activations, parts->workspace, call, executor, {}};
  const inlay::Backward<inlay::ParametersOf<M>, inlay::Empty, inlay::ActivationsOf<M, extent>,
                        inlay::WorkspaceOf<M, extent>, E>
      backward{parts->parameters, parts->gradients, empty, parts->activations, parts->workspace, call, executor, {}};
  M::forward(forward, inlay::Rows<const float, 8>(parts->x), inlay::Rows<float, 8>(parts->y));
  M::backward(backward, inlay::Rows<const float, 8>(parts->x), inlay::Rows<const float, 8>(parts->y),
              inlay::Rows<float, 8>(parts->dx));
  auto all = totals_of(trace);
  CHECK(all["0: forward"].calls == 1);
  CHECK(all["1: backward"].calls == 1);
  CHECK(all["1: softmax"].calls == 1);
  CHECK(all["1: softmax backward"].calls == 1);
  CHECK(all["2: matmul A B"].operations == 2 * 5 * 24 * 8);
  CHECK(all[": residual add"].calls == 2);
}

TEST_CASE("Writing is traced token by token") {
  const auto parameters = std::make_unique<inlay::ParametersOf<Model>>();
  inlay::initialize<Model>(*parameters, inlay::Seed{1});
  inlay::Generator<Model> generator{*parameters};
  static Trace trace;
  const inlay::Token prompt[] = {1, 2, 3};
  const inlay::Traced executor(inlay::Serial{}, trace);
  CHECK(generator.write(
            prompt, 4, inlay::Sampling{}, [](inlay::Token) {}, executor) == 4);
  auto all = totals_of(trace);
  CHECK(all[": forward"].calls == 5);
  CHECK(all[": sampling"].calls == 4);
  CHECK(all["blocks.attention: attention"].calls == 5 * config.layers);
  CHECK(all["logits: matmul A B"].operations == 5 * 2 * config.width * config.vocabulary);
}
