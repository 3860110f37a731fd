// Gpt against the reference in variants that no golden file has; its parameters, names, first values and fingerprint.

#include <inlay/models/gpt.hpp>

#include "support/module_run.hpp"

using namespace module_test;
using inlay::Activation;
using inlay::Gpt;
using inlay::GptConfig;
using inlay::NormKind;
using inlay::NormPlacement;
using inlay::Positions;

namespace {

template <GptConfig C, Extent E = Extent{.rows = 24}>
void check(const reference::Offsets& offsets) {
  compare_with_reference<Gpt<C>, E>(offsets, [](const reference::Place& p, const std::vector<Token>& tokens) {
    return reference::gpt(p, C, tokens);
  });
}

constexpr GptConfig base{
    .vocabulary = 17, .context = 11, .width = 15, .heads = 3, .layers = 2, .hidden = 16, .biases = false};
constexpr GptConfig nano{.vocabulary = 256, .context = 64, .width = 128, .heads = 4, .layers = 4};

}  // namespace

TEST_CASE("Gpt against the reference", "[gpt]") {
  check<base>({0, 11, 12, 23});
  check<GptConfig{.vocabulary = 9,
                  .context = 13,
                  .width = 16,
                  .heads = 2,
                  .layers = 1,
                  .hidden = 33,
                  .tied = false,
                  .activation = Activation::silu,
                  .norm = NormKind::root_mean_square,
                  .positions = Positions::sinusoidal}>({5, 18, 20});
  check<GptConfig{.vocabulary = 33,
                  .context = 11,
                  .width = 17,
                  .heads = 1,
                  .layers = 2,
                  .hidden = 15,
                  .activation = Activation::gelu_erf,
                  .placement = NormPlacement::after,
                  .position_count = 20,
                  .dropout = 0.15f}>({0, 11, 12, 23});
  // dropout and every value computed again
  constexpr GptConfig dropping{
      .vocabulary = 7, .context = 11, .width = 8, .heads = 2, .layers = 3, .norm_gain = false, .dropout = 0.25f};
  check<dropping>({0, 11, 12, 20});
  check<dropping, Extent{.rows = 24, .recompute = inlay::Recompute::block}>({0, 11, 12, 20});
}

TEST_CASE("Gpt against the reference: every way to know positions", "[gpt]") {
  constexpr auto with = [](Positions positions) {
    GptConfig c = base;
    c.width = 12;
    c.positions = positions;
    return c;
  };
  check<with(Positions::none)>({0, 11, 12, 23});
  check<with(Positions::rotary)>({0, 11, 12, 23});
  check<with(Positions::alibi)>({0, 11, 12, 23});
  constexpr GptConfig relative = [] {
    GptConfig c = base;
    c.positions = Positions::relative;
    c.buckets = 6;
    c.furthest_bucket = 8;
    c.attention_scale = 1.0f;  // as in T5
    c.norm = NormKind::root_mean_square;
    return c;
  }();
  check<relative>({0, 11, 12, 23});
  check<relative, Extent{.rows = 24, .recompute = inlay::Recompute::block}>({0, 11, 12, 23});
}

TEST_CASE("Gpt against the reference: variants of its blocks together", "[gpt]") {
  check<GptConfig{.vocabulary = 17,
                  .context = 11,
                  .width = 16,
                  .heads = 4,
                  .layers = 2,
                  .hidden = 10,
                  .tied = false,
                  .biases = false,
                  .activation = Activation::silu,
                  .norm = NormKind::root_mean_square,
                  .positions = Positions::rotary,
                  .gated = true,
                  .key_value_heads = 2}>({0, 11, 12, 23});
  check<GptConfig{.vocabulary = 17,
                  .context = 11,
                  .width = 9,
                  .heads = 2,
                  .layers = 2,
                  .placement = NormPlacement::after,
                  .positions = Positions::alibi,
                  .dropout = 0.2f,
                  .gated = true,
                  .key_value_heads = 1,
                  .head_width = 6,
                  .window = 4,
                  .query_key_norm = true}>({0, 11, 12, 23});
}

TEST_CASE("Gpt: the transformer of lecture A, in its own equations", "[gpt][lecture-a]") {
  // z = W_E x + W_P;  z <- z + W_O^T W_V z softmax(z^T W_Q^T W_K z);  z <- z + W_2^T relu(W_1 z);  softmax(W_U^T z)
  constexpr auto model = [](std::size_t m, std::size_t n_max, std::size_t d, std::size_t k, std::size_t p,
                            std::size_t layers) {
    return GptConfig{.vocabulary = m,
                     .context = n_max,
                     .width = d,
                     .heads = 1,
                     .layers = layers,
                     .hidden = p,
                     .tied = false,
                     .biases = false,
                     .activation = Activation::relu,
                     .placement = NormPlacement::none,
                     .head_width = k,
                     .attention_scale = 1.0f};
  };
  check<model(5, 11, 10, 7, 15, 2)>({0, 11, 12, 23});

  // The number of parameters, 2 d m + d n_max + L (4 k d + 2 p d), by formula and by count.
  using Sorter = Gpt<model(5, 13, 10, 7, 15, 2)>;
  static inlay::ParametersOf<Sorter> counted;
  CHECK(inlay::parameter_count<Sorter>(counted) == 2 * 10 * 5 + 10 * 13 + 2 * (4 * 7 * 10 + 2 * 15 * 10));

  // Worked example: n = 1, m = d = k = p = 2, W_P = (1, 0)^T, W_E = diag(1, alpha), the others the identity. Input 1 is
  // predicted as 1 exactly when alpha > 1: every layer doubles twice, so z = 4 (1, alpha).
  using Worked = Gpt<model(2, 1, 2, 2, 2, 1)>;
  const auto logits = [](float alpha) {
    ModuleRun<Worked, Extent{.rows = 1}> run({0, 1}, 1);
    inlay::visit<Worked>(
        [](const inlay::Path&, auto& tensor) {
          std::fill(tensor.begin(), tensor.end(), 0.0f);
          for (std::size_t i = 0; i < 2 && tensor.shape[0] == 2; ++i) tensor(i, i) = 1.0f;
        },
        run.parameters);
    run.parameters.token_embedding.weight(1, 1) = alpha;
    run.parameters.position_embedding.weight(0, 0) = 1.0f;
    run.tokens = {1};
    run.forward();
    return run.y;
  };
  for (const float alpha : {0.5f, 0.99f, 1.01f, 3.0f}) {
    const std::vector<float> z = logits(alpha);
    CHECK(z[0] == 4.0f);
    CHECK(z[1] == 4.0f * alpha);
    CHECK((z[1] > z[0]) == (alpha > 1.0f));
  }
}

TEST_CASE("Gpt: the number of its parameters, and their names", "[gpt]") {
  // V d + n d + L (12 d^2 + 13 d) + 2 d
  static inlay::ParametersOf<Gpt<nano>> nano_parameters;
  CHECK(inlay::parameter_count<Gpt<nano>>(nano_parameters) ==
        256 * 128 + 64 * 128 + 4 * (12 * 128 * 128 + 13 * 128) + 2 * 128);
  static inlay::ParametersOf<Gpt<base>> parameters;
  std::vector<std::string> names;
  inlay::visit<Gpt<base>>([&](const inlay::Path& path, const auto&) { names.emplace_back(path.text().c_str()); },
                          parameters);
  REQUIRE(names.size() == 2 + 2 * 8 + 1);
  CHECK(names[0] == "token_embedding.weight");
  CHECK(names[1] == "position_embedding.weight");
  CHECK(names[2] == "blocks.0.attention_norm.gain");
  CHECK(names[3] == "blocks.0.attention.query.weight");
  CHECK(names[17] == "blocks.1.feed_forward.down.weight");
  CHECK(names[18] == "norm.gain");
}

TEST_CASE("Gpt begins as GPT-2 does", "[gpt]") {
  static inlay::ParametersOf<Gpt<nano>> parameters;
  inlay::initialize<Gpt<nano>>(parameters, inlay::Seed{1});
  inlay::visit<Gpt<nano>>(
      [&](const inlay::Path& path, const auto& tensor) {
        const std::string name = path.text().c_str();
        CAPTURE(name);
        const auto ends = [&](const std::string& end) {
          return name.size() >= end.size() && name.compare(name.size() - end.size(), end.size(), end) == 0;
        };
        if (ends("gain") || ends("bias")) {
          for (const float value : tensor) CHECK(value == (ends("gain") ? 1.0f : 0.0f));
          return;
        }
        const bool to_residual = ends("output.weight") || ends("down.weight");
        const double wanted = to_residual ? 0.02 / std::sqrt(8.0) : 0.02;
        double squares = 0.0;
        for (const float value : tensor) squares += static_cast<double>(value) * static_cast<double>(value);
        CHECK(std::fabs(std::sqrt(squares / static_cast<double>(tensor.size())) / wanted - 1.0) < 0.05);
      },
      parameters);
  // Layers begin differently, and so do the projections of one.
  CHECK(!equal_bits(parameters.blocks.layers[0].attention.query.weight,
                    parameters.blocks.layers[1].attention.query.weight));
  CHECK(!equal_bits(parameters.blocks.layers[0].attention.query.weight,
                    parameters.blocks.layers[0].attention.key.weight));
  CHECK(!equal_bits(parameters.blocks.layers[0].attention.output.weight,
                    parameters.blocks.layers[1].attention.output.weight));
}

TEST_CASE("Gpt: the fingerprint tells configurations apart", "[gpt]") {
  const auto changed = [](auto change) {
    return []<class Change>(Change) {
      constexpr GptConfig c = [] {
        GptConfig result = base;
        Change{}(result);
        return result;
      }();
      return Gpt<c>::fingerprint();
    }(change);
  };
  const std::uint64_t prints[] = {
      Gpt<base>::fingerprint(),
      changed([](GptConfig& c) { c.heads = 5; }),
      changed([](GptConfig& c) { c.tied = false; }),
      changed([](GptConfig& c) { c.activation = Activation::relu; }),
      changed([](GptConfig& c) { c.norm = NormKind::root_mean_square; }),
      changed([](GptConfig& c) { c.placement = NormPlacement::after; }),
      changed([](GptConfig& c) { c.positions = Positions::sinusoidal; }),
      changed([](GptConfig& c) { c.epsilon = 1e-6f; }),
      changed([](GptConfig& c) { c.position_count = 12; }),
      changed([](GptConfig& c) { c.layers = 3; }),
      changed([](GptConfig& c) { c.gated = true; }),
      changed([](GptConfig& c) { c.key_value_heads = 1; }),
      changed([](GptConfig& c) { c.window = 1; }),
      changed([](GptConfig& c) { c.window = 7; }),
      changed([](GptConfig& c) { c.head_width = 1; }),
      changed([](GptConfig& c) { c.head_width = 7; }),
      changed([](GptConfig& c) { c.query_key_norm = true; }),
      changed([](GptConfig& c) { c.attention_scale = 1.0f; }),
      changed([](GptConfig& c) { c.positions = Positions::none; }),
      changed([](GptConfig& c) { c.positions = Positions::alibi; }),
      changed([](GptConfig& c) { c.positions = Positions::relative; }),
      changed([](GptConfig& c) { c.positions = Positions::relative, c.buckets = 8; }),
      changed([](GptConfig& c) { c.positions = Positions::rotary, c.rotary_width = 4; }),
      changed([](GptConfig& c) { c.positions = Positions::rotary, c.rotary_width = 2; }),
      changed([](GptConfig& c) { c.positions = Positions::rotary, c.rotary_width = 2, c.rotary_base = 500.0f; }),
  };
  for (const std::uint64_t& one : prints)
    for (const std::uint64_t& other : prints) CHECK((one == other) == (&one == &other));
  // Dropout shapes training, not the model.
  CHECK(changed([](GptConfig& c) { c.dropout = 0.1f; }) == Gpt<base>::fingerprint());
  // A default that is spelled out is the same configuration.
  constexpr GptConfig spelled{.vocabulary = 256,
                              .context = 64,
                              .width = 128,
                              .heads = 4,
                              .layers = 4,
                              .hidden = 512,
                              .position_count = 64,
                              .key_value_heads = 4,
                              .head_width = 32};
  CHECK(Gpt<spelled>::fingerprint() == Gpt<nano>::fingerprint());
}
