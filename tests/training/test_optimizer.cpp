// The optimizers against their formulas in double precision, over twenty steps.
#include "support/catch.hpp"
#include "support/training.hpp"

#include <cmath>
#include <memory>

namespace {

constexpr std::size_t count = 37;  // off every vector's width

struct Numbers {
  std::vector<double> p, m, v;
  Numbers() : p(count), m(count), v(count) {
    for (std::size_t i = 0; i < count; ++i) p[i] = std::sin(0.7 * static_cast<double>(i) + 0.3);
  }
};
double gradient_at(std::size_t i, int step) {
  // From large to so small that epsilon decides.
  return std::cos(1.3 * static_cast<double>(i) + 0.9 * step) * std::pow(10.0, -static_cast<double>(i % 9));
}

// Twenty updates by inlay beside twenty by `formula`; the largest relative difference of a parameter's way.
template <class Optimizer, class Formula>
double compare(const Optimizer& optimizer, bool matrix, float factor, Formula&& formula) {
  Numbers exact;
  std::vector<float> p(exact.p.begin(), exact.p.end()), g(count), first(count), second(count);
  const Numbers start = exact;
  inlay::OptimizerState state{};
  double worst = 0.0;
  for (int step = 1; step <= 20; ++step) {
    for (std::size_t i = 0; i < count; ++i) g[i] = static_cast<float>(gradient_at(i, step));
    for (std::size_t i = 0; i < count; ++i)
      formula(exact, i, step, static_cast<double>(static_cast<float>(gradient_at(i, step))) * factor);
    optimizer.advance(state);
    float* const moments[] = {first.data(), second.data()};
    optimizer.update(state, matrix, count, factor, p.data(), g.data(), moments);
    for (const float value : g) REQUIRE(value == 0.0f);
    REQUIRE(state.updates == static_cast<std::uint64_t>(step));
  }
  for (std::size_t i = 0; i < count; ++i) {
    const double way = std::abs(exact.p[i] - start.p[i]);
    const double rounding = 20 * 6e-8 * std::abs(exact.p[i]);  // a float cannot do better in twenty additions
    worst = std::max(worst, (std::abs(exact.p[i] - static_cast<double>(p[i])) - rounding) / way);
  }
  return worst;
}

double as_double(float x) { return static_cast<double>(x); }

// Kingma and Ba's Adam, with decay added to the gradient or decoupled from it.
template <class Optimizer>
auto adam(const Optimizer& o, double decoupled, double added) {
  return [=](Numbers& n, std::size_t i, int step, double g) {
    const double b1 = as_double(o.beta1), b2 = as_double(o.beta2), rate = as_double(o.learning_rate);
    g += added * n.p[i];
    n.m[i] = b1 * n.m[i] + (1.0 - b1) * g;
    n.v[i] = b2 * n.v[i] + (1.0 - b2) * g * g;
    const double m = n.m[i] / (1.0 - std::pow(b1, step)), v = n.v[i] / (1.0 - std::pow(b2, step));
    n.p[i] -= rate * decoupled * n.p[i];
    n.p[i] -= rate * m / (std::sqrt(v) + as_double(o.epsilon));
  };
}

using Model =
    inlay::Gpt<inlay::GptConfig{.vocabulary = 11, .context = 4, .width = 8, .heads = 2, .layers = 1, .tied = false}>;
using Trainer = inlay::Trainer<Model, inlay::TrainerConfig{.batch = 2, .slices = 2}>;
const OwnedBatch batch(8, 11, 1);

}  // namespace

TEST_CASE("Adam follows its formula") {
  const inlay::Adam lecture{.learning_rate = 0.01f, .beta1 = 0.9f, .beta2 = 0.999f, .epsilon = 1e-8f};
  CHECK(compare(lecture, true, 1.0f, adam(lecture, 0.0, 0.0)) < 1e-3);
  CHECK(compare(lecture, false, 0.125f, adam(lecture, 0.0, 0.0)) < 1e-3);
  const inlay::Adam other{.learning_rate = 0.003f, .beta1 = 0.5f, .beta2 = 0.9f, .epsilon = 1e-3f};
  CHECK(compare(other, true, 1.0f, adam(other, 0.0, 0.0)) < 1e-4);
  // Its decay is a part of the gradient, for every tensor.
  const inlay::Adam decaying{.learning_rate = 0.01f, .beta2 = 0.99f, .epsilon = 1e-4f, .weight_decay = 0.1f};
  CHECK(compare(decaying, true, 1.0f, adam(decaying, 0.0, as_double(0.1f))) < 1e-4);
  CHECK(compare(decaying, false, 1.0f, adam(decaying, 0.0, as_double(0.1f))) < 1e-4);
}

TEST_CASE("AdamW decays matrices only, apart from the gradient") {
  const inlay::AdamW o{.learning_rate = 0.01f, .beta2 = 0.99f, .epsilon = 1e-6f, .weight_decay = 0.5f};
  CHECK(compare(o, true, 1.0f, adam(o, 0.5, 0.0)) < 1e-4);
  CHECK(compare(o, false, 1.0f, adam(o, 0.0, 0.0)) < 1e-4);
  CHECK(compare(o, true, 1.0f, adam(o, 0.0, 0.0)) > 1e-2);  // the comparison can tell
  CHECK(compare(o, true, 1.0f, adam(o, 0.0, 0.5)) > 1e-2);
}

TEST_CASE("Gradient descent, with and without momentum") {
  const inlay::Sgd plain{.learning_rate = 0.05f, .weight_decay = 0.02f};
  CHECK(compare(plain, true, 0.5f, [](Numbers& n, std::size_t i, int, double g) {
          n.p[i] -= as_double(0.05f) * (g + as_double(0.02f) * n.p[i]);
        }) < 1e-4);
  const inlay::Sgd heavy{.learning_rate = 0.05f, .momentum = 0.9f, .weight_decay = 0.02f};
  CHECK(compare(heavy, false, 0.5f, [](Numbers& n, std::size_t i, int, double g) {
          n.m[i] = as_double(0.9f) * n.m[i] + g + as_double(0.02f) * n.p[i];
          n.p[i] -= as_double(0.05f) * n.m[i];
        }) < 1e-4);
}

TEST_CASE("Lion goes by the sign, with one moment") {
  const auto lion = [](const inlay::Lion& o, double decay) {
    return [=](Numbers& n, std::size_t i, int, double g) {
      const double b1 = as_double(o.beta1), b2 = as_double(o.beta2), rate = as_double(o.learning_rate);
      const double direction = b1 * n.m[i] + (1.0 - b1) * g;
      n.p[i] -= rate * ((direction > 0.0) - (direction < 0.0) + decay * n.p[i]);
      n.m[i] = b2 * n.m[i] + (1.0 - b2) * g;
    };
  };
  const inlay::Lion o{.learning_rate = 0.01f, .beta1 = 0.8f, .weight_decay = 0.5f};
  CHECK(compare(o, true, 0.25f, lion(o, 0.5)) < 1e-4);
  CHECK(compare(o, false, 0.25f, lion(o, 0.0)) < 1e-4);
  CHECK(compare(o, true, 0.25f, lion(o, 0.0)) > 1e-2);  // the comparison can tell
  CHECK(compare(o, true, 0.25f, lion(inlay::Lion{.learning_rate = 0.01f, .beta1 = 0.9f}, 0.5)) > 1e-2);

  // Without a gradient, now or before, nothing moves.
  float p = 1.5f, g = 0.0f, m = 0.0f;
  float* const moments[] = {&m};
  o.update({}, false, 1, 1.0f, &p, &g, moments);
  CHECK(p == 1.5f);
  // A gradient that is not a number never gets here: the trainer skips the step.
}

TEST_CASE("In a trainer, decay reaches the matrices and nothing else") {
  const auto trainer = std::make_unique<Trainer>();
  trainer->initialize(inlay::Seed{4});
  auto& p = trainer->parameters();
  for (float& value : p.blocks.layers[0].attention.query.bias) value = 0.5f;
  OwnedBatch ignored = batch;  // no gradient at all, so that decay stands alone
  ignored.labels.assign(8, inlay::ignored_label);
  const float weight = p.blocks.layers[0].attention.query.weight(1, 2), embedding = p.token_embedding.weight(3, 3);
  trainer->step(ignored.view(), inlay::AdamW{.learning_rate = 0.5f, .weight_decay = 0.5f}, inlay::Serial{});
  CHECK(same_bits(p.blocks.layers[0].attention.query.weight(1, 2), 0.75f * weight));
  CHECK(same_bits(p.token_embedding.weight(3, 3), 0.75f * embedding));
  for (const float value : p.blocks.layers[0].attention.query.bias) CHECK(value == 0.5f);
  for (const float value : p.norm.gain) CHECK(value == 1.0f);
}

TEST_CASE("Clipping scales all gradients together, and only long ones") {
  const auto way = [&](float clip, float& norm) {
    const auto trainer = std::make_unique<Trainer>();
    trainer->initialize(inlay::Seed{4});
    const auto before = numbers_of<Model>(trainer->parameters());
    const auto report =
        trainer->step(batch.view(), inlay::Sgd{.learning_rate = 1.0f, .clip_norm = clip}, inlay::Serial{});
    norm = report.gradient_norm;
    auto after = numbers_of<Model>(trainer->parameters());
    for (std::size_t i = 0; i < after.size(); ++i) after[i] = before[i] - after[i];
    return after;
  };
  const auto length = [](const std::vector<float>& x) {
    double squares = 0.0;
    for (const float value : x) squares += as_double(value) * as_double(value);
    return std::sqrt(squares);
  };
  float norm = 0.0f, clipped_norm = 0.0f;
  const auto free = way(0.0f, norm);
  CHECK(std::abs(length(free) - as_double(norm)) < 1e-5 * as_double(norm));
  const auto clipped = way(0.25f * norm, clipped_norm);
  CHECK(same_bits(norm, clipped_norm));  // reported as it was before
  CHECK(std::abs(length(clipped) - 0.25 * as_double(norm)) < 1e-5 * as_double(norm));
  for (std::size_t i = 0; i < free.size(); ++i)
    REQUIRE(std::abs(as_double(clipped[i]) - 0.25 * as_double(free[i])) < 1e-6);
  CHECK(same_bits(way(10.0f * norm, clipped_norm), free));
}

TEST_CASE("Optimizers with fewer moments need a smaller trainer") {
  using Small = inlay::Trainer<Model, inlay::TrainerConfig{.batch = 2, .slices = 2, .moments = 1}>;
  CHECK(sizeof(Small) < sizeof(Trainer));
  const auto small = std::make_unique<Small>();
  const auto large = std::make_unique<Trainer>();
  small->initialize(inlay::Seed{4});
  large->initialize(inlay::Seed{4});
  for (int step = 0; step < 5; ++step) {
    const inlay::Sgd sgd{.learning_rate = 0.1f, .momentum = 0.9f};
    small->step(batch.view(), sgd, inlay::Serial{});
    large->step(batch.view(), sgd, inlay::Serial{});
  }
  CHECK(same_bits(numbers_of<Model>(small->parameters()), numbers_of<Model>(large->parameters())));
}

TEST_CASE("After reset_optimizer() another optimizer begins as in a new trainer") {
  const auto changed = std::make_unique<Trainer>();
  const auto fresh = std::make_unique<Trainer>();
  const inlay::AdamW adam{.learning_rate = 0.01f};
  changed->initialize(inlay::Seed{4});
  changed->step(batch.view(), inlay::Lion{.learning_rate = 0.01f}, inlay::Serial{});
  changed->reset_optimizer();
  CHECK(changed->state().step == 1);  // the run's own count goes on
  fresh->initialize(inlay::Seed{4});
  fresh->parameters() = changed->parameters();
  changed->step(batch.view(), adam, inlay::Serial{});
  fresh->step(batch.view(), adam, inlay::Serial{});
  CHECK(same_bits(numbers_of<Model>(changed->parameters()), numbers_of<Model>(fresh->parameters())));
}
