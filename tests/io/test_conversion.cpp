// F16, BF16 and F64 of other tools' files become float: exactly, or rounded to nearest with ties to even, whatever the
// rounding mode of the caller.

#include <cfenv>
#include <cmath>
#include <limits>

#include <inlay/config.hpp>

#include "io/support.hpp"

using namespace io_test;
using io::ElementType;

namespace {

std::uint32_t bits_of(float value) { return inlay::bit_cast<std::uint32_t>(value); }

template <class T>
std::vector<float> converted(ElementType type, const std::vector<T>& values) {
  const io::Shape shape = {values.size()};
  const auto bytes = io::encode_safetensors(std::vector<io::TensorSource>{source("x", type, shape, values)});
  REQUIRE(bytes);
  const auto file = io::SafetensorsReader::from_bytes(*bytes, "f");
  REQUIRE(file);
  std::vector<float> found(values.size(), -1.0F);
  REQUIRE(file->read(std::vector<io::TensorTarget>{target("x", ElementType::float32, shape, found)}));
  return found;
}

}  // namespace

TEST_CASE("every F16 becomes the float of the same value", "[io]") {
  std::vector<std::uint16_t> halves(65536);
  for (std::size_t index = 0; index < halves.size(); ++index) halves[index] = static_cast<std::uint16_t>(index);
  const std::vector<float> floats = converted(ElementType::float16, halves);
  for (std::size_t index = 0; index < halves.size(); ++index) {
    const auto exponent = static_cast<int>((index >> 10U) & 31U);
    const auto fraction = static_cast<float>(index & 1023U);
    const float sign = (index & 0x8000U) != 0 ? -1.0F : 1.0F;
    if (exponent == 31 && fraction != 0) {
      if (!std::isnan(floats[index])) FAIL("F16 " << index << " is no NaN");
      continue;
    }
    const float expected = exponent == 31  ? sign * std::numeric_limits<float>::infinity()
                           : exponent == 0 ? sign * std::ldexp(fraction, -24)
                                           : sign * std::ldexp(1024.0F + fraction, exponent - 25);
    if (bits_of(floats[index]) != bits_of(expected)) FAIL("F16 " << index << " became " << floats[index]);
  }
}

TEST_CASE("every BF16 becomes the float of the same value", "[io]") {
  std::vector<std::uint16_t> values(65536);
  for (std::size_t index = 0; index < values.size(); ++index) values[index] = static_cast<std::uint16_t>(index);
  const std::vector<float> floats = converted(ElementType::bfloat16, values);
  for (std::size_t index = 0; index < values.size(); ++index)
    if (bits_of(floats[index]) != index << 16U) FAIL("BF16 " << index << " became " << floats[index]);
}

TEST_CASE("F64 is rounded to the nearest float, ties to even", "[io]") {
  std::vector<double> values = {0.0,
                                -0.0,
                                0.1,
                                -0.1,
                                1.0,
                                1e300,
                                -1e300,
                                1e-300,
                                5e-324,
                                std::numeric_limits<double>::infinity(),
                                -std::numeric_limits<double>::infinity(),
                                std::numeric_limits<double>::max(),
                                std::numeric_limits<double>::min()};
  // Around every power of two, the largest and the smallest floats, exactly half way and just beside it.
  for (int exponent = -153; exponent <= 129; ++exponent)
    for (const double mantissa :
         {1.0, 1.0 + 0x1p-24, 1.0 + 0x3p-24, 1.0 + 0x1p-23, 2.0 - 0x1p-24, 2.0 - 0x1p-23, 1.5, 1.25, 1.75})
      for (const double direction : {-10.0, 0.0, 10.0}) {
        const double value = std::ldexp(mantissa, exponent);
        const double beside = direction == 0.0 ? value : std::nextafter(value, direction > 0 ? 1e308 : 0.0);
        values.push_back(beside);
        values.push_back(-beside);
      }
  std::mt19937_64 random(1);
  for (int index = 0; index < 200'000; ++index) values.push_back(inlay::bit_cast<double>(random()));
  // Random numbers whose floats are denormal.
  for (int index = 0; index < 100'000; ++index)
    values.push_back(std::ldexp(static_cast<double>(random() >> 11U), -53 - 120 - static_cast<int>(random() % 32)));

  const auto check = [&](const std::vector<float>& floats) {
    for (std::size_t index = 0; index < values.size(); ++index) {
      if (std::isnan(values[index])) {
        if (!std::isnan(floats[index])) FAIL("a NaN became " << floats[index]);
        continue;
      }
      if (bits_of(floats[index]) != bits_of(static_cast<float>(values[index])))
        FAIL(values[index] << " became " << floats[index]);
    }
  };
  check(converted(ElementType::float64, values));
#if defined(FE_UPWARD)
  std::fesetround(FE_UPWARD);
  const std::vector<float> upward = converted(ElementType::float64, values);
  std::fesetround(FE_TONEAREST);
  check(upward);
#endif
}

TEST_CASE("no other types are converted", "[io]") {
  const std::vector<std::int32_t> integers = {1, 2};
  const auto bytes =
      io::encode_safetensors(std::vector<io::TensorSource>{source("x", ElementType::int32, {2}, integers)});
  REQUIRE(bytes);
  const auto file = io::SafetensorsReader::from_bytes(*bytes, "f");
  REQUIRE(file);
  std::vector<float> floats(2);
  std::vector<std::int64_t> wide(2);
  CHECK_FALSE(file->read_into(target("x", ElementType::float32, {2}, floats)));
  CHECK_FALSE(file->read_into(target("x", ElementType::int64, {2}, wide)));
}
