#include "support/interrupt.hpp"

#include <atomic>
#include <csignal>

namespace examples {
namespace {

std::atomic<bool> requested{false};
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler may only touch a lock-free atomic");

void request(int) { requested.store(true, std::memory_order_relaxed); }

}  // namespace

void catch_interrupts() {
  struct sigaction action {};
  action.sa_handler = request;
  // The handler is used once: after that the default is back, so that the second Ctrl-C always works. Interrupted
  // writes to the terminal or to a file are started again rather than cut.
  action.sa_flags = static_cast<int>(SA_RESETHAND) | SA_RESTART;
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

bool interrupted() { return requested.load(std::memory_order_relaxed); }

}  // namespace examples
