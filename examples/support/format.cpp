#include "support/format.hpp"

#include <cmath>
#include <cstdio>

namespace examples {

std::string fixed(double value, int decimals) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", decimals, value);
  return text;
}

std::string duration(double seconds) {
  if (!std::isfinite(seconds) || seconds < 0) return "?";
  if (seconds < 9.95) return fixed(seconds, 1) + " s";
  const auto whole = static_cast<unsigned long long>(seconds + 0.5);
  char text[64];
  if (whole < 60)
    std::snprintf(text, sizeof text, "%llu s", whole);
  else if (whole < 3600)
    std::snprintf(text, sizeof text, "%llu min %02llu s", whole / 60, whole % 60);
  else
    std::snprintf(text, sizeof text, "%llu h %02llu min", whole / 3600, whole / 60 % 60);
  return text;
}

std::string grouped(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t at = digits.size(); at > 3;) digits.insert(at -= 3, 1, ' ');
  return digits;
}

std::string bytes(std::uint64_t count) {
  if (count < 1024) return std::to_string(count) + " bytes";
  const double kibibytes = static_cast<double>(count) / 1024;
  return kibibytes < 1024          ? fixed(kibibytes, 1) + " KiB"
         : kibibytes < 1024 * 1024 ? fixed(kibibytes / 1024, 1) + " MiB"
                                   : fixed(kibibytes / (1024 * 1024), 2) + " GiB";
}

std::string hexadecimal(std::uint64_t value) {
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(value));
  return text;
}

char printable(char character) {
  const auto byte = static_cast<unsigned char>(character);
  const bool control = (byte < 0x20 && byte != '\n' && byte != '\t') || byte == 0x7f;
  return control ? '?' : character;
}

std::string printable(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const auto lead = static_cast<unsigned char>(text[0]);
    std::size_t length = lead < 0x80 ? 1 : lead >= 0xc2 && lead < 0xe0 ? 2 : lead >= 0xe0 && lead < 0xf0 ? 3 : 4;
    bool valid = (lead < 0x80 || (lead >= 0xc2 && lead < 0xf5)) && length <= text.size();
    for (std::size_t i = 1; valid && i < length; ++i) valid = (static_cast<unsigned char>(text[i]) & 0xc0) == 0x80;
    if (!valid) length = 1;
    if (length == 1)
      result += valid ? printable(text[0]) : '?';
    else
      result += text.substr(0, length);
    text.remove_prefix(length);
  }
  return result;
}

}  // namespace examples
