// What firmware programs stand on: numbers as text, a counter that counts, a stack whose depth is seen.

#include <initializer_list>

#include "support/board.hpp"

namespace {

using namespace board;

const int constant = 1;
[[maybe_unused]] volatile int variable = 1;
int failures = 0;

void expect(bool holds, const char* sentence) {
  if (holds) return;
  ++failures;
  print("failed: ");
  print(sentence);
  print("\n");
}

#if defined(__thumb__) && !defined(__linux__)
void loop(unsigned count) { asm volatile("1: subs %0, %0, #1\n bne 1b" : "+l"(count) : : "cc"); }

// Two instructions each time round, and what one tick of the timer and a call of instructions() may add.
void check_loop(unsigned count) {
  const std::uint64_t before = instructions();
  loop(count);
  const std::uint64_t counted = instructions() - before;
  measure("loop", counted);
  const std::uint64_t known = 2 * std::uint64_t{count};
  expect(counted + 50 >= known && counted <= known + 150, "expected two instructions for each time round a loop");
}

[[gnu::noinline]] void use_stack() {
  volatile char bytes[3000];
  for (volatile char& byte : bytes) byte = 1;
}
#endif

}  // namespace

int main() {
  for (const std::uint64_t number :
       {std::uint64_t{0}, std::uint64_t{7}, std::uint64_t{4294967296}, ~std::uint64_t{0}}) {
    print(number);
    print("\n");
  }
  for (const float number : {0.0f, -0.5f, 1.0f / 3.0f, 0.99996f, 123456.789f, 2.5e-5f, 1e-30f, 0x1p63f}) {
    print_decimal(number, 0);
    print(" ");
    print_decimal(number, 4);
    print(" ");
    print_decimal(number, 9);
    print("\n");
  }
  print_decimal(-__builtin_inff(), 2);
  print(" ");
  print_decimal(__builtin_nanf(""), 2);
  print("\n");
  print_hexadecimal(0x123456789abcdef0u, 16);
  print(" ");
  print_hexadecimal(0xab, 4);
  print_character('\n');

  expect(is_in_flash(&constant), "expected a constant in flash");
#if defined(__thumb__) && !defined(__linux__)
  expect(!is_in_flash(const_cast<const int*>(&variable)), "expected a variable in RAM");
  // The last one is longer than the timer's 24 bits.
  for (const unsigned count : {1000u, 100'000u, 500'000'000u}) check_loop(count);
  const std::size_t before = stack_used();
  expect(before > 0 && before < 1000, "expected less than a kilobyte of stack to be used at first");
  use_stack();
  expect(stack_used() >= 3000 && stack_used() < 4000, "expected the use of 3000 bytes of stack to be seen");
  expect(stack_size() == 16 * 1024, "expected the stack to have the size that the linker was told");
  expect(static_ram() >= sizeof variable && static_ram() < 1000, "expected few bytes in RAM");
#endif
  measure_memory();
  return failures;
}
