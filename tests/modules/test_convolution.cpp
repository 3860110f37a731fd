// Convolution over time: against the reference, as the chain that its header promises, streamed, and cut for threads.

#include <algorithm>
#include <memory>

#include <inlay/modules/activation.hpp>
#include <inlay/modules/compose.hpp>
#include <inlay/modules/convolution.hpp>
#include <inlay/modules/gradient_check.hpp>
#include <inlay/modules/patches.hpp>

#include "parallel/thread_pool.hpp"
#include "support/module_run.hpp"

using namespace module_test;
using inlay::Convolution;
using inlay::ConvolutionConfig;
using reference::Matrix;
using reference::Offsets;
using reference::Place;
using reference::Real;

namespace {

Matrix convolution(const Place& p, const Matrix& x, const ConvolutionConfig& c) {
  const Offsets& offsets = *p.offsets;
  Matrix y(x.rows, c.out);
  for (std::size_t s = 0; s + 1 < offsets.size(); ++s)
    for (std::size_t row = offsets[s] - offsets[0]; row < offsets[s + 1] - offsets[0]; ++row)
      for (std::size_t o = 0; o < c.out; ++o) {
        if (c.biases) y(row, o) += p("bias")(0, o);
        for (std::size_t k = 0; k < c.kernel; ++k) {
          const std::size_t back = (c.kernel - 1 - k) * c.dilation;
          if (offsets[s] - offsets[0] + back > row) continue;  // before the sequence
          for (std::size_t i = 0; i < c.in; ++i) y(row, o) += x(row - back, i) * p("weight")(k * c.in + i, o);
        }
      }
  return y;
}

template <ConvolutionConfig C>
void check() {
  CAPTURE(C.in, C.out, C.kernel, C.dilation, C.biases);
  for (const Offsets& offsets : {Offsets{0, 13}, Offsets{7, 12, 13, 24, 26}, Offsets{0, 1}}) {
    const auto run = compare_with_reference<Convolution<C>, Extent{.rows = 20}>(
        offsets, [](const Place& p, const Matrix& x) { return convolution(p, x, C); });
    check_without_input_gradient(*run);
  }
}

constexpr ConvolutionConfig odd{.in = 3, .out = 17, .kernel = 4, .dilation = 2};

// Rows [first, first + count) of each of two sequences of 12 rows, with the state of what came before.
template <class M>
void stream(ModuleRun<M, Extent{.rows = 24}>& whole, inlay::StateOf<M, 2>& state,
            const std::vector<std::uint32_t>& cuts) {
  ModuleRun<M, Extent{.rows = 24}>::poison(state);
  constexpr std::size_t in = M::Input::width, out = M::Output::width;
  for (std::size_t cut = 0; cut + 1 < cuts.size(); ++cut) {
    const std::uint32_t first = cuts[cut], count = cuts[cut + 1] - first;
    CAPTURE(first, count);
    ModuleRun<M, Extent{.rows = 24}> part({0, count, 2 * count}, 3);
    for (std::size_t s = 0; s < 2; ++s)
      std::copy_n(whole.x.data() + (12 * s + first) * in, count * in, part.x.data() + s * count * in);
    part.starts = {first, first};
    part.call.packing.starts = part.starts.data();
    part.call.training = false;
    const auto f = part.forward_frame();
    M::forward(f.with(f.parameters, f.buffers, state, f.activations, f.workspace, f.stream), part.input(),
               Rows<float, out>(part.y.data(), 2 * count));
    for (std::size_t s = 0; s < 2; ++s)
      CHECK(std::equal(part.y.data() + s * count * out, part.y.data() + (s + 1) * count * out,
                       whole.y.data() + (12 * s + first) * out, numbers::same_bits));
  }
}
template <class M>
void check_stream() {
  ModuleRun<M, Extent{.rows = 24}> whole({0, 12, 24}, 3);
  whole.call.training = false;
  whole.forward();
  const auto state = std::make_unique<inlay::StateOf<M, 2>>();
  stream<M>(whole, *state, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12});
  stream<M>(whole, *state, {0, 2, 5, 12});
  // A state that another one becomes goes on as that one.
  stream<M>(whole, *state, {0, 5});
  const auto other = std::make_unique<inlay::StateOf<M, 2>>();
  ModuleRun<M, Extent{.rows = 24}>::poison(*other);
  inlay::copy_sequence<M>(*state, 0, *other, 1);
  ModuleRun<M, Extent{.rows = 24}> next({0, 0, 1}, 3);
  std::copy_n(whole.x.data() + 5 * M::Input::width, M::Input::width, next.x.data());
  next.starts = {0, 5};
  next.call.packing.starts = next.starts.data();
  next.call.training = false;
  const auto f = next.forward_frame();
  M::forward(f.with(f.parameters, f.buffers, *other, f.activations, f.workspace, f.stream), next.input(),
             Rows<float, M::Output::width>(next.y.data(), 1));
  CHECK(std::equal(next.y.begin(), next.y.end(), whole.y.data() + 5 * M::Output::width, numbers::same_bits));
}

}  // namespace

TEST_CASE("Convolution against the reference", "[convolution]") {
  check<odd>();
  check<ConvolutionConfig{.in = 1, .out = 1, .kernel = 1}>();
  check<ConvolutionConfig{.in = 1, .out = 1, .kernel = 3, .biases = false}>();
  check<ConvolutionConfig{.in = 5, .out = 2, .kernel = 1, .dilation = 3}>();
  check<ConvolutionConfig{.in = 2, .out = 16, .kernel = 15}>();
  check<ConvolutionConfig{.in = 7, .out = 9, .kernel = 2, .dilation = 6}>();
}

TEST_CASE("Convolution passes the gradient check of a user's module", "[convolution]") {
  const inlay::GradientCheck check = inlay::check_gradients<Convolution<odd>, 11>();
  CAPTURE(check.tensor.c_str(), check.largest_error);
  CHECK(check.passed());
  using Small = Convolution<ConvolutionConfig{.in = 3, .out = 5, .kernel = 3}>;
  using Whole = inlay::Sequential<Small, inlay::Activate<inlay::Activation::gelu_tanh, 5>,
                                  inlay::Residual<Convolution<ConvolutionConfig{.in = 5, .out = 5, .kernel = 2}>>>;
  CHECK(inlay::check_gradients<Whole>().passed());
}

TEST_CASE("Convolution is one chain of multiply-adds in ascending order", "[convolution]") {
  using M = Convolution<odd>;
  const auto run = std::make_unique<ModuleRun<M, Extent{.rows = 9}>>(Offsets{0, 9}, 8);
  run->forward();
  const auto& p = run->parameters;
  for (std::size_t row = 0; row < 9; ++row)
    for (std::size_t o = 0; o < odd.out; ++o) {
      float sum = 0.0f;
      for (std::size_t k = 0; k < odd.kernel; ++k) {
        const std::size_t back = (odd.kernel - 1 - k) * odd.dilation;
        for (std::size_t i = 0; i < odd.in; ++i)
          sum = numbers::fma(back <= row ? run->x[(row - back) * odd.in + i] : 0.0f, p.weight(k, i, o), sum);
      }
      CHECK(numbers::same_bits(run->y[row * odd.out + o], sum + p.bias(o)));
    }
}

TEST_CASE("Convolution: streaming gives the bits of the full pass, however it is cut", "[convolution]") {
  check_stream<Convolution<odd>>();
  check_stream<Convolution<ConvolutionConfig{.in = 2, .out = 3, .kernel = 1}>>();
  check_stream<Convolution<ConvolutionConfig{.in = 1, .out = 1, .kernel = 2}>>();
  check_stream<Convolution<ConvolutionConfig{.in = 4, .out = 5, .kernel = 20}>>();  // more than the whole signal
}

TEST_CASE("Convolution: the bits depend neither on the other sequences nor on threads", "[convolution]") {
  using M = Convolution<odd>;
  constexpr Extent few{.rows = 20};
  ModuleRun<M, few> together({0, 9, 10, 20}, 4);
  together.forward();
  together.backward();
  for (std::size_t s = 0; s < 3; ++s) {
    const std::uint32_t begin = together.offsets[s], end = together.offsets[s + 1];
    ModuleRun<M, few> alone({0, end - begin}, 4);
    std::copy_n(together.x.data() + begin * odd.in, alone.x.size(), alone.x.begin());
    std::copy_n(together.dy.data() + begin * odd.out, alone.dy.size(), alone.dy.begin());
    alone.forward();
    alone.backward();
    CHECK(std::equal(alone.y.begin(), alone.y.end(), together.y.data() + begin * odd.out, numbers::same_bits));
    CHECK(std::equal(alone.dx.begin(), alone.dx.end(), together.dx.data() + begin * odd.in, numbers::same_bits));
  }

  // Wide enough for its products to be cut.
  using Wide = Convolution<ConvolutionConfig{.in = 24, .out = 64, .kernel = 3}>;
  constexpr Extent many{.rows = 90};
  const auto serial = std::make_unique<ModuleRun<Wide, many>>(Offsets{0, 50, 90}, 6);
  serial->forward();
  serial->backward();
  for (const std::size_t count : {1u, 2u, 3u}) {
    const auto threads = std::make_unique<ModuleRun<Wide, many>>(Offsets{0, 50, 90}, 6);
    const ThreadPool pool{count};
    const inlay::Forward<decltype(threads->parameters), decltype(threads->buffers), inlay::Empty,
                         decltype(threads->activations), decltype(threads->workspace), ThreadPool>
        forward{threads->parameters,
                threads->buffers,
                inlay::detail::nothing,
                threads->activations,
                threads->workspace,
                threads->call,
                pool,
                {}};
    Wide::forward(forward, threads->input(), Rows<float, 64>(threads->y.data(), 90));
    const inlay::Backward<decltype(threads->parameters), decltype(threads->buffers), decltype(threads->activations),
                          decltype(threads->workspace), ThreadPool>
        backward{threads->parameters,
                 threads->gradients,
                 threads->buffers,
                 threads->activations,
                 threads->workspace,
                 threads->call,
                 pool,
                 {}};
    Wide::backward(backward, threads->input(), Rows<const float, 64>(threads->dy.data(), 90),
                   Rows<float, 24>(threads->dx.data(), 90));
    CHECK(equal_bits(threads->y, serial->y));
    CHECK(equal_bits(threads->dx, serial->dx));
    CHECK(equal_bits(threads->gradients.weight, serial->gradients.weight));
    CHECK(equal_bits(threads->gradients.bias, serial->gradients.bias));
  }
}

TEST_CASE("Convolution over patches of a signal is one with a stride", "[convolution]") {
  constexpr std::size_t stride = 4, axes = 3, samples = 20;
  using M = Convolution<ConvolutionConfig{.in = stride * axes, .out = 5, .kernel = 2}>;
  const auto run = std::make_unique<ModuleRun<M, Extent{.rows = samples / stride}>>(Offsets{0, samples / stride}, 9);
  numbers::Source source(2);
  const std::vector<float> signal = source.list(samples * axes);
  const auto patches = inlay::in_patches<stride>(Rows<const float, axes>(signal.data(), samples));
  REQUIRE(patches.count() == 5);
  M::forward(run->forward_frame(), patches, Rows<float, 5>(run->y.data(), 5));
  for (std::size_t t = 0; t < 5; ++t)
    for (std::size_t o = 0; o < 5; ++o) {
      // A kernel of 8 samples that ends with the last one of the patch.
      float sum = 0.0f;
      for (std::size_t k = 0; k < 8; ++k)
        for (std::size_t i = 0; i < axes; ++i) {
          const std::size_t end = (t + 1) * stride + k;
          const float sample = end >= 8 ? signal[(end - 8) * axes + i] : 0.0f;
          sum = numbers::fma(sample, run->parameters.weight(k / stride, k % stride * axes + i, o), sum);
        }
      CHECK(numbers::same_bits(run->y[t * 5 + o], sum + run->parameters.bias(o)));
    }
}
