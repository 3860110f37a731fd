// Mlp against the reference, its beginning, its size; the reference network of lecture C; XOR.

#include <inlay/generation/predictor.hpp>
#include <inlay/models/mlp.hpp>
#include <inlay/training/real_loss.hpp>
#include <inlay/training/trainer.hpp>

#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "support/module_run.hpp"

using namespace module_test;
using inlay::Activation;
using inlay::Mlp;
using inlay::MlpConfig;
using reference::Matrix;
using reference::Place;
using reference::Real;

namespace {

template <MlpConfig C>
Matrix mlp(const Place& p, const Matrix& x) {
  constexpr std::size_t layers = Mlp<C>::layers;
  Matrix h = x;
  for (std::size_t layer = 0; layer < layers; ++layer) {
    h = reference::linear(p.layer(2 * layer, "sequential"), h);
    if (layer + 1 < layers) h = reference::activation(C.activation, h);
  }
  return h;
}

template <MlpConfig C>
void check() {
  CAPTURE(C.inputs, Mlp<C>::layers, C.outputs, static_cast<int>(C.activation));
  const auto run = compare_with_reference<Mlp<C>, Extent{.rows = 9}>({0, 1, 2, 9}, mlp<C>);
  check_without_input_gradient(*run);
}

template <class M>
double deviation_of(const inlay::ParametersOf<M>& parameters, const std::string& name) {
  double squares = 0.0, count = 0.0;
  inlay::visit<M>(
      [&](const inlay::Path& path, const auto& tensor) {
        if (name != path.text().c_str()) return;
        for (const float value : tensor) squares += static_cast<double>(value) * static_cast<double>(value);
        count += static_cast<double>(tensor.size());
      },
      parameters);
  return std::sqrt(squares / count);
}

}  // namespace

TEST_CASE("Mlp against the reference", "[mlp]") {
  check<MlpConfig{.inputs = 1, .outputs = 1}>();
  check<MlpConfig{.inputs = 17, .outputs = 3, .biases = false}>();
  check<MlpConfig{.inputs = 2, .hidden = {1}, .outputs = 1, .activation = Activation::tanh}>();
  check<MlpConfig{.inputs = 3, .hidden = {15, 33, 16}, .outputs = 17}>();
  check<MlpConfig{.inputs = 5, .hidden = {9, 8}, .outputs = 2, .activation = Activation::sigmoid, .biases = false}>();
  check<MlpConfig{
      .inputs = 4, .hidden = {17, 16, 17, 16, 17, 16, 17, 16}, .outputs = 2, .activation = Activation::tanh}>();
  check<MlpConfig{.inputs = 4, .hidden = {6, 5}, .outputs = 2, .activation = Activation::gelu_erf}>();
  // Without a nonlinearity it is one matrix.
  check<MlpConfig{.inputs = 4, .hidden = {7}, .outputs = 2, .activation = Activation::identity}>();
}

TEST_CASE("Mlp: parameters by formula and by count, names, fingerprints", "[mlp]") {
  using M = Mlp<MlpConfig{.inputs = 3, .hidden = {15, 7}, .outputs = 2}>;
  static_assert(M::layers == 3 && M::context == 1);
  inlay::ParametersOf<M> parameters{};
  CHECK(inlay::parameter_count<M>(parameters) == 3 * 15 + 15 + 15 * 7 + 7 + 7 * 2 + 2);
  std::string names;
  inlay::visit<M>([&](const inlay::Path& path, const auto&) { names += std::string(path.text().c_str()) + " "; },
                  parameters);
  CHECK(names == "0.weight 0.bias 2.weight 2.bias 4.weight 4.bias ");
  using Bare = Mlp<MlpConfig{.inputs = 3, .hidden = {15, 7}, .outputs = 2, .biases = false}>;
  CHECK(inlay::parameter_count<Bare>(inlay::ParametersOf<Bare>{}) == 3 * 15 + 15 * 7 + 7 * 2);
  CHECK(Bare::fingerprint() != M::fingerprint());
  CHECK(Mlp<MlpConfig{.inputs = 3, .hidden = {7, 15}, .outputs = 2}>::fingerprint() != M::fingerprint());
  CHECK(Mlp<MlpConfig{.inputs = 3, .hidden = {15, 7}, .outputs = 2, .activation = Activation::tanh}>::fingerprint() !=
        M::fingerprint());
}

TEST_CASE("Mlp: a new one keeps the size of what passes through it", "[mlp]") {
  const auto begin = []<MlpConfig C>(double first, double last) {
    CAPTURE(static_cast<int>(C.activation));
    using M = Mlp<C>;
    const auto parameters = std::make_unique<inlay::ParametersOf<M>>();
    inlay::initialize<M>(*parameters, inlay::Seed{4});
    // 20 000 draws: the deviation of a deviation is 0.5 %.
    CHECK(std::fabs(deviation_of<M>(*parameters, "0.weight") / first - 1.0) < 0.02);
    CHECK(std::fabs(deviation_of<M>(*parameters, "2.weight") / last - 1.0) < 0.02);
    CHECK(deviation_of<M>(*parameters, "0.bias") == 0.0);
  };
  const double glorot = std::sqrt(2.0 / (100 + 200)), last = std::sqrt(2.0 / (200 + 120));
  begin.operator()<MlpConfig{.inputs = 100, .hidden = {200}, .outputs = 120}>(std::sqrt(2.0 / 100), last);
  begin.operator()<MlpConfig{.inputs = 100, .hidden = {200}, .outputs = 120, .activation = Activation::tanh}>(glorot,
                                                                                                              last);
  begin.operator()<MlpConfig{.inputs = 100, .hidden = {200}, .outputs = 120, .activation = Activation::sigmoid}>(
      4.0 * glorot, last);
}

TEST_CASE("lecture C: linear, sigmoid, linear, softmax, cross-entropy", "[mlp]") {
  using M = Mlp<MlpConfig{.inputs = 3, .hidden = {5}, .outputs = 4, .activation = Activation::sigmoid}>;
  using Trainer = inlay::Trainer<M, inlay::TrainerConfig{.batch = 6, .slices = 1}>;
  const auto trainer = std::make_unique<Trainer>();
  trainer->initialize(inlay::Seed{2});
  numbers::Source source(8);
  inlay::visit<M>([&](const inlay::Path&, auto& p) { source.fill(p.data(), p.size()); }, trainer->parameters());
  const std::vector<float> x = source.list(6 * 3, 2.0f);
  const std::vector<Token> labels{3, 0, 1, 2, 2, 0};
  trainer->accumulate({Rows<const float, 3>(x.data(), 6), {labels}}, Serial{});

  // The five modules one after the other, in the lecture's words: b = sigmoid(a), y^ = softmax(b W + c), and the loss.
  reference::tape().clear();
  const reference::Tensors tensors = tensors_of<M>(trainer->parameters());
  const reference::Offsets offsets{0, 6};
  const Place place{&tensors, &offsets, {}};
  const Matrix a = reference::linear(place.part("0"), Matrix::variables(6, 3, x.data()));
  const Matrix b = reference::activation(Activation::sigmoid, a);
  const Matrix probabilities = reference::softmax(reference::linear(place.part("2"), b));
  Real loss;
  for (std::size_t i = 0; i < 6; ++i) loss += -log(probabilities(i, labels[i]));
  const std::vector<double> slopes = reference::gradients(loss);
  inlay::visit<M>(
      [&](const inlay::Path& path, const auto& gradient) {
        const std::string name = path.text().c_str();
        CAPTURE(name);
        CHECK(compare::relative_error(gradient.data(), slopes_of(tensors.at(name), slopes)) < 1e-5);
      },
      trainer->gradients());

  // By hand, where the last layer's gradient is the sum of b (y^ - target).
  double by_hand = 0.0;
  for (std::size_t i = 0; i < 6; ++i)
    by_hand += b(i, 1).value * (probabilities(i, 2).value - (labels[i] == 2 ? 1.0 : 0.0));
  CHECK(std::fabs(static_cast<double>(inlay::ParametersOf<M>(trainer->gradients()).tail.tail.head.weight(1, 2)) -
                  by_hand) < 1e-5);
  const auto report = trainer->update(inlay::Sgd{.learning_rate = 0.0f}, Serial{});
  CHECK(std::fabs(static_cast<double>(report.loss) - loss.value / 6.0) < 1e-6);
}

namespace {

// XOR: four rows, and what they should be answered with.
const std::vector<float> corners{0, 0, 0, 1, 1, 0, 1, 1}, exclusive{0, 1, 1, 0};

template <class T>
typename T::BatchType all_four() {
  return {Rows<const float, 2>(corners.data(), 4), {Rows<const float, 1>(exclusive.data(), 4)}};
}
template <class Trainer>
std::size_t right_answers(const Trainer& trainer) {
  using M = typename Trainer::ModelType;
  static inlay::Predictor<M, inlay::PredictorConfig{.rows = 4}> predictor{trainer.parameters()};
  predictor = inlay::Predictor<M, inlay::PredictorConfig{.rows = 4}>{trainer.parameters()};
  const std::uint32_t offsets[] = {0, 1, 2, 3, 4};
  const auto z = predictor.predict(Rows<const float, 2>(corners.data(), 4), offsets);
  std::size_t right = 0;
  for (std::size_t i = 0; i < 4; ++i) right += (z(i, 0) > 0.0f) == (exclusive[i] > 0.0f) ? 1u : 0u;
  return right;
}

}  // namespace

TEST_CASE("lecture E: XOR is out of the reach of one layer", "[mlp]") {
  using One = Mlp<MlpConfig{.inputs = 2, .outputs = 1}>;
  using Trainer = inlay::Trainer<One, inlay::TrainerConfig{.batch = 4, .slices = 1}, inlay::Logistic<1>>;
  const auto trainer = std::make_unique<Trainer>();
  const float best = std::log(2.0f);
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    trainer->initialize(inlay::Seed{seed});
    float lowest = 10.0f;
    for (int step = 0; step < 2000; ++step) {
      const float loss = trainer->step(all_four<Trainer>(), inlay::Sgd{.learning_rate = 0.5f}, Serial{}).loss;
      lowest = loss < lowest ? loss : lowest;
    }
    // The loss is convex, and its minimum ln 2 is where every answer is one half.
    CHECK(lowest > best - 1e-6f);
    CHECK(trainer->evaluate(all_four<Trainer>(), Serial{}) < best + 1e-5f);
    CHECK(right_answers(*trainer) <= 3);
  }
  // Nor is there any line at all: a grid of all directions and offsets gets three right, never four.
  inlay::ParametersOf<One>& p = trainer->parameters();
  std::size_t most = 0;
  for (int direction = 0; direction < 64; ++direction)
    for (int offset = -30; offset <= 30; ++offset) {
      const double angle = direction * 3.14159265358979 / 32.0;
      One::at<0>(p).weight(0, 0) = static_cast<float>(std::cos(angle));
      One::at<0>(p).weight(1, 0) = static_cast<float>(std::sin(angle));
      One::at<0>(p).bias(0) = 0.1f * static_cast<float>(offset);
      const std::size_t right = right_answers(*trainer);
      most = right > most ? right : most;
    }
  CHECK(most == 3);
}

TEST_CASE("lecture E: two layers learn XOR", "[mlp]") {
  const auto check = []<Activation A, std::size_t Width>(float rate) {
    CAPTURE(static_cast<int>(A));
    using Two = Mlp<MlpConfig{.inputs = 2, .hidden = {Width}, .outputs = 1, .activation = A}>;
    using Trainer = inlay::Trainer<Two, inlay::TrainerConfig{.batch = 4, .slices = 1}, inlay::Logistic<1>>;
    const auto trainer = std::make_unique<Trainer>();
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
      trainer->initialize(inlay::Seed{seed});
      for (int step = 0; step < 1000; ++step)
        trainer->step(all_four<Trainer>(), inlay::Sgd{.learning_rate = rate, .momentum = 0.9f}, Serial{});
      CAPTURE(seed);
      CHECK(trainer->evaluate(all_four<Trainer>(), Serial{}) < 0.02f);
      CHECK(right_answers(*trainer) == 4);
    }
  };
  check.operator()<Activation::tanh, 4>(0.2f);
  check.operator()<Activation::sigmoid, 4>(0.5f);
  check.operator()<Activation::relu, 16>(0.1f);  // of few rectifiers, so many may be silent at all four that it fails
}

TEST_CASE("XOR by hand: x1 + x2 through two rectifiers", "[mlp]") {
  // y = relu(s) - 2 relu(s - 1), s = x1 + x2.
  using Two = Mlp<MlpConfig{.inputs = 2, .hidden = {2}, .outputs = 1}>;
  ModuleRun<Two, Extent{.rows = 4}> run({0, 4}, 1);
  auto& first = Two::at<0>(run.parameters);
  auto& second = Two::at<2>(run.parameters);
  std::fill(first.weight.begin(), first.weight.end(), 1.0f);
  first.bias(0) = second.bias(0) = 0.0f;
  first.bias(1) = -1.0f;
  second.weight(0, 0) = 1.0f;
  second.weight(1, 0) = -2.0f;
  run.x = corners;
  run.forward();
  CHECK(run.y == exclusive);
}
