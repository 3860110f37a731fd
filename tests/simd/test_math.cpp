// Accuracy, special values and bits of <inlay/simd/math.hpp>. The bounds are those that its headers state.
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>

#include <inlay/simd/math.hpp>

#include "support/catch.hpp"

namespace {

namespace simd = inlay::simd;
using simd::batch;
using simd::ScalarBatch;
using simd::width;

constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();
constexpr float denormal = std::numeric_limits<float>::denorm_min();

float from_bits(std::uint32_t bits) {
  float x;
  std::memcpy(&x, &bits, sizeof x);
  return x;
}
std::uint32_t to_bits(float x) {
  std::uint32_t bits;
  std::memcpy(&bits, &x, sizeof bits);
  return bits;
}
bool same(float a, float b) { return to_bits(a) == to_bits(b) || (a != a && b != b); }

// |got - want| in units in the last place of `want` among the floats.
double ulp_error(float got, double want) {
  constexpr double wrong = 1e30;
  if (want != want) return got != got ? 0.0 : wrong;
  if (got != got) return wrong;
  const float nearest = static_cast<float>(want);
  if (same(got, nearest) || (got == 0.0f && nearest == 0.0f)) {
    if (std::isinf(nearest) || want == 0.0) return 0.0;
  } else if (std::isinf(want) || std::isinf(got) || want == 0.0) {
    // Overflow a little early or late is an error of one place.
    return std::fabs(want) > 3.4028233e38 && std::fabs(got) > 3.4028233e38f ? 1.0 : wrong;
  }
  int exponent;
  std::frexp(want, &exponent);
  const int place = exponent - 24 < -149 ? -149 : exponent - 24;
  return std::fabs(static_cast<double>(got) - want) / std::ldexp(1.0, place);
}

// Zero is not; the smallest normal number is, because a result may be flushed before it is rounded.
bool is_below_normal(double x) { return x != 0.0 && std::fabs(x) <= 0x1p-126; }

// What a function is checked against.
struct Result {
  double worst = 0.0;
  float at = 0.0f;
  std::uint64_t samples = 0;
  int scalar_differs = 0;
};

// Feeds arguments to a function in batches and compares each lane with the reference and with the scalar overload.
template <class Function, class Reference>
struct Sweep {
  Function function;
  Reference reference;
  Result result;
  float waiting[width];
  std::size_t count = 0;

  Sweep(Function f, Reference r) : function(f), reference(r) {}

  void add(float x) {
    if (!simd::keeps_denormals && (is_below_normal(x) || is_below_normal(reference(static_cast<double>(x))))) return;
    waiting[count++] = x;
    if (count == width) flush();
  }
  void flush() {
    for (std::size_t i = count; i < width; ++i) waiting[i] = 1.0f;
    float results[width];
    simd::store(results, function(simd::load(waiting)));
    for (std::size_t i = 0; i < count; ++i) {
      const float x = waiting[i];
      if (!same(results[i], function(ScalarBatch{x}).value)) ++result.scalar_differs;
      const double error = ulp_error(results[i], reference(static_cast<double>(x)));
      if (error > result.worst) {
        result.worst = error;
        result.at = x;
      }
      ++result.samples;
    }
    count = 0;
  }
  // `each` floats to either side of x
  void around(float x, int each) {
    for (int i = -each; i <= each; ++i) add(from_bits(to_bits(x) + static_cast<std::uint32_t>(i)));
  }
};

// Every `stride`-th of all bit patterns: negative ones, subnormals, infinities and NaN among them.
// Fewer without optimisation, and where the small runner says that an emulator is likely.
#if defined(__OPTIMIZE__) && !defined(INLAY_SMALL_RUNNER)
constexpr std::uint32_t stride = 2039, dense = 3000;
#else
constexpr std::uint32_t stride = 40009, dense = 300;
#endif

template <class S>
void sweep_all(S& sweep) {
  for (std::uint64_t bits = 0; bits < std::uint64_t{1} << 32; bits += stride)
    sweep.add(from_bits(static_cast<std::uint32_t>(bits)));
  for (const float x : {0.0f, -0.0f, 1.0f, -1.0f, denormal, -denormal, 3.4028235e38f, -3.4028235e38f, 1.17549435e-38f,
                        infinity, -infinity, not_a_number, from_bits(0x7f800001u), from_bits(0xffffffffu)})
    sweep.add(x);
}
// `steps` points from a to b
template <class S>
void sweep_range(S& sweep, float a, float b, std::uint32_t steps = 10 * dense) {
  for (std::uint32_t i = 0; i <= steps; ++i)
    sweep.add(a + (b - a) * (static_cast<float>(i) / static_cast<float>(steps)));
}

// Without a fused multiply-add the errors are a little larger.
void check(const char* name, const Result& result, double bound, double bound_without_fma) {
  CAPTURE(name);
  CAPTURE(result.worst);
  CAPTURE(static_cast<double>(result.at));
  CHECK(result.scalar_differs == 0);
  CHECK(result.samples > (std::uint64_t{1} << 32) / stride / (simd::keeps_denormals ? 1 : 3));
  CHECK(result.worst <= (simd::has_fused_multiply_add ? bound : bound_without_fma));
}

double sigmoid_reference(double x) { return x < 0 ? std::exp(x) / (1.0 + std::exp(x)) : 1.0 / (1.0 + std::exp(-x)); }

}  // namespace

TEST_CASE("exp is within 0.9 ULP, subnormal results included") {
  Sweep sweep{
      [](auto x) { return simd::exp(x); },
      [](double x) { return std::exp(x); },
  };
  sweep_all(sweep);
  sweep_range(sweep, -104.5f, 89.5f);
  sweep_range(sweep, -1.0f, 1.0f);
  for (const float x : {88.72284f, -87.33655f, -103.97208f, -104.0f, 89.0f, 0.34657359f, -0.34657359f})
    sweep.around(x, static_cast<int>(dense));
  sweep.flush();
  check("exp", sweep.result, 0.9, 1.2);
}

TEST_CASE("exp of special values") {
  CHECK(same(simd::exp(0.0f), 1.0f));
  CHECK(same(simd::exp(-0.0f), 1.0f));
  CHECK(same(simd::exp(denormal), 1.0f));
  CHECK(same(simd::exp(infinity), infinity));
  CHECK(same(simd::exp(-infinity), 0.0f));
  CHECK(same(simd::exp(not_a_number), not_a_number));
  CHECK(same(simd::exp(88.72284f), std::exp(88.72284f)));
  CHECK(same(simd::exp(88.73f), infinity));
  CHECK(same(simd::exp(-103.9f), denormal));
  CHECK(same(simd::exp(-105.0f), 0.0f));
}

TEST_CASE("exp_nonpositive is exp to the bit where it is defined") {
  Sweep sweep{[](auto x) { return simd::exp_nonpositive(x); },
              [](double x) { return static_cast<double>(simd::exp(static_cast<float>(x))); }};
  for (std::uint64_t bits = 0x80000000u; bits < std::uint64_t{1} << 32; bits += stride / 3)
    sweep.add(from_bits(static_cast<std::uint32_t>(bits)));
  sweep_range(sweep, -110.0f, 0.0f);
  sweep.add(0.0f);
  sweep.add(-infinity);
  sweep.add(not_a_number);
  sweep.flush();
  CHECK(sweep.result.scalar_differs == 0);
  CHECK(sweep.result.worst == 0.0);
}

TEST_CASE("log is within 0.83 ULP, subnormal arguments included") {
  Sweep sweep{[](auto x) { return simd::log(x); }, [](double x) { return std::log(x); }};
  sweep_all(sweep);
  sweep_range(sweep, 0.5f, 2.0f);
  sweep_range(sweep, 0.0f, 1.2e-38f);
  for (const float x : {1.0f, 0.70710678f, 1.41421356f, 1.17549435e-38f}) sweep.around(x, static_cast<int>(dense));
  sweep.flush();
  check("log", sweep.result, 0.83, 0.9);
  CHECK(same(simd::log(1.0f), 0.0f));
  CHECK(same(simd::log(0.0f), -infinity));
  CHECK(same(simd::log(-0.0f), -infinity));
  CHECK(same(simd::log(infinity), infinity));
  CHECK(same(simd::log(-1.0f), not_a_number));
  CHECK(same(simd::log(-denormal), not_a_number));
  CHECK(same(simd::log(-infinity), not_a_number));
  CHECK(same(simd::log(not_a_number), not_a_number));
}

TEST_CASE("tanh is within 1.6 ULP, odd, and never beyond 1") {
  Sweep sweep{[](auto x) { return simd::tanh(x); }, [](double x) { return std::tanh(x); }};
  sweep_all(sweep);
  sweep_range(sweep, -10.5f, 10.5f);
  sweep_range(sweep, 0.1f, 2.0f);
  for (const float x : {0.65f, 9.0108f, 10.0f, 0.17f}) sweep.around(x, static_cast<int>(dense));
  sweep.flush();
  check("tanh", sweep.result, 1.6, 1.8);
  int wrong = 0;
  for (std::uint32_t bits = 0; bits <= 0x7f800000u; bits += 65521) {
    const float x = from_bits(bits), y = simd::tanh(x);
    wrong += same(simd::tanh(-x), -y) && y <= 1.0f && y <= x ? 0 : 1;
  }
  CHECK(wrong == 0);
  CHECK(same(simd::tanh(-0.0f), -0.0f));
  CHECK(same(simd::tanh(-denormal), -denormal));
  CHECK(same(simd::tanh(infinity), 1.0f));
  CHECK(same(simd::tanh(-infinity), -1.0f));
  CHECK(same(simd::tanh(not_a_number), not_a_number));
}

TEST_CASE("sigmoid is within 2.41 ULP, subnormal results included") {
  Sweep sweep{[](auto x) { return simd::sigmoid(x); }, sigmoid_reference};
  sweep_all(sweep);
  sweep_range(sweep, -105.0f, 20.0f);
  sweep_range(sweep, -6.0f, 6.0f);
  sweep.flush();
  check("sigmoid", sweep.result, 2.41, 2.6);
  CHECK(same(simd::sigmoid(0.0f), 0.5f));
  CHECK(same(simd::sigmoid(-0.0f), 0.5f));
  CHECK(same(simd::sigmoid(infinity), 1.0f));
  CHECK(same(simd::sigmoid(-infinity), 0.0f));
  CHECK(same(simd::sigmoid(-103.9f), denormal));
  CHECK(same(simd::sigmoid(not_a_number), not_a_number));
}

TEST_CASE("erf is within 1.5 ULP, odd, and never beyond 1") {
  Sweep sweep{[](auto x) { return simd::erf(x); }, [](double x) { return std::erf(x); }};
  sweep_all(sweep);
  sweep_range(sweep, -4.1f, 4.1f);
  sweep_range(sweep, 0.4f, 1.2f);
  for (const float x : {0.85f, 3.9192059f, 4.0f}) sweep.around(x, static_cast<int>(dense));
  sweep.flush();
  check("erf", sweep.result, 1.5, 1.8);
  int wrong = 0;
  for (std::uint32_t bits = 0; bits <= 0x7f800000u; bits += 65521) {
    const float x = from_bits(bits), y = simd::erf(x);
    wrong += same(simd::erf(-x), -y) && y <= 1.0f ? 0 : 1;
  }
  CHECK(wrong == 0);
  CHECK(same(simd::erf(-0.0f), -0.0f));
  CHECK(same(simd::erf(denormal), denormal));
  CHECK(same(simd::erf(infinity), 1.0f));
  CHECK(same(simd::erf(-infinity), -1.0f));
  CHECK(same(simd::erf(not_a_number), not_a_number));
}

TEST_CASE("sin and cos are within 1.2 ULP over every magnitude") {
  // Windows: of a large angle std::sin itself is wrong (MinGW-w64 leaves it to the x87 and its 66 bits of pi).
#if defined(_WIN32)
  const auto known = [](double x) { return std::fabs(x) < 1e4; };
#else
  const auto known = [](double) { return true; };
#endif
  const auto sin = [&](double x) { return known(x) ? std::sin(x) : simd::sin(static_cast<float>(x)); };
  const auto cos = [&](double x) { return known(x) ? std::cos(x) : simd::cos(static_cast<float>(x)); };
  Sweep sine{[](auto x) { return simd::sin(x); }, sin};
  Sweep cosine{[](auto x) { return simd::cos(x); }, cos};
  const auto both = [&](auto feed) {
    feed(sine);
    feed(cosine);
  };
  both([](auto& s) {
    sweep_all(s);
    sweep_range(s, -8.0f, 8.0f);
    sweep_range(s, 8000.0f, 8400.0f);  // where the reduction changes, at 8192
    s.around(8192.0f, static_cast<int>(dense));
    // the floats nearest to multiples of pi/2, where the result cancels, and halfway between, where the quadrant
    // changes
    for (std::uint32_t n = 1; n < 2 * dense; ++n) s.around(static_cast<float>(0.7853981633974483 * n), 2);
    // the hardest float there is: 1.6e-9 from a multiple of pi/2
    s.around(16367173.0f * 4722366482869645213696.0f, 2);
    s.flush();
  });
  check("sin", sine.result, 1.2, 1.5);
  check("cos", cosine.result, 1.2, 1.5);
  CHECK(same(simd::sin(0.0f), 0.0f));
  CHECK(same(simd::sin(-0.0f), -0.0f));
  CHECK(same(simd::sin(-denormal), -denormal));
  CHECK(same(simd::cos(0.0f), 1.0f));
  CHECK(same(simd::cos(denormal), 1.0f));
  for (const float x : {infinity, -infinity, not_a_number}) {
    CHECK(same(simd::sin(x), not_a_number));
    CHECK(same(simd::cos(x), not_a_number));
  }
  int wrong = 0;
  for (std::uint32_t bits = 0; bits < 0x7f800000u; bits += 65521) {
    const float x = from_bits(bits);
    const auto pair = simd::sine_cosine(ScalarBatch{x});
    wrong += same(simd::sin(-x), -simd::sin(x)) && same(simd::cos(-x), simd::cos(x)) ? 0 : 1;
    wrong += same(pair.sine.value, simd::sin(x)) && same(pair.cosine.value, simd::cos(x)) ? 0 : 1;
  }
  CHECK(wrong == 0);
}

namespace {

// FNV-1a over the results for every 65537th bit pattern and, with both signs, every 1009th from 2^-6 to 2^7. Every NaN
// is taken as one.
template <class Function>
std::uint64_t hash_of(Function function) {
  std::uint64_t hash = 14695981039346656037u;
  const auto add = [&](std::uint64_t first, std::uint64_t last, std::uint32_t step, std::uint32_t sign) {
    for (std::uint64_t bits = first; bits < last; bits += step * width) {
      float lanes[width];
      for (std::size_t i = 0; i < width; ++i) lanes[i] = from_bits(static_cast<std::uint32_t>(bits + step * i) ^ sign);
      simd::store(lanes, function(simd::load(lanes)));
      for (std::size_t i = 0; i < width && bits + step * i < last; ++i)
        hash = (hash ^ (lanes[i] != lanes[i] ? 0x7fc00000u : to_bits(lanes[i]))) * 1099511628211u;
    }
  };
  add(0, std::uint64_t{1} << 32, 65537, 0);
  add(0x3c800000u, 0x43000000u, 1009, 0);
  add(0x3c800000u, 0x43000000u, 1009, 0x80000000u);
  return hash;
}

}  // namespace

TEST_CASE("the bits are the pinned ones on every target with a fused multiply-add") {
  if (!simd::has_fused_multiply_add || !simd::keeps_denormals) return;
  CHECK(hash_of([](auto x) { return simd::exp(x); }) == 0x698fe13c88617e01u);
  CHECK(hash_of([](auto x) { return simd::log(x); }) == 0xad6993c0c8b4d9dau);
  CHECK(hash_of([](auto x) { return simd::tanh(x); }) == 0xc48453e77deaaaf9u);
  CHECK(hash_of([](auto x) { return simd::sigmoid(x); }) == 0x5f898282f06884e7u);
  CHECK(hash_of([](auto x) { return simd::erf(x); }) == 0xaf771117b08f1e2du);
  CHECK(hash_of([](auto x) { return simd::sin(x); }) == 0xa3cf2e3458097fc0u);
  CHECK(hash_of([](auto x) { return simd::cos(x); }) == 0xbcf02f6aa33c0627u);
}
