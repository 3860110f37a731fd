#include <inlay/modules/path.hpp>
#include <inlay/parallel/drivers.hpp>
#include <inlay/parallel/trace.hpp>

#include "parallel/thread_pool.hpp"
#include "support/catch.hpp"

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace {

// Time that passes only when a test says so.
struct HandClock {
  static inline std::uint64_t time = 0;
  static std::uint64_t now() noexcept { return time; }
};
using Trace = inlay::Trace<HandClock, 2, 6>;
using TracedSerial = inlay::Traced<inlay::Serial, Trace>;
using TracedPool = inlay::Traced<ThreadPool, Trace>;

// A module and a kernel, and the lane.
using Key = std::pair<std::string, std::size_t>;

std::map<Key, inlay::SpanTotals> totals_of(const Trace& trace) {
  std::map<Key, inlay::SpanTotals> all;
  trace.visit(
      [&](const inlay::Path& module, const char* kernel, const inlay::SpanTotals& totals, std::size_t lane) {
        all[{std::string(module.text().c_str()) + ":" + kernel, lane}] = totals;
      },
      inlay::Path{});
  return all;
}

// Nothing of a span is left where nothing is traced.
static_assert(std::is_empty_v<inlay::Span<inlay::Serial>> && std::is_empty_v<inlay::Span<ThreadPool>>);
static_assert(std::is_trivially_destructible_v<inlay::Span<inlay::Serial>>);
static_assert(std::is_same_v<inlay::detail::Held<ThreadPool>::type, const ThreadPool&>);
static_assert(std::is_same_v<decltype(inlay::executor_in_lane<1>(std::declval<ThreadPool&>(), 0)), inlay::Serial>);

// What is traced takes the same way through the drivers as what is not.
static_assert(inlay::Executor<TracedSerial> && inlay::Executor<TracedPool>);
static_assert(inlay::is_serial<const TracedSerial&> && !inlay::is_serial<TracedPool>);
static_assert(std::is_trivial_v<Trace>);

}  // namespace

TEST_CASE("Spans nest: what ran inside is not the span's own time") {
  static Trace trace;
  const TracedSerial executor(inlay::Serial{}, trace);
  HandClock::time = 1000;
  {
    const inlay::Span outer(executor, "outer", {7, 8});
    HandClock::time += 3;
    for (int i = 0; i < 2; ++i) {
      inlay::Span middle(executor, "middle");
      HandClock::time += 10;
      {
        const inlay::Span inner(executor, "inner", {.bytes = 5});
        HandClock::time += 100;
      }
      HandClock::time += 20;
      middle.end();
      HandClock::time += 1000;  // of the outer span
    }
    HandClock::time += 4;
  }
  HandClock::time += 50000;  // of none
  auto all = totals_of(trace);
  REQUIRE(all.size() == 3);
  const auto outer = all[{":outer", 0}], middle = all[{":middle", 0}], inner = all[{":inner", 0}];
  CHECK(outer.calls == 1);
  CHECK(outer.ticks == 2267);
  CHECK(outer.self_ticks == 2007);
  CHECK(outer.operations == 7);
  CHECK(outer.bytes == 8);
  CHECK(middle.calls == 2);
  CHECK(middle.ticks == 260);
  CHECK(middle.self_ticks == 60);
  CHECK(inner.calls == 2);
  CHECK(inner.ticks == 200);
  CHECK(inner.self_ticks == 200);
  CHECK(inner.bytes == 10);
  CHECK(outer.self_ticks + middle.self_ticks + inner.self_ticks == outer.ticks);

  trace.clear();
  CHECK(totals_of(trace).empty());
}

TEST_CASE("An executor knows its place in the model, and its lane") {
  static Trace trace;
  const ThreadPool pool{2};
  const TracedPool executor(pool, trace);
  const auto part = inlay::executor_at(inlay::executor_at(executor, "blocks"), "query");
  { const inlay::Span one(part, "kernel"); }
  { const inlay::Span same(inlay::executor_at(part, nullptr), "kernel"); }
  const auto lane = inlay::executor_in_lane<2>(executor, 1);
  static_assert(std::is_same_v<decltype(lane), const TracedSerial>);
  { const inlay::Span other(lane, "kernel"); }
  auto all = totals_of(trace);
  CHECK(all.size() == 2);
  CHECK(all[{"blocks.query:kernel", 0}].calls == 2);
  CHECK(all[{":kernel", 2}].calls == 1);
  const inlay::Serial serial;
  CHECK(&inlay::executor_at(serial, "query") == &serial);
}

TEST_CASE("A traced executor runs each task as the one inside does") {
  static Trace trace;
  const ThreadPool pool{3};
  const TracedPool executor(pool, trace);
  CHECK(executor.max_workers() == 3);
  std::vector<std::atomic<int>> runs(100);
  executor.for_each(runs.size(), [&](std::size_t task, std::size_t) { ++runs[task]; });
  for (const auto& count : runs) REQUIRE(count == 1);
}

TEST_CASE("What a trace has no place for is counted together") {
  static Trace trace;
  const TracedSerial executor(inlay::Serial{}, trace);
  const char* const names[] = {"a", "b", "c", "d", "e", "f", "g", "h"};
  for (const char* const name : names) const inlay::Span span(executor, name, {1, 0});
  auto all = totals_of(trace);
  CHECK(all.size() == 7);
  CHECK(all[{":f", 0}].operations == 1);
  CHECK(all[{":more than the trace has places for", 0}].operations == 2);
}

TEST_CASE("A matrix product says its form and its operations") {
  static Trace trace;
  const TracedSerial executor(inlay::Serial{}, trace);
  const std::vector<float> a(6, 1.0f), b(6, 1.0f);
  std::vector<float> c(4);
  using inlay::kernels::Form;
  inlay::parallel::matmul<Form::plain, Form::plain>(executor, 2, 2, 3, a.data(), 3, b.data(), 2, c.data(), 2);
  CHECK(c == std::vector<float>(4, 3.0f));
  auto all = totals_of(trace);
  CHECK(all[{":matmul A B", 0}].operations == 2 * 2 * 2 * 3);
  CHECK(all[{":matmul A B", 0}].bytes == 4 * (6 + 6 + 4));
}
