#pragma once
// What a firmware program asks of its board: a line out, and how much it uses. The same source runs on a
// microcontroller (board_cortex_m.cpp) and on a developer's machine (board_host.cpp). main returns 0, or another status
// where something is wrong.
//
// No printf: newlib's brings the heap.

#include <cstddef>
#include <cstdint>

namespace board {

void print(const char* text);
void print_character(char character);
void print(std::uint64_t number);
// Rounded to that many digits after the point, at most 9. A number of 2^64 or more is printed as 2^64 - 1.
void print_decimal(float number, unsigned digits);
// The low 4 * digits bits.
void print_hexadecimal(std::uint64_t number, unsigned digits);

// Instructions since the first call, in the emulator with `-icount shift=0`, where each takes a nanosecond. The
// processor's own timer counts them, so they come in steps of 32 to 50 (of its cycles: 40 ns at 25 MHz). On a chip:
// nanoseconds. 0 on a host.
std::uint64_t instructions();

// Of the stack, bytes set aside and bytes ever used; 0 on a host. It was painted before main: what was used and holds
// the colour by chance is not seen.
std::size_t stack_size();
std::size_t stack_used();
// .data and .bss, 0 on a host.
std::size_t static_ram();
// Whether an address is in read-only memory: in flash, and not in what start-up copies to RAM. True on a host.
bool is_in_flash(const void* address);

// A line "measure: <what> <count>", which bench/firmware/measure.cmake reads and the tests of the text leave out.
// Nothing on a host.
void measure(const char* what, std::uint64_t count);
// The lines that every program ends with: stack used, stack size, static RAM. A stack of which nothing is left gets a
// line that is no measurement, and so fails the test of the text.
void measure_memory();

}  // namespace board
