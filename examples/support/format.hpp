#pragma once
// Numbers as people read them.

#include <cstdint>
#include <string>
#include <string_view>

namespace examples {

std::string duration(double seconds);       // "0.8 s", "42 s", "1 min 05 s", "2 h 03 min"
std::string grouped(std::uint64_t number);  // "1 234 567"
std::string bytes(std::uint64_t count);     // "512 bytes", "12.3 KiB", "4.5 MiB"
std::string fixed(double value, int decimals);
std::string hexadecimal(std::uint64_t value);  // 16 digits

// A byte for a terminal: control characters other than newline and tab, which could move the cursor or worse, become
// '?'.
char printable(char character);
// The same for a text, in which bytes that are no UTF-8 become '?' too: a model that has not learned yet writes any.
std::string printable(std::string_view text);

}  // namespace examples
