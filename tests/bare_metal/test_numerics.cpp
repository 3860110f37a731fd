// The promises that depend on arithmetic, in a size that a microcontroller holds: the mathematical functions,
// gradients, and the bits of a training run.
#include <inlay/inlay.hpp>

#include "bits/recipe.hpp"
#include "support/catch.hpp"

namespace {

// Values correctly rounded to double; 3e-7 is two to three units in the last place of a float.
bool is_close(float value, double exact) {
  const double difference = static_cast<double>(value) - exact;
  const double bound = 3e-7 * (exact < 0.0 ? -exact : exact);
  return difference <= bound && difference >= -bound;
}
// Not a constant to the compiler.
float value(float x) {
  static volatile float hidden;
  hidden = x;
  return hidden;
}
// A float as it lies in memory, so that a failed check says which bits there were.
std::uint32_t bits_of(float x) { return inlay::bit_cast<std::uint32_t>(x); }

static recipe::Storage<recipe::SmallModel, recipe::small_config> storage;
static inlay::Generator<recipe::SmallModel> generator{storage.trainer.parameters()};

}  // namespace

TEST_CASE("exp, log, tanh, erf, sin, cos at some places") {
  using namespace inlay::simd;
  CHECK(is_close(exp(value(1.0f)), 2.718281828459045));
  CHECK(is_close(exp(value(-20.5f)), 1.2501528663867426e-9));
  CHECK(is_close(log(value(10.0f)), 2.302585092994046));
  CHECK(is_close(log(value(0.001953125f)), -6.238324625039508));
  CHECK(is_close(tanh(value(0.5f)), 0.46211715726000976));
  CHECK(is_close(tanh(value(-3.0f)), -0.9950547536867305));
  CHECK(is_close(erf(value(0.75f)), 0.7111556336535151));
  CHECK(is_close(erf(value(-2.0f)), -0.9953222650189527));
  CHECK(is_close(sin(value(2.0f)), 0.9092974268256817));
  CHECK(is_close(cos(value(1.0f)), 0.5403023058681398));
  CHECK(exp(value(0.0f)) == 1.0f);
  CHECK(log(value(1.0f)) == 0.0f);
  CHECK(exp(value(-200.0f)) == 0.0f);
  CHECK(exp(value(200.0f)) == __builtin_inff());
}

TEST_CASE("Square root and the fused multiply-add") {
  CHECK(inlay::simd::sqrt(value(2.0f)) == 0x1.6a09e6p+0f);
  CHECK(inlay::simd::sqrt(value(0x1p-140f)) == 0x1p-70f);  // of a denormal
  const float x = value(1.0f + 0x1p-12f);
  const float fused = inlay::simd::fma(x, x, value(-1.0f - 0x1p-11f));
  CHECK(fused == (inlay::simd::has_fused_multiply_add ? 0x1p-24f : 0.0f));
}

TEST_CASE("Random numbers are those of Philox") {
  // The test vector of its authors' library: all bits set.
  constexpr std::uint32_t ones = 0xffffffffu;
  const auto words = inlay::kernels::philox({{ones, ones, ones, ones}}, ones, ones);
  CHECK(words.word[0] == 0x408f276du);
  CHECK(words.word[1] == 0x41c83b0eu);
  CHECK(words.word[2] == 0xa20bc7c6u);
  CHECK(words.word[3] == 0x6d5451fdu);
}

TEST_CASE("Gradients of two modules") {
  using Attention = inlay::Attention<inlay::AttentionConfig{.width = 6, .heads = 2, .context = 7}>;
  using FeedForward = inlay::FeedForward<5, 9, inlay::Activation::gelu_erf>;
  CHECK(inlay::check_gradients<Attention>().passed());
  CHECK(inlay::check_gradients<FeedForward>().passed());
}

TEST_CASE("A training run has the bits that it has everywhere") {
  float loss = 0.0f;
  const std::uint64_t hash = recipe::run(storage, generator, recipe::small_run, inlay::Serial{}, loss);
  std::printf("hash %08lx%08lx, loss %ld / 1000\n", static_cast<unsigned long>(hash >> 32),
              static_cast<unsigned long>(hash & 0xffffffffu), static_cast<long>(loss * 1000.0f));
  CHECK(bits_of(loss) != 0);
  CHECK(loss < 4.0f);
  if (inlay::simd::has_fused_multiply_add)
    CHECK(hash == INLAY_TEST_PINNED_BITS);
  else
    std::printf("without a fused multiply-add the bits are others than elsewhere\n");
}
