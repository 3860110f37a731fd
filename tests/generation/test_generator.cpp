// Writing with a cache: the bits of the full forward pass, and what happens at the edges of the context.
#include <inlay/generation/generator.hpp>

#include "parallel/thread_pool.hpp"
#include "support/catch.hpp"
#include "support/float_mode.hpp"
#include "support/training.hpp"

#include <memory>

namespace {

using inlay::Sampling;
using inlay::Token;
using Text = std::vector<Token>;

constexpr inlay::GptConfig gpt2{.vocabulary = 40, .context = 21, .width = 24, .heads = 3, .layers = 2};
constexpr inlay::GptConfig wide{.vocabulary = 300,
                                .context = 70,
                                .width = 64,
                                .heads = 2,
                                .layers = 1,
                                .tied = false,
                                .activation = inlay::Activation::gelu_erf};
constexpr inlay::GptConfig other{.vocabulary = 13,
                                 .context = 34,
                                 .width = 21,
                                 .heads = 3,
                                 .layers = 3,
                                 .tied = false,
                                 .biases = false,
                                 .activation = inlay::Activation::relu,
                                 .norm = inlay::NormKind::root_mean_square,
                                 .placement = inlay::NormPlacement::after,
                                 .positions = inlay::Positions::sinusoidal,
                                 .dropout = 0.5f};  // which does not apply here

template <class M>
std::unique_ptr<inlay::ParametersOf<M>> parameters(std::uint64_t seed = 3) {
  auto result = std::make_unique<inlay::ParametersOf<M>>();
  inlay::initialize<M>(*result, inlay::Seed{seed});
  // Larger than a new model's, so that logits differ and biases count.
  inlay::visit<M>(
      [&](const inlay::Path&, auto& tensor) {
        for (std::size_t i = 0; i < tensor.size(); ++i)
          tensor.values[i] = 4.0f * tensor.values[i] + 0.01f * static_cast<float>(i % 7);
      },
      *result);
  return result;
}

template <class M>
Text text(std::size_t length, std::uint64_t seed = 8) {
  return OwnedBatch(length, M::vocabulary, seed).inputs;
}

// The logits after each token, by the pass that training takes, with everything at once and no cache.
template <class M>
std::vector<std::vector<float>> full_pass(const inlay::ParametersOf<M>& p, const Text& tokens) {
  static constexpr inlay::Extent extent{.rows = M::context};
  const auto buffers = std::make_unique<inlay::BuffersOf<M>>();
  const auto activations = std::make_unique<inlay::ActivationsOf<M, extent>>();
  const auto workspace = std::make_unique<inlay::WorkspaceOf<M, extent>>();
  inlay::initialize_buffers_at<M>(*buffers);
  std::vector<float> logits(tokens.size() * M::vocabulary);
  const std::uint32_t offsets[2] = {0, static_cast<std::uint32_t>(tokens.size())};
  const inlay::Call call{.packing = {offsets, 1}};
  inlay::Empty state;
  const inlay::Serial serial;
  const inlay::Forward<inlay::ParametersOf<M>, inlay::BuffersOf<M>, inlay::Empty, inlay::ActivationsOf<M, extent>,
                       inlay::WorkspaceOf<M, extent>, inlay::Serial>
      frame{p, *buffers, state, *activations, *workspace, call, serial, inlay::Stream{}};
  M::forward(frame, tokens, inlay::Rows<float, M::vocabulary>(logits.data(), tokens.size()));
  std::vector<std::vector<float>> rows;
  for (std::size_t i = 0; i < tokens.size(); ++i)
    rows.emplace_back(logits.begin() + static_cast<std::ptrdiff_t>(i * M::vocabulary),
                      logits.begin() + static_cast<std::ptrdiff_t>((i + 1) * M::vocabulary));
  return rows;
}

template <class G>
std::vector<float> logits_of(const G& generator) {
  const auto row = generator.logits();
  return {row.data(), row.data() + G::vocabulary};
}
template <class G>
Text tokens_of(const G& generator) {
  return {generator.tokens().begin(), generator.tokens().end()};
}

// Everything that write() delivers.
template <class G, class E = inlay::Serial>
Text written(G& generator, const Text& prompt, std::size_t count, const Sampling& sampling, const E& executor = {}) {
  Text result;
  const std::size_t number = generator.write(
      std::span<const Token>(prompt), count, sampling, [&](Token token) { result.push_back(token); }, executor);
  CHECK(number == result.size());
  return result;
}

template <inlay::GptConfig C, std::size_t Chunk, class E = inlay::Serial>
void check_reading(const E& executor = {}) {
  using M = inlay::Gpt<C>;
  using Generator = inlay::Generator<M, inlay::GeneratorConfig{.chunk = Chunk, .workers = 2}>;
  CAPTURE(C.width, Chunk);
  const auto p = parameters<M>();
  const Text tokens = text<M>(C.context);
  const auto expected = full_pass<M>(*p, tokens);
  // In reads of all sizes: what matters is where a chunk begins and how long it is.
  for (const std::size_t size : {1u, 2u, 3u, 5u, 16u, 17u, 1000u}) {
    CAPTURE(size);
    const auto generator = std::make_unique<Generator>(*p);
    for (std::size_t first = 0; first < tokens.size(); first += size) {
      const std::size_t count = std::min(size, tokens.size() - first);
      REQUIRE(generator->read(std::span(tokens).subspan(first, count), executor));
      REQUIRE(same_bits(logits_of(*generator), expected[first + count - 1]));
    }
    CHECK(tokens_of(*generator) == tokens);
    CHECK_FALSE(generator->read(std::span(tokens).first(1), executor));  // full
    CHECK(same_bits(logits_of(*generator), expected.back()));
  }
}

const Sampling greedy{.temperature = 0.0f};

using M = inlay::Gpt<gpt2>;
using Generator = inlay::Generator<M, inlay::GeneratorConfig{.chunk = 6}>;

}  // namespace

TEST_CASE("Decoding from the cache gives the bits of the full forward pass") {
  check_reading<gpt2, 1>();
  check_reading<gpt2, 4>();
  check_reading<gpt2, 32>();
  check_reading<other, 3>();
  check_reading<other, 16>();
  check_reading<wide, 1>();
  check_reading<wide, 32>();
  check_reading<wide, 70>(ThreadPool{3});
}

TEST_CASE("Greedy decoding is the full pass's greatest logit, token by token") {
  const auto p = parameters<M>();
  const auto generator = std::make_unique<Generator>(*p);
  Text tokens = text<M>(5);
  const Text result = written(*generator, tokens, 100, greedy);
  CHECK(result.size() == 17);  // 21 fit; the last token is delivered, although nothing can follow it
  for (const Token token : result) {
    const auto logits = full_pass<M>(*p, tokens).back();
    REQUIRE(token == static_cast<std::size_t>(std::max_element(logits.begin(), logits.end()) - logits.begin()));
    tokens.push_back(token);
  }
}

TEST_CASE("write() goes on from what was read and written before; reset() forgets it") {
  const auto p = parameters<M>();
  const Sampling sampling{.temperature = 1.5f, .seed = 12};
  const auto whole = std::make_unique<Generator>(*p), parts = std::make_unique<Generator>(*p);
  const Text prompt = text<M>(4);
  const Text expected = written(*whole, prompt, 12, sampling);
  Text result = written(*parts, prompt, 5, sampling);
  for (const std::size_t count : {0u, 1u, 6u}) {
    const Text more = written(*parts, {}, count, sampling);
    result.insert(result.end(), more.begin(), more.end());
  }
  CHECK(result == expected);
  CHECK(tokens_of(*whole) == tokens_of(*parts));
  CHECK(same_bits(logits_of(*whole), logits_of(*parts)));

  // A prompt by read() or by write() is the same.
  const auto read = std::make_unique<Generator>(*p);
  CHECK(read->read(std::span(prompt)));
  CHECK(written(*read, {}, 12, sampling) == expected);

  // The seed alone decides, after reset() too.
  whole->reset();
  CHECK(whole->tokens().empty());
  CHECK(written(*whole, prompt, 12, sampling) == expected);
  whole->reset();
  Sampling another = sampling;
  another.seed = 13;
  CHECK(written(*whole, prompt, 12, another) != expected);
}

TEST_CASE("Without anything read there is nothing to go on from") {
  const auto p = parameters<M>();
  const auto generator = std::make_unique<Generator>(*p);
  CHECK(written(*generator, {}, 5, greedy).empty());
  CHECK(generator->read({}));
  CHECK(generator->tokens().empty());
  CHECK(written(*generator, text<M>(3), 0, greedy).empty());
  CHECK(tokens_of(*generator) == text<M>(3));
  CHECK(same_bits(logits_of(*generator), full_pass<M>(*p, text<M>(3)).back()));
}

TEST_CASE("Stop tokens end a text and are not delivered; a callback ends it after the token it got") {
  const auto p = parameters<M>();
  const Sampling sampling{.temperature = 2.0f, .seed = 4};
  const auto generator = std::make_unique<Generator>(*p);
  const Text prompt = text<M>(3);
  const Text all = written(*generator, prompt, 15, sampling);
  const auto first_of = [&](Token token) { return std::find(all.begin(), all.end(), token) - all.begin(); };
  const Token stops[] = {39, all[6], all[8]};
  const std::size_t expected = static_cast<std::size_t>(std::min(first_of(all[6]), first_of(all[8])));
  Sampling stopping = sampling;
  stopping.stop = stops;
  const auto again = std::make_unique<Generator>(*p);
  const std::size_t stopped = std::min<std::size_t>(expected, static_cast<std::size_t>(first_of(39)));
  CHECK(written(*again, prompt, 15, stopping) == Text(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(stopped)));

  again->reset();
  Text delivered;
  const std::size_t count = again->write(std::span<const Token>(prompt), 15, sampling, [&](Token token) -> bool {
    delivered.push_back(token);
    return delivered.size() < 4;
  });
  CHECK(count == 4);
  CHECK(delivered == Text(all.begin(), all.begin() + 4));
  CHECK(again->tokens().size() == 3 + 4);  // all that was delivered has been read
  CHECK(written(*again, {}, 11, sampling) == Text(all.begin() + 4, all.end()));
}

TEST_CASE("Past the context: stop") {
  const auto p = parameters<M>();
  const auto generator = std::make_unique<Generator>(*p);
  const Text prompt = text<M>(21);
  CHECK(written(*generator, prompt, 10, greedy).size() == 1);
  CHECK(tokens_of(*generator) == prompt);
  // Full, it writes no more; by the other policy it goes on after the token that it delivered last.
  CHECK(written(*generator, {}, 10, greedy).empty());
  Sampling onward = greedy;
  onward.past_context = inlay::PastContext::keep_newest_half;
  const Text more = written(*generator, {}, 4, onward);
  const auto fresh = std::make_unique<Generator>(*p);
  const Text whole = written(*fresh, prompt, 5, onward);
  CHECK(more == Text(whole.begin() + 1, whole.end()));
  const auto longer = std::make_unique<Generator>(*p);
  CHECK(written(*longer, text<M>(22), 10, greedy).empty());  // the prompt itself does not fit
}

TEST_CASE("Past the context: keep the newest half, as if nothing else had been read") {
  const auto p = parameters<M>();
  Sampling sampling{.temperature = 1.2f, .seed = 5};
  sampling.past_context = inlay::PastContext::keep_newest_half;
  for (const std::size_t prompt_length : {1u, 10u, 20u, 21u, 22u, 31u, 32u, 50u, 100u}) {
    CAPTURE(prompt_length);
    const auto generator = std::make_unique<Generator>(*p);
    Text history = text<M>(prompt_length);
    Text prompt = history;
    // Token by token: after each, the cache is the end of the history, and its logits are those of the full pass over
    // it.
    for (int step = 0; step < 45; ++step) {
      const Text one = written(*generator, prompt, 1, sampling);
      REQUIRE(one.size() == 1);
      prompt.clear();
      history.push_back(one[0]);
      const Text kept = tokens_of(*generator);
      REQUIRE(kept.size() <= 21);
      // One more than half at least, unless the text is shorter.
      REQUIRE(kept.size() >= std::min<std::size_t>(11, history.size()));
      REQUIRE(std::equal(kept.rbegin(), kept.rend(), history.rbegin()));
      REQUIRE(same_bits(logits_of(*generator), full_pass<M>(*p, kept).back()));
      const auto fresh = std::make_unique<Generator>(*p);
      REQUIRE(fresh->read(std::span(kept)));
      REQUIRE(same_bits(logits_of(*generator), logits_of(*fresh)));
    }
    // In one call the same.
    const auto at_once = std::make_unique<Generator>(*p);
    CHECK(written(*at_once, text<M>(prompt_length), 45, sampling) ==
          Text(history.begin() + static_cast<std::ptrdiff_t>(prompt_length), history.end()));
  }
}

TEST_CASE("Executors and the caller's floating-point mode do not change a text") {
  using Wide = inlay::Gpt<wide>;
  using G = inlay::Generator<Wide, inlay::GeneratorConfig{.chunk = 32, .workers = 3}>;
  const auto p = parameters<Wide>();
  const auto generator = std::make_unique<G>(*p);
  Sampling sampling{.temperature = 1.1f, .top_k = 50, .top_p = 0.9f, .repetition_penalty = 1.1f, .seed = 77};
  sampling.past_context = inlay::PastContext::keep_newest_half;
  const Text prompt = text<Wide>(64);
  const Text expected = written(*generator, prompt, 30, sampling);
  const auto logits = logits_of(*generator);
  CHECK(expected.size() == 30);
  for (const std::size_t threads : {1u, 2u, 8u}) {
    generator->reset();
    CHECK(written(*generator, prompt, 30, sampling, ThreadPool{threads}) == expected);
    CHECK(same_bits(logits_of(*generator), logits));
  }
  generator->reset();
  CHECK(generator->read(std::span(prompt)));
  const auto read_logits = logits_of(*generator);
  for (const FloatMode& mode : all_float_modes()) {
    CAPTURE(mode.name);
    const ScopedFloatMode caller{mode};
    const auto before = ScopedFloatMode::current();
    generator->reset();
    CHECK(written(*generator, prompt, 30, sampling) == expected);
    CHECK(same_bits(logits_of(*generator), logits));
    generator->reset();
    CHECK(generator->read(std::span(prompt)));
    CHECK(same_bits(logits_of(*generator), read_logits));
    CHECK(ScopedFloatMode::current() == before);
  }
}

TEST_CASE("A prompt of text is its bytes") {
  using Bytes = inlay::Gpt<inlay::GptConfig{.vocabulary = 256, .context = 16, .width = 8, .heads = 1, .layers = 1}>;
  const auto p = parameters<Bytes>();
  const auto generator = std::make_unique<inlay::Generator<Bytes>>(*p);
  const std::size_t count = generator->write("h\xc3\xa9!", 2, greedy, [](auto) {});
  CHECK(count == 2);
  const Text tokens = tokens_of(*generator);
  REQUIRE(tokens.size() == 6);
  CHECK(Text(tokens.begin(), tokens.begin() + 4) == Text{'h', 0xc3, 0xa9, '!'});
}

TEST_CASE("The footprint is the size of the object") {
  constexpr inlay::Footprint f = inlay::footprint<Generator>;
  static_assert(f.total() == sizeof(Generator));
  static_assert(f.state >= 2 * 2 * 21 * 24 * sizeof(float) && f.parameters == 0 && f.gradients == 0);
  SUCCEED("checked by the compiler");
}
