// RecurrentLanguageModel against the reference; its parameters, names and fingerprint; it learns, and is continued.

#include <inlay/generation/generator.hpp>
#include <inlay/models/gpt.hpp>
#include <inlay/models/recurrent.hpp>
#include <inlay/training/schedule.hpp>
#include <inlay/training/trainer.hpp>

#include <memory>
#include <string>
#include <string_view>

#include "parallel/thread_pool.hpp"
#include "support/module_run.hpp"
#include "support/recurrent_reference.hpp"
#include "support/training.hpp"

using inlay::Cell;
using inlay::Extent;
using inlay::RecurrentLanguageModel;
using inlay::RecurrentLanguageModelConfig;
using inlay::Token;

namespace {

reference::Matrix language_model(const reference::Place& p, const RecurrentLanguageModelConfig& c,
                                 const std::vector<Token>& tokens) {
  reference::Matrix x = reference::dropout(p.part("dropout"), embedding(p.part("token_embedding"), tokens), c.dropout);
  for (std::size_t layer = 0; layer < c.layers; ++layer)
    x = reference::recurrent(p.part("layers").layer(layer), x, c.cell, c.dropout);
  return c.tied ? product(x, transposed(p.part("token_embedding")("weight"))) : linear(p.part("logits"), x);
}

template <RecurrentLanguageModelConfig C, Extent E = Extent{.rows = 24}>
void check(const reference::Offsets& offsets) {
  module_test::compare_with_reference<RecurrentLanguageModel<C>, E>(
      offsets, [](const reference::Place& p, const std::vector<Token>& tokens) {
        return language_model(p, RecurrentLanguageModel<C>::config, tokens);
      });
}

constexpr RecurrentLanguageModelConfig base{.vocabulary = 17, .context = 21, .width = 15, .layers = 2};

template <RecurrentLanguageModelConfig C>
std::unique_ptr<inlay::ParametersOf<RecurrentLanguageModel<C>>> parameters() {
  using M = RecurrentLanguageModel<C>;
  auto result = std::make_unique<inlay::ParametersOf<M>>();
  inlay::initialize<M>(*result, inlay::Seed{3});
  return result;
}

// The logits after each token, by the pass that training takes.
template <class M>
std::vector<float> full_pass(const inlay::ParametersOf<M>& p, const std::vector<Token>& tokens) {
  const auto run = std::make_unique<module_test::ModuleRun<M, Extent{.rows = M::context}>>(
      reference::Offsets{0, static_cast<std::uint32_t>(tokens.size())}, 1);
  run->parameters = p;
  run->tokens = tokens;
  run->call.training = false;
  run->forward();
  return run->y;
}

template <RecurrentLanguageModelConfig C, std::size_t Chunk>
void check_reading() {
  using M = RecurrentLanguageModel<C>;
  using Generator = inlay::Generator<M, inlay::GeneratorConfig{.chunk = Chunk}>;
  CAPTURE(C.width, Chunk);
  const auto p = parameters<C>();
  const std::vector<Token> tokens = OwnedBatch(C.context, C.vocabulary, 8).inputs;
  const std::vector<float> expected = full_pass<M>(*p, tokens);
  for (const std::size_t size : {1u, 2u, 5u, 16u, 1000u}) {
    const auto generator = std::make_unique<Generator>(*p);
    for (std::size_t first = 0; first < tokens.size(); first += size) {
      const std::size_t count = std::min(size, tokens.size() - first);
      REQUIRE(generator->read(std::span(tokens).subspan(first, count)));
      REQUIRE(std::equal(generator->logits().data(), generator->logits().data() + C.vocabulary,
                         &expected[(first + count - 1) * C.vocabulary], numbers::same_bits));
    }
  }
}

template <RecurrentLanguageModelConfig C, class E>
std::vector<float> trained(const E& executor) {
  using Trainer =
      inlay::Trainer<RecurrentLanguageModel<C>, inlay::TrainerConfig{.batch = 6, .slices = 3, .rows_per_pass = 42}>;
  const auto trainer = std::make_unique<Trainer>();
  trainer->initialize(inlay::Seed{5});
  const OwnedBatch batch = OwnedBatch::packed({21, 1, 7, 20, 3, 9}, C.vocabulary, 3);
  std::vector<float> result;
  for (int step = 0; step < 5; ++step)
    result.push_back(
        trainer->step(batch.view(), inlay::AdamW{.learning_rate = 1e-2f, .clip_norm = 1.0f}, executor).loss);
  const std::vector<float> kept = numbers_kept_by(*trainer);
  result.insert(result.end(), kept.begin(), kept.end());
  return result;
}

constexpr std::string_view text = "An inlay is set into the wood: its shape is cut first, and then it fits exactly. ";

template <Cell K>
void check_learns() {
  constexpr std::size_t context = 32, batch = 8, steps = 250;
  using Model = RecurrentLanguageModel<RecurrentLanguageModelConfig{
      .vocabulary = 256, .context = context, .width = 48, .layers = 1, .cell = K, .tied = false}>;
  using Trainer = inlay::Trainer<Model, inlay::TrainerConfig{.batch = batch}>;
  const auto trainer = std::make_unique<Trainer>();
  trainer->initialize(inlay::Seed{1});
  std::vector<Token> inputs(batch * context), targets(batch * context);
  float loss = 0.0f;
  for (std::size_t step = 0; step <= steps; ++step) {
    for (std::size_t row = 0; row < batch; ++row)
      for (std::size_t i = 0; i < context; ++i) {
        const std::size_t at = 17 * (batch * step + row) + i;
        inputs[row * context + i] = static_cast<unsigned char>(text[at % text.size()]);
        targets[row * context + i] = static_cast<unsigned char>(text[(at + 1) % text.size()]);
      }
    const float rate = inlay::warmup_cosine(step, {.peak = 1e-2f, .warmup = 10, .total = steps});
    const auto report =
        trainer->step({inputs, {targets}}, inlay::AdamW{.learning_rate = rate, .clip_norm = 1.0f}, inlay::Serial{});
    REQUIRE_FALSE(report.skipped);
    loss = report.loss;
  }
  CAPTURE(static_cast<int>(K), loss);
  CHECK(loss < 0.25f);

  // It writes the text on, past its context too.
  const auto generator = std::make_unique<inlay::Generator<Model>>(trainer->parameters());
  const inlay::Sampling sampling{.temperature = 0.0f, .past_context = inlay::PastContext::keep_newest_half};
  std::string written;
  generator->write("An inlay", 73, sampling, [&](Token token) { written.push_back(static_cast<char>(token)); });
  CHECK(written == text.substr(8));
}

struct NoClock {
  static std::uint64_t now() noexcept { return 0; }
};

// Operations of a forward pass over one sequence, and those of attention alone.
struct Operations {
  std::uint64_t all, attention;
};
template <class M, std::size_t Length>
Operations operations_of_forward() {
  constexpr Extent extent{.rows = Length};
  static inlay::Trace<NoClock> trace;
  trace.clear();
  const auto run = std::make_unique<module_test::ModuleRun<M, extent>>(reference::Offsets{0, Length}, 1);
  const inlay::Serial serial;
  const inlay::Traced traced{serial, trace};
  using E = std::remove_const_t<decltype(traced)>;
  const inlay::Forward<decltype(run->parameters), decltype(run->buffers), inlay::Empty, decltype(run->activations),
                       decltype(run->workspace), E>
      frame{run->parameters, run->buffers, inlay::detail::nothing, run->activations, run->workspace,
            run->call,       traced,       inlay::Stream{}};
  M::forward(frame, run->input(), inlay::Rows<float, M::vocabulary>(run->y.data(), Length));
  Operations result{0, 0};
  trace.visit(
      [&](const inlay::Path&, const char* kernel, const inlay::SpanTotals& totals, std::size_t) {
        if (std::string_view(kernel).find("matmul") == 0) result.all += totals.operations;
        if (std::string_view(kernel) == "attention") result.attention += totals.operations;
      },
      inlay::Path{});
  result.all += result.attention;
  return result;
}

}  // namespace

TEST_CASE("RecurrentLanguageModel against the reference", "[recurrent]") {
  check<base>({0, 21, 22, 24});
  check<RecurrentLanguageModelConfig{
      .vocabulary = 9, .context = 13, .width = 16, .layers = 1, .cell = Cell::gru, .tied = false}>({5, 18, 20});
  check<RecurrentLanguageModelConfig{
      .vocabulary = 33, .context = 11, .width = 17, .layers = 3, .cell = Cell::elman, .biases = false}>({0, 11, 12});
  constexpr RecurrentLanguageModelConfig dropping{
      .vocabulary = 7, .context = 11, .width = 8, .layers = 2, .tied = false, .biases = false, .dropout = 0.25f};
  check<dropping>({0, 11, 12, 20});
  check<dropping, Extent{.rows = 24, .recompute = inlay::Recompute::block}>({0, 11, 12, 20});
}

TEST_CASE("RecurrentLanguageModel: the number of its parameters, and their names", "[recurrent]") {
  const auto count = []<RecurrentLanguageModelConfig C>() {
    return inlay::parameter_count<RecurrentLanguageModel<C>>(*parameters<C>());
  };
  // V d + L (2 g d^2 + g d), and V d + V if untied
  CHECK(count.operator()<base>() == 17 * 15 + 2 * (2 * 4 * 15 * 15 + 4 * 15));
  CHECK(count.operator()<RecurrentLanguageModelConfig{
            .vocabulary = 9, .context = 3, .width = 16, .layers = 3, .cell = Cell::gru, .tied = false}>() ==
        9 * 16 + 3 * (2 * 3 * 16 * 16 + 4 * 16) + 9 * 16 + 9);
  CHECK(count.operator()<RecurrentLanguageModelConfig{
            .vocabulary = 9, .context = 3, .width = 16, .layers = 1, .cell = Cell::elman, .biases = false}>() ==
        9 * 16 + 2 * 16 * 16);
  std::vector<std::string> names;
  inlay::visit<RecurrentLanguageModel<base>>(
      [&](const inlay::Path& path, const auto&) { names.emplace_back(path.text().c_str()); }, *parameters<base>());
  CHECK(names == std::vector<std::string>{"token_embedding.weight", "layers.0.input.weight", "layers.0.input.bias",
                                          "layers.0.hidden.weight", "layers.1.input.weight", "layers.1.input.bias",
                                          "layers.1.hidden.weight"});
}

TEST_CASE("RecurrentLanguageModel: the fingerprint tells configurations apart", "[recurrent]") {
  constexpr auto changed = []<class Change>(Change) {
    constexpr RecurrentLanguageModelConfig c = [] {
      RecurrentLanguageModelConfig result = base;
      Change{}(result);
      return result;
    }();
    return RecurrentLanguageModel<c>::fingerprint();
  };
  const std::uint64_t prints[] = {
      RecurrentLanguageModel<base>::fingerprint(),
      changed([](RecurrentLanguageModelConfig& c) { c.cell = Cell::gru; }),
      changed([](RecurrentLanguageModelConfig& c) { c.cell = Cell::elman; }),
      changed([](RecurrentLanguageModelConfig& c) { c.tied = false; }),
      changed([](RecurrentLanguageModelConfig& c) { c.biases = false; }),
      changed([](RecurrentLanguageModelConfig& c) { c.layers = 3; }),
      changed([](RecurrentLanguageModelConfig& c) { c.width = 16; }),
  };
  for (const std::uint64_t& one : prints)
    for (const std::uint64_t& other : prints) CHECK((one == other) == (&one == &other));
  CHECK(changed([](RecurrentLanguageModelConfig& c) { c.dropout = 0.1f; }) == prints[0]);
  CHECK(changed([](RecurrentLanguageModelConfig& c) { c.context = 99; }) == prints[0]);
}

TEST_CASE("RecurrentLanguageModel: streaming gives the bits of the full pass", "[recurrent]") {
  check_reading<base, 1>();
  check_reading<base, 4>();
  check_reading<base, 32>();
  check_reading<
      RecurrentLanguageModelConfig{
          .vocabulary = 40, .context = 34, .width = 33, .layers = 1, .cell = Cell::gru, .tied = false, .dropout = 0.5f},
      3>();  // dropout does not apply here
  check_reading<RecurrentLanguageModelConfig{
                    .vocabulary = 40, .context = 34, .width = 16, .layers = 3, .cell = Cell::elman, .biases = false},
                5>();
}

TEST_CASE("RecurrentLanguageModel: training has the same bits for any number of threads", "[recurrent]") {
  constexpr RecurrentLanguageModelConfig dropping{
      .vocabulary = 17, .context = 21, .width = 24, .layers = 2, .tied = false, .dropout = 0.2f};
  const std::vector<float> serial = trained<dropping>(inlay::Serial{});
  CHECK(same_bits(trained<dropping>(ThreadPool{2}), serial));
  CHECK(same_bits(trained<dropping>(ThreadPool{3}), serial));
}

TEST_CASE("A small RecurrentLanguageModel learns a text, and a Generator continues it", "[recurrent]") {
  check_learns<Cell::lstm>();
  check_learns<Cell::gru>();
  check_learns<Cell::elman>();
}

TEST_CASE("Lecture C: a recurrent model's graph grows linearly with the tokens, attention's quadratically",
          "[recurrent]") {
  using Lstm = RecurrentLanguageModel<RecurrentLanguageModelConfig{
      .vocabulary = 17, .context = 128, .width = 24, .layers = 2, .tied = false}>;
  using Gpt = inlay::Gpt<inlay::GptConfig{.vocabulary = 17, .context = 128, .width = 24, .heads = 2, .layers = 2}>;
  // A token takes 2 (2 * 4 d^2 L + d V) operations, wherever it stands.
  constexpr std::uint64_t token = 2 * (2 * 4 * 24 * 24 * 2 + 24 * 17);
  CHECK(operations_of_forward<Lstm, 32>().all == 32 * token);
  CHECK(operations_of_forward<Lstm, 64>().all == 64 * token);
  CHECK(operations_of_forward<Lstm, 128>().all == 128 * token);
  // A pair of a row and a key that it sees takes 4 d operations in each layer, and n rows see n (n + 1) / 2 keys.
  const Operations short_one = operations_of_forward<Gpt, 64>(), long_one = operations_of_forward<Gpt, 128>();
  CHECK(short_one.attention == 4 * 24 * 2 * (64 * 65 / 2));
  CHECK(long_one.attention == 4 * 24 * 2 * (128 * 129 / 2));
  CHECK(long_one.all - long_one.attention == 2 * (short_one.all - short_one.attention));
  // What a decoder remembers: two vectors a layer, or keys and values of the whole context.
  static_assert(sizeof(inlay::StateOf<Lstm, 1>) == 4 * 2 * 2 * 24);
  static_assert(sizeof(inlay::StateOf<Gpt, 1>) >= 4 * 2 * 2 * 24 * 128);
}
