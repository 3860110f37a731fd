// EncoderDecoder in variants that no golden file has: against the reference, decoded from its caches, and trained in
// passes of any size.

#include <inlay/models/encoder_decoder.hpp>
#include <inlay/training/trainer.hpp>

#include "support/module_run.hpp"

using namespace module_test;
using inlay::AttentionPlace;
using inlay::EncoderDecoder;
using inlay::EncoderDecoderConfig;
using inlay::NormPlacement;
using reference::Matrix;
using reference::Place;
using reference::Real;

namespace {

constexpr EncoderDecoderConfig base{.source_vocabulary = 9,
                                    .vocabulary = 11,
                                    .source_context = 12,
                                    .context = 12,
                                    .width = 12,
                                    .heads = 3,
                                    .layers = 2,
                                    .hidden = 10};
constexpr EncoderDecoderConfig other = [] {
  EncoderDecoderConfig c = base;
  c.source_vocabulary = 11;
  c.shared_embedding = true;
  c.tied = false;
  c.scaled_embedding = false;
  c.encoder_layers = 1;
  c.placement = NormPlacement::before;
  c.gated = true;
  c.activation = inlay::Activation::silu;
  c.positions = inlay::Positions::rotary;
  c.width = 16;
  c.heads = 4;
  c.key_value_heads = 2;
  c.dropout = 0.2f;
  return c;
}();
constexpr EncoderDecoderConfig learned = [] {
  EncoderDecoderConfig c = base;
  c.positions = inlay::Positions::learned;
  c.placement = NormPlacement::none;
  c.dropout = 0.1f;
  return c;
}();

// Where no tensor is used twice, each gradient is one chain over the rows.
constexpr EncoderDecoderConfig separate = [] {
  EncoderDecoderConfig c = other;
  c.shared_embedding = false;
  return c;
}();

// A part of a block's tensors, whose random numbers come from a place with another name.
Place drawn_as(Place place, const char* stream) {
  place.stream = place.stream.child(stream, 0);
  return place;
}

// x + dropped(module), with its normalisation before or after.
template <EncoderDecoderConfig C, class F>
Matrix sublayer(const Place& block, const char* name, const Matrix& x, F&& module) {
  const auto norm = [&](const Matrix& of) {
    return reference::normalization(block.part((std::string(name) + "_norm").c_str()), of,
                                    C.norm == inlay::NormKind::layer);
  };
  const Place part = block.part(name);
  const auto added = [&](const Matrix& in) {
    return x + reference::dropout(drawn_as(part, "dropout"), module(drawn_as(part, "module"), in), C.dropout);
  };
  if (C.placement == NormPlacement::before) return added(norm(x));
  return C.placement == NormPlacement::after ? norm(added(x)) : added(x);
}

template <EncoderDecoderConfig C, class Run>
Matrix translate(const Place& p, const Run& run) {
  const auto norm = [&](const char* name, const Matrix& of) {
    return C.placement == NormPlacement::before ? reference::normalization(p.part(name), of, true) : of;
  };
  const auto scaled = [](Matrix x) {
    for (Real& value : x.values)
      value = value * Real(C.scaled_embedding ? std::sqrt(static_cast<double>(C.width)) : 1.0);
    return x;
  };
  const auto placed = [&](const Place& at, const Matrix& x) {
    if (C.positions == inlay::Positions::learned) return reference::learned_positions(at, x);
    return C.positions == inlay::Positions::sinusoidal ? reference::sinusoidal_positions(at, x) : x;
  };
  const auto feed = [](const Place& at, const Matrix& in) {
    return C.gated ? reference::gated_feed_forward(at, in, C.activation)
                   : reference::feed_forward(at, in, C.activation);
  };
  Place source = p;
  source.offsets = &run.source_offsets;
  source.random.first_row = run.call.memory.first_row;
  const char* const table = C.shared_embedding ? "token_embedding" : "source_embedding";
  Matrix m = placed(source.part("source_positions"), scaled(reference::embedding(source.part(table), run.source)));
  m = reference::dropout(source.part("source_dropout"), m, C.dropout);
  for (std::size_t layer = 0; layer < EncoderDecoder<C>::encoder_layers; ++layer) {
    const Place block = source.part("encoder").layer(layer);
    const auto attend = [&](const Matrix& in) {
      return reference::dropout(
          block.part("attention_dropout"),
          reference::attention(block.part("attention"), in, inlay::attention_of(C, AttentionPlace::encoder)),
          C.dropout);
    };
    const auto feed_dropped = [&](const Matrix& in) {
      return reference::dropout(block.part("feed_forward_dropout"), feed(block.part("feed_forward"), in), C.dropout);
    };
    const auto block_norm = [&](const char* name, const Matrix& of) {
      return reference::normalization(block.part(name), of, true);
    };
    if (C.placement == NormPlacement::before) {
      m = m + attend(block_norm("attention_norm", m));
      m = m + feed_dropped(block_norm("feed_forward_norm", m));
    } else if (C.placement == NormPlacement::after) {
      m = block_norm("attention_norm", m + attend(m));
      m = block_norm("feed_forward_norm", m + feed_dropped(m));
    } else {
      m = m + attend(m);
      m = m + feed_dropped(m);
    }
  }
  m = norm("encoder_norm", m);
  Matrix x = placed(p.part("positions"), scaled(reference::embedding(p.part("token_embedding"), run.tokens)));
  x = reference::dropout(p.part("dropout"), x, C.dropout);
  for (std::size_t layer = 0; layer < C.layers; ++layer) {
    const Place block = p.part("decoder").layer(layer);
    x = sublayer<C>(block, "attention", x, [&](const Place& at, const Matrix& in) {
      return reference::attention(at, in, inlay::attention_of(C, AttentionPlace::decoder));
    });
    x = sublayer<C>(block, "cross_attention", x, [&](const Place& at, const Matrix& in) {
      return reference::attention(at, in, inlay::attention_of(C, AttentionPlace::cross), m, run.source_offsets);
    });
    x = sublayer<C>(block, "feed_forward", x, feed);
  }
  x = norm("norm", x);
  return C.tied ? reference::product(x, reference::transposed(p.part("token_embedding")("weight")))
                : reference::linear(p.part("logits"), x);
}

constexpr Extent extent{.rows = 24, .memory_rows = 24};

template <EncoderDecoderConfig C, Extent E = extent>
void check(const reference::Offsets& offsets) {
  CAPTURE(C.width, C.dropout, static_cast<int>(C.placement));
  compare_with_reference<EncoderDecoder<C>, E>(
      offsets, [](const Place& p, const ModuleRun<EncoderDecoder<C>, E>& run) { return translate<C>(p, run); });
}

// One token at a time, both sequences at once.
template <EncoderDecoderConfig C>
void check_cache() {
  using M = EncoderDecoder<C>;
  constexpr Extent inference{.rows = 24, .training = false, .memory_rows = 24};
  ModuleRun<M, inference> full({0, 9, 18}, 3);
  full.call.training = false;
  full.forward();
  static inlay::StateOf<M, 2> state;
  ModuleRun<M, inference>::poison(state);
  for (std::uint32_t step = 0; step < 9; ++step) {
    ModuleRun<M, inference> part({0, 1, 2}, 3);
    part.call.training = false;
    part.tokens = {full.tokens[step], full.tokens[9 + step]};
    part.starts = {step, step};
    part.call.packing.starts = part.starts.data();
    part.source = full.source;
    part.source_offsets = full.source_offsets;
    if (step > 0) part.source.clear();
    const auto f = part.forward_frame();
    M::forward(f.with(f.parameters, f.buffers, state, f.activations, f.workspace, f.stream), part.input(),
               Rows<float, C.vocabulary>(part.y.data(), 2));
    const auto same = [&](std::size_t row, std::size_t expected) {
      return std::equal(&part.y[row * C.vocabulary], &part.y[row * C.vocabulary] + C.vocabulary,
                        &full.y[expected * C.vocabulary], numbers::same_bits);
    };
    CHECK(same(0, step));
    CHECK(same(1, 9 + step));
  }
}

}  // namespace

TEST_CASE("EncoderDecoder against the reference", "[encoder_decoder]") {
  check<base>({0, 12, 13, 20});
  check<other>({6, 18, 19, 26});
  check<other, Extent{.rows = 24, .recompute = inlay::Recompute::block, .memory_rows = 24}>({6, 18, 19, 26});
  check<learned>({0, 12, 13, 20});
}

TEST_CASE("EncoderDecoder from its caches has the bits of the full pass", "[encoder_decoder]") {
  check_cache<base>();
  check_cache<other>();
  check_cache<learned>();
}

TEST_CASE("EncoderDecoder: the gradient does not depend on how a slice is cut into passes", "[encoder_decoder]") {
  const auto gradients = []<std::size_t RowsPerPass>() {
    using Trainer = inlay::Trainer<EncoderDecoder<separate>,
                                   inlay::TrainerConfig{.batch = 6, .slices = 1, .rows_per_pass = RowsPerPass}>;
    static Trainer trainer;
    trainer.initialize(inlay::Seed{3});
    numbers::Source source(8);
    std::vector<Token> sources, targets, labels;
    std::vector<std::uint32_t> source_offsets{0}, offsets{0};
    for (std::size_t s = 0; s < 6; ++s) {
      for (std::size_t i = 0; i < 1 + source.below(12); ++i) sources.push_back(static_cast<Token>(source.below(11)));
      for (std::size_t i = 0; i < 1 + source.below(12); ++i) {
        targets.push_back(static_cast<Token>(source.below(11)));
        labels.push_back(static_cast<Token>(source.below(11)));
      }
      source_offsets.push_back(static_cast<std::uint32_t>(sources.size()));
      offsets.push_back(static_cast<std::uint32_t>(targets.size()));
    }
    // Twice, so that dropout's rows go on counting.
    for (int turn = 0; turn < 2; ++turn)
      trainer.accumulate({{sources, source_offsets, targets}, {labels}, offsets}, inlay::Serial{});
    std::vector<float> all;
    inlay::visit<EncoderDecoder<separate>>(
        [&](const inlay::Path&, const auto& g) { all.insert(all.end(), g.begin(), g.end()); }, trainer.gradients());
    return all;
  };
  const std::vector<float> whole = gradients.operator()<72>();
  CHECK(equal_bits(gradients.operator()<12>(), whole));
  CHECK(equal_bits(gradients.operator()<24>(), whole));
}
