// The board as a bare Cortex-M: toolchains/cortex-m/ has the start-up and the linker scripts that the names come from.
// Text goes out through semihosting, which the emulator or a debugger answers. Instructions are counted by SysTick, the
// timer that every Cortex-M has at this place; its 24 bits overflow after 0.7 s at 25 MHz, and an interrupt counts
// that.

#include "support/board.hpp"

extern "C" {
extern const std::uint8_t data_start[], data_end[], bss_start[], bss_end[], stack_bottom[], stack_top[],
    tick_quarter_nanoseconds[], flash_start[], flash_end[];
int _write(int, const char*, int);
void systick_handler();
}

namespace board {
namespace {

struct SysTick {
  volatile std::uint32_t control, reload, current, calibration;
};
constexpr std::uint32_t ticks_per_overflow = 1u << 24;
volatile std::uint32_t overflows;
bool running;

SysTick& timer() { return *reinterpret_cast<SysTick*>(0xE000E010); }
std::uintptr_t number(const std::uint8_t* symbol) { return reinterpret_cast<std::uintptr_t>(symbol); }

}  // namespace

void print(const char* text) {
  int length = 0;
  while (text[length] != '\0') ++length;
  _write(1, text, length);
}

std::uint64_t instructions() {
  if (!running) {
    running = true;
    timer().reload = ticks_per_overflow - 1;
    timer().current = 0;
    timer().control = 7;  // the processor's clock, an interrupt, on
  }
  std::uint32_t high, low;
  do {
    high = overflows;
    low = timer().current;
  } while (high != overflows);
  // It counts down, from 0 first.
  const std::uint64_t ticks =
      std::uint64_t{high} * ticks_per_overflow + (ticks_per_overflow - low) % ticks_per_overflow;
  return ticks * number(tick_quarter_nanoseconds) / 4;
}

std::size_t stack_size() { return number(stack_top) - number(stack_bottom); }

std::size_t stack_used() {
  std::uintptr_t address = number(stack_bottom);
  while (address < number(stack_top) && *reinterpret_cast<const volatile std::uint32_t*>(address) == 0xC5C5C5C5u)
    address += sizeof(std::uint32_t);
  return number(stack_top) - address;
}

std::size_t static_ram() { return number(data_end) - number(data_start) + number(bss_end) - number(bss_start); }

bool is_in_flash(const void* address) {
  const auto place = reinterpret_cast<std::uintptr_t>(address);
  return number(flash_start) <= place && place < number(flash_end);
}

void measure(const char* what, std::uint64_t count) {
  print("measure: ");
  print(what);
  print(" ");
  print(count);
  print("\n");
}

}  // namespace board

void systick_handler() { board::overflows = board::overflows + 1; }
