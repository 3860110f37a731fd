// What is the same on every board: numbers as text. No division of 64-bit numbers, which 32-bit processors do by a
// function of half a kilobyte.

#include <array>
#include <cstring>

#include "support/board.hpp"

namespace board {
namespace {

constexpr unsigned most_digits = 20;
constexpr auto powers_of_ten = [] {
  std::array<std::uint64_t, most_digits> powers{1};
  for (unsigned exponent = 1; exponent < most_digits; ++exponent) powers[exponent] = 10 * powers[exponent - 1];
  return powers;
}();

// At least `least` digits.
void print_digits(std::uint64_t number, unsigned least) {
  char text[most_digits + 1];
  std::size_t length = 0;
  for (unsigned place = most_digits; place-- > 0;) {
    char digit = '0';
    for (; number >= powers_of_ten[place]; number -= powers_of_ten[place]) ++digit;
    if (digit != '0' || length > 0 || place < least) text[length++] = digit;
  }
  text[length] = '\0';
  print(text);
}

}  // namespace

void print_character(char character) {
  const char text[2] = {character, '\0'};
  print(text);
}

void print(std::uint64_t number) { print_digits(number, 1); }

void print_hexadecimal(std::uint64_t number, unsigned digits) {
  char text[17];
  const unsigned count = digits > 16 ? 16 : digits;
  for (unsigned place = 0; place < count; ++place)
    text[place] = "0123456789abcdef"[(number >> (4 * (count - 1 - place))) & 15];
  text[count] = '\0';
  print(text);
}

// By whole numbers alone: the mantissa times a power of two, times the power of ten, rounded half up.
void print_decimal(float number, unsigned digits) {
  std::uint32_t bits;
  std::memcpy(&bits, &number, sizeof bits);
  const auto exponent = static_cast<int>((bits >> 23) & 255);
  std::uint64_t mantissa = bits & 0x7fffff;
  if (exponent == 255) {
    print(mantissa != 0 ? "nan" : (bits >> 31) != 0 ? "-inf" : "inf");
    return;
  }
  if ((bits >> 31) != 0) print("-");
  if (exponent != 0) mantissa |= 0x800000;
  const int shift = (exponent != 0 ? exponent : 1) - 150;  // number = mantissa * 2^shift
  if (digits > 9) digits = 9;
  std::uint64_t whole = 0, fraction = 0;
  if (shift >= 0) {
    whole = shift <= 40 ? mantissa << shift : ~std::uint64_t{0};
  } else if (shift > -64) {
    const auto down = static_cast<unsigned>(-shift);
    whole = mantissa >> down;
    // Below the point, a digit at a time: the tenfold of the rest takes four bits more than 2^scale.
    std::uint64_t rest = mantissa - (whole << down);
    unsigned scale = down;
    for (; scale > 59; --scale) rest >>= 1;
    const std::uint64_t one = std::uint64_t{1} << scale;
    for (unsigned place = 0; place < digits; ++place) {
      rest *= 10;
      fraction = 10 * fraction + (rest >> scale);
      rest &= one - 1;
    }
    if (2 * rest >= one && ++fraction == powers_of_ten[digits]) {
      fraction = 0;
      ++whole;
    }
  }
  print_digits(whole, 1);
  if (digits == 0) return;
  print(".");
  print_digits(fraction, digits);
}

void measure_memory() {
  if (stack_size() != 0 && stack_used() == stack_size()) print("the stack was too small: all of it was used\n");
  measure("stack used", stack_used());
  measure("stack size", stack_size());
  measure("static RAM", static_ram());
}

}  // namespace board
