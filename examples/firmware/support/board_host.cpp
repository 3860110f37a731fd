// The board as a program of an operating system, for a developer's machine and for tests: it prints, and counts
// nothing.

#include <cstdio>

#include "support/board.hpp"

namespace board {

void print(const char* text) { std::fputs(text, stdout); }
std::uint64_t instructions() { return 0; }
std::size_t stack_size() { return 0; }
std::size_t stack_used() { return 0; }
std::size_t static_ram() { return 0; }
bool is_in_flash(const void*) { return true; }
void measure(const char*, std::uint64_t) {}

}  // namespace board
