// chrF against figures of sacreBLEU 2.6 (sentence and corpus, its defaults).

#include "support/chrf.hpp"

#include <cmath>

#include "support/catch.hpp"

namespace {

bool close(double found, double expected) { return std::abs(found - expected) < 1e-9 * (1 + expected); }

TEST_CASE("chrF of a sentence") {
  using examples::chrf;
  CHECK(close(chrf("the cat sat on the mat", "the cat is on the mat"), 64.5779420625287));
  CHECK(close(chrf("two hundred forty-three", "two hundred thirty-four"), 54.016055252510355));
  CHECK(close(chrf("ab", "abcd"), 47.169811320754704));
  CHECK(close(chrf("aaaa", "aa"), 78.125));
  CHECK(close(chrf("duecentoquarantatr\u00e9", "duecentoquarantatre"), 93.87323496650124));
  CHECK(close(chrf("perch\u00e9 no", "perch\u00e9 s\u00ec"), 59.404761904761905));
  CHECK(close(chrf("one  two", "onetwo"), 100));  // white space is no character
  CHECK(chrf("abc", "abc") == 100);
  CHECK(chrf("abc", "xyz") == 0);
  CHECK(chrf("", "abc") == 0);
  CHECK(chrf("", "") == 0);
  CHECK(chrf("\xc3", "\xc3") == 100);  // half a character
}

// "ab" against "abcd" with a pencil: n = 1: P = 2/2, R = 2/4; n = 2: P = 1/1, R = 1/3; longer ones do not occur in
// both.
TEST_CASE("chrF by hand") {
  const double precision = 1, recall = (0.5 + 1.0 / 3) / 2;
  CHECK(close(examples::chrf("ab", "abcd"), 100 * 5 * precision * recall / (4 * precision + recall)));
}

TEST_CASE("chrF of several sentences adds up their counts") {
  examples::ChrF all;
  CHECK(all.score() == 0);
  all.add("the cat sat on the mat", "the cat is on the mat");
  all.add("two hundred forty-three", "two hundred thirty-four");
  all.add("ab", "abcd");
  CHECK(close(all.score(), 56.89223812680545));
}

}  // namespace
