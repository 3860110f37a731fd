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
  };
  for (const std::uint64_t& one : prints)
    for (const std::uint64_t& other : prints) CHECK((one == other) == (&one == &other));
  // Dropout shapes training, not the model.
  CHECK(changed([](GptConfig& c) { c.dropout = 0.1f; }) == Gpt<base>::fingerprint());
  // A default that is spelled out is the same configuration.
  constexpr GptConfig spelled{
      .vocabulary = 256, .context = 64, .width = 128, .heads = 4, .layers = 4, .hidden = 512, .position_count = 64};
  CHECK(Gpt<spelled>::fingerprint() == Gpt<nano>::fingerprint());
}
