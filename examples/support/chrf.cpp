#include "support/chrf.hpp"

#include <algorithm>
#include <map>
#include <string>

namespace examples {
namespace {

// Code points without white space. A byte that belongs to no character stands for itself.
std::u32string characters(std::string_view text) {
  std::u32string result;
  for (std::size_t at = 0; at < text.size();) {
    const auto lead = static_cast<unsigned char>(text[at++]);
    char32_t character = lead;
    const std::size_t more = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : lead >= 0xc0 ? 1 : 0;
    if (more > 0 && at + more <= text.size()) {
      character = lead & (0x3fu >> more);
      for (std::size_t i = 0; i < more; ++i)
        character = character << 6 | (static_cast<unsigned char>(text[at++]) & 0x3fu);
    }
    const bool space = (character >= 0x09 && character <= 0x0d) || character == ' ' || character == 0xa0;
    if (!space) result += character;
  }
  return result;
}

std::map<std::u32string_view, double> count(std::u32string_view text, std::size_t length) {
  std::map<std::u32string_view, double> counts;
  for (std::size_t at = 0; at + length <= text.size(); ++at) ++counts[text.substr(at, length)];
  return counts;
}

}  // namespace

void ChrF::add(std::string_view hypothesis, std::string_view reference) {
  const std::u32string said = characters(hypothesis), meant = characters(reference);
  for (std::size_t length = 1; length <= longest; ++length) {
    Matches& matches = of_length_[length - 1];
    const auto in_said = count(said, length), in_meant = count(meant, length);
    if (in_meant.empty()) continue;  // as sacreBLEU: what the reference is too short for counts on neither side
    for (const auto& [gram, times] : in_said) {
      matches.hypothesis += times;
      if (const auto found = in_meant.find(gram); found != in_meant.end())
        matches.both += std::min(times, found->second);
    }
    for (const auto& [gram, times] : in_meant) matches.reference += times;
  }
}

double ChrF::score() const {
  constexpr double beta_squared = 4;
  double precision = 0, recall = 0, lengths = 0;
  for (const Matches& matches : of_length_) {
    if (matches.hypothesis == 0 || matches.reference == 0) continue;
    precision += matches.both / matches.hypothesis;
    recall += matches.both / matches.reference;
    ++lengths;
  }
  if (precision + recall == 0) return 0;
  precision /= lengths, recall /= lengths;
  return 100 * (1 + beta_squared) * precision * recall / (beta_squared * precision + recall);
}

double chrf(std::string_view hypothesis, std::string_view reference) {
  ChrF both;
  both.add(hypothesis, reference);
  return both.score();
}

}  // namespace examples
