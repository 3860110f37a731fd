#pragma once
// chrF: how much of a text one finds in another, by n-grams of characters; a measure of translations.
//
//   chrF = (1 + beta^2) P R / (beta^2 P + R),   n = 1 ... 6, beta = 2: recall counts twice as much as precision
//   P: matches / n-grams of the hypothesis,  R: matches / n-grams of the reference,  each the mean over the n that
//   occur in both texts; an n-gram matches as often as it stands in both
//
// Characters are the code points of UTF-8; white space is no character. Of several sentences the counts are added up
// first. The figures are those of sacreBLEU 2 (chrF2), in percent.
//
// Source: Popovic, "chrF: character n-gram F-score for automatic MT evaluation", WMT 2015.

#include <array>
#include <cstddef>
#include <string_view>

namespace examples {

class ChrF {
 public:
  static constexpr std::size_t longest = 6;

  void add(std::string_view hypothesis, std::string_view reference);
  double score() const;  // 0 to 100; 0 where nothing could be compared

 private:
  struct Matches {
    double hypothesis = 0, reference = 0, both = 0;
  };
  std::array<Matches, longest> of_length_{};
};

// Of one sentence.
double chrf(std::string_view hypothesis, std::string_view reference);

}  // namespace examples
