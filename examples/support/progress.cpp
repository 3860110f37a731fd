#include "support/progress.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cmath>
#include <cstdio>

#include "support/format.hpp"

namespace examples {
namespace {

std::size_t terminal_columns() {
  winsize size{};
  return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

std::string bar(double fraction) {
  constexpr std::size_t cells = 20;
  const auto full = static_cast<std::size_t>(fraction * cells);
  std::string text(full, '#');
  return text.append(cells - full, '.');
}

// The most important first: a narrow terminal cuts the end.
std::string describe(const ProgressReport& report) {
  std::string text = (report.what.empty() ? "" : report.what + "  ") + "step " + grouped(report.step) + "/" +
                     grouped(report.steps) + "  " + duration(report.seconds_left) + " left  loss " +
                     fixed(report.loss, 3);
  if (std::isfinite(report.validation_loss)) text += "  validation " + fixed(report.validation_loss, 3);
  if (report.tokens_per_second > 0)
    text += "  " + grouped(static_cast<std::uint64_t>(report.tokens_per_second)) + " tokens/s";
  if (report.fraction_of_peak > 0) text += "  " + fixed(100 * report.fraction_of_peak, 0) + " % of peak";
  return text;
}

}  // namespace

Progress::Progress() : terminal_{isatty(STDOUT_FILENO) != 0} {}

bool Progress::due() const {
  using namespace std::chrono_literals;
  return std::chrono::steady_clock::now() - last_ >= (terminal_ ? 100ms : 5000ms);
}

void Progress::show(const ProgressReport& report) {
  const std::string text = describe(report);
  if (terminal_) {
    const std::string done = bar(static_cast<double>(report.step) / static_cast<double>(report.steps)) + " ";
    live(done.size() + text.size() < terminal_columns() ? done + text : text);
  } else {
    std::printf("%s\n", text.c_str());
    std::fflush(stdout);
  }
  last_ = std::chrono::steady_clock::now();
}

void Progress::note(const std::string& text) {
  if (terminal_) live(text);
}

void Progress::live(const std::string& line) {
  // A line that wraps could not be replaced by the next one.
  const std::string fitting = line.substr(0, terminal_columns() - 1);
  std::printf("\r%s\x1b[K", fitting.c_str());
  std::fflush(stdout);
  line_is_live_ = true;
}

void Progress::clear() {
  if (line_is_live_) std::printf("\r\x1b[K");
  line_is_live_ = false;
}

}  // namespace examples
