#pragma once

// The part of Catch2 that the tests use, in one file: for cross targets, which have no package of Catch2, and for bare
// metal, which has neither exceptions nor streams. Sections work as there: a test case runs again until each innermost
// section has run once. Nothing is allocated, except by INFO and CAPTURE where there are exceptions. Checks belong on
// one thread.

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#if defined(__cpp_exceptions)
#include <sstream>
#include <string>
#include <utility>
#endif

namespace small_runner {

struct Case {
  const char* name;
  void (*body)();
  Case* next;
};

struct Runner {
  static constexpr std::size_t most_sections = 256, deepest = 16;

  Case* first = nullptr;
  Case** last = &first;
  const char* current = "";
  std::size_t failed_checks = 0, checks = 0;

  // Sections: a path is a hash of the names and lines that lead to it; `finished` holds the paths that need no further
  // run.
  std::uint64_t finished[most_sections] = {};
  std::size_t finished_count = 0;
  std::uint64_t path[deepest + 1] = {};
  bool taken[deepest + 1] = {};
  std::size_t depth = 0;
  bool pending = false;

  bool is_finished(std::uint64_t section) const {
    for (std::size_t i = 0; i < finished_count; ++i)
      if (finished[i] == section) return true;
    return false;
  }
};

inline Runner& runner() {
  static Runner instance;
  return instance;
}

struct Registration {
  Case entry;
  Registration(const char* name, void (*body)()) : entry{name, body, nullptr} {
    *runner().last = &entry;
    runner().last = &entry.next;
  }
};

struct Failure {};  // thrown by REQUIRE

#if defined(__cpp_exceptions)
struct Message {
  std::string text;
  Message* below;
  static Message*& top() {
    static thread_local Message* instance = nullptr;
    return instance;
  }
  explicit Message(std::string message) : text(std::move(message)), below(top()) { top() = this; }
  Message(const Message&) = delete;
  ~Message() { top() = below; }
};

template <class... Values>
std::string captured(const char* names, const Values&... values) {
  std::ostringstream stream;
  stream << names << " :=";
  ((stream << ' ' << values), ...);
  return std::move(stream).str();
}
#endif

inline bool report(bool passed, const char* file, int line, const char* text) {
  ++runner().checks;
  if (passed) return true;
  ++runner().failed_checks;
  std::printf("%s:%d: in \"%s\": failed: %s\n", file, line, runner().current, text);
#if defined(__cpp_exceptions)
  for (const Message* message = Message::top(); message != nullptr; message = message->below)
    std::printf("    %s\n", message->text.c_str());
#endif
  return false;
}

[[noreturn]] inline void stop() {
#if defined(__cpp_exceptions)
  throw Failure{};
#else
  std::printf("stopped\n");
  std::exit(1);
#endif
}

class Section {
 public:
  Section(const char* name, int line) {
    Runner& r = runner();
    std::uint64_t hash = r.path[r.depth] * 1099511628211u + static_cast<std::uint64_t>(line);
    for (const char* letter = name; *letter != 0; ++letter)
      hash = (hash ^ static_cast<unsigned char>(*letter)) * 1099511628211u;
    if (r.is_finished(hash)) return;
    if (r.taken[r.depth]) {
      r.pending = true;
      return;
    }
    if (r.depth == Runner::deepest) {
      report(false, name, line, "sections are nested too deeply for the small runner");
      return;
    }
    r.taken[r.depth] = true;
    ++r.depth;
    r.path[r.depth] = hash;
    r.taken[r.depth] = false;
    entered_ = true;
  }
  Section(const Section&) = delete;
  ~Section() {
    if (!entered_) return;
    Runner& r = runner();
    if (!r.pending && r.finished_count < Runner::most_sections) r.finished[r.finished_count++] = r.path[r.depth];
    --r.depth;
  }
  explicit operator bool() const { return entered_; }

 private:
  bool entered_ = false;
};

inline void run(const Case& test) {
  Runner& r = runner();
  r.current = test.name;
  r.finished_count = 0;
  do {
    r.pending = false;
    r.depth = 0;
    r.taken[0] = false;
    r.path[0] = 14695981039346656037u;
#if defined(__cpp_exceptions)
    try {
      test.body();
    } catch (const Failure&) {
      // The rest of this run is given up; sections that have not had their turn still get it.
    } catch (const std::exception& error) {
      report(false, test.name, 0, error.what());
    }
#else
    test.body();
#endif
  } while (r.pending && r.finished_count < Runner::most_sections);
  if (r.pending) report(false, test.name, 0, "more sections than the small runner can hold");
}

// Runs the test cases whose names contain `filter`; the number of those that failed.
inline int run_all(const char* filter) {
  int cases = 0, failed = 0;
  for (const Case* test = runner().first; test != nullptr; test = test->next) {
    if (std::strstr(test->name, filter) == nullptr) continue;
    const std::size_t before = runner().failed_checks;
    run(*test);
    ++cases;
    failed += runner().failed_checks != before;
  }
  std::printf("%d test cases, %d failed; %lu checks, %lu failed\n", cases, failed,
              static_cast<unsigned long>(runner().checks), static_cast<unsigned long>(runner().failed_checks));
  return failed;
}

}  // namespace small_runner

#define SMALL_RUNNER_JOIN_(a, b) a##b
#define SMALL_RUNNER_JOIN(a, b) SMALL_RUNNER_JOIN_(a, b)
#define SMALL_RUNNER_FIRST(name, ...) name
#define SMALL_RUNNER_CASE(function, name)                                                       \
  static void function();                                                                       \
  static small_runner::Registration SMALL_RUNNER_JOIN(function, _registration){name, function}; \
  static void function()
#define TEST_CASE(...) \
  SMALL_RUNNER_CASE(SMALL_RUNNER_JOIN(small_runner_case_, __LINE__), SMALL_RUNNER_FIRST(__VA_ARGS__, ""))
#define SECTION(...) \
  if (const small_runner::Section SMALL_RUNNER_JOIN(section_, __LINE__){SMALL_RUNNER_FIRST(__VA_ARGS__, ""), __LINE__})

#define CHECK(...) \
  static_cast<void>(small_runner::report(static_cast<bool>(__VA_ARGS__), __FILE__, __LINE__, #__VA_ARGS__))
#define CHECK_FALSE(...) \
  static_cast<void>(small_runner::report(!static_cast<bool>(__VA_ARGS__), __FILE__, __LINE__, "!(" #__VA_ARGS__ ")"))
#define REQUIRE(...)                                                                                                   \
  do {                                                                                                                 \
    if (!small_runner::report(static_cast<bool>(__VA_ARGS__), __FILE__, __LINE__, #__VA_ARGS__)) small_runner::stop(); \
  } while (false)
#define REQUIRE_FALSE(...)                                                                                 \
  do {                                                                                                     \
    if (!small_runner::report(!static_cast<bool>(__VA_ARGS__), __FILE__, __LINE__, "!(" #__VA_ARGS__ ")")) \
      small_runner::stop();                                                                                \
  } while (false)
#define SUCCEED(...) static_cast<void>(small_runner::report(true, __FILE__, __LINE__, ""))

#if defined(__cpp_exceptions)
#define SMALL_RUNNER_TEXT(...) ((std::ostringstream{} << __VA_ARGS__).str())
#define INFO(...) \
  const small_runner::Message SMALL_RUNNER_JOIN(message_, __LINE__) { SMALL_RUNNER_TEXT(__VA_ARGS__) }
#define CAPTURE(...)                                                  \
  const small_runner::Message SMALL_RUNNER_JOIN(message_, __LINE__) { \
    small_runner::captured(#__VA_ARGS__, __VA_ARGS__)                 \
  }
#define WARN(...) std::printf("%s\n", SMALL_RUNNER_TEXT(__VA_ARGS__).c_str())
#define FAIL_CHECK(...) \
  static_cast<void>(small_runner::report(false, __FILE__, __LINE__, SMALL_RUNNER_TEXT(__VA_ARGS__).c_str()))
#define FAIL(...)            \
  do {                       \
    FAIL_CHECK(__VA_ARGS__); \
    small_runner::stop();    \
  } while (false)
#else
#define INFO(...) static_cast<void>(0)
#define CAPTURE(...) static_cast<void>(0)
#define WARN(...) static_cast<void>(0)
#define FAIL_CHECK(...) static_cast<void>(small_runner::report(false, __FILE__, __LINE__, "FAIL_CHECK"))
#define FAIL(...)            \
  do {                       \
    FAIL_CHECK(__VA_ARGS__); \
    small_runner::stop();    \
  } while (false)
#endif

#if defined(INLAY_SMALL_RUNNER_MAIN)
int main(int count, char** arguments) {
  const int failed = small_runner::run_all(count > 1 ? arguments[1] : "");
  return failed == 0 ? 0 : 1;
}
#endif
