#pragma once
// How training goes, for whoever watches: one live line in a terminal, a plain line every few seconds in a pipe or a
// log.

#include <chrono>
#include <cstdint>
#include <limits>
#include <string>

namespace examples {

struct ProgressReport {
  std::string what = {};  // is learning, where a program has several
  std::uint64_t step = 0, steps = 0;
  double loss = 0;
  double validation_loss = std::numeric_limits<double>::quiet_NaN();  // not known yet
  double tokens_per_second = 0;                                       // this and the next: 0 is not shown
  double fraction_of_peak = 0;
  double seconds_left = 0;
};

class Progress {
 public:
  Progress();                               // looks at standard output
  bool due() const;                         // whether it is time for another report
  void show(const ProgressReport& report);  // replaces the live line, or prints a line
  void note(const std::string& text);       // the same for a word on what takes long: "validating ..."
  void clear();                             // before anything else is printed

 private:
  void live(const std::string& line);

  bool terminal_;
  bool line_is_live_ = false;
  std::chrono::steady_clock::time_point last_{};
};

}  // namespace examples
