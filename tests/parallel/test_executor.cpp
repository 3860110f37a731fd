#include <inlay/parallel/drivers.hpp>
#include <inlay/parallel/executor.hpp>

#include "parallel/thread_pool.hpp"
#include "support/catch.hpp"

#include <atomic>
#include <mutex>
#include <set>
#include <vector>

#if defined(INLAY_TEST_TBB)
#include <inlay/tbb.hpp>
#endif

namespace {

// Each task once; no worker in two places at once; workers below the limit.
template <class E>
void check_executor(const E& executor, std::size_t tasks) {
  const std::size_t workers = executor.max_workers();
  std::vector<std::atomic<int>> runs(tasks), busy(workers);
  std::atomic<int> wrong{0};
  executor.for_each(tasks, [&](std::size_t task, std::size_t worker) {
    if (task >= tasks || worker >= workers) {
      ++wrong;
      return;
    }
    if (busy[worker].fetch_add(1) != 0) ++wrong;
    ++runs[task];
    busy[worker].fetch_sub(1);
  });
  CHECK(wrong == 0);
  for (const auto& count : runs) REQUIRE(count == 1);
}

// The same of lanes, which are what memory is set aside for.
template <class E>
void check_lanes(const E& executor, std::size_t tasks, std::size_t lanes) {
  std::vector<std::atomic<int>> runs(tasks), busy(lanes);
  std::atomic<int> wrong{0};
  inlay::for_each_in_lanes(executor, tasks, lanes, [&](std::size_t task, std::size_t lane) {
    if (lane >= lanes || busy[lane].fetch_add(1) != 0) ++wrong;
    ++runs[task];
    busy[lane].fetch_sub(1);
  });
  CHECK(wrong == 0);
  for (const auto& count : runs) REQUIRE(count == 1);
}

template <class E>
void check_blocks(const E& executor, std::size_t n, std::size_t grain) {
  std::vector<std::atomic<int>> touched(n);
  std::mutex mutex;
  std::set<std::size_t> begins;
  inlay::parallel::for_each_block(executor, n, grain, [&](std::size_t first, std::size_t count) {
    for (std::size_t i = first; i < first + count; ++i) ++touched[i];
    const std::lock_guard lock(mutex);
    begins.insert(first);
  });
  for (const auto& count : touched) REQUIRE(count == 1);
  const std::size_t blocks = n / grain, most = 4 * executor.max_workers();
  if (!inlay::is_serial<E> && blocks > 1) CHECK(begins.size() == (blocks < most ? blocks : most));
}

template <class F>
void with_executors(F&& f) {
  f(inlay::Serial{});
  for (const std::size_t threads : {1u, 2u, 3u, 8u}) f(ThreadPool{threads});
#if defined(INLAY_TEST_TBB)
  for (const std::size_t threads : {1u, 2u, 3u, 8u}) f(inlay::Tbb{threads});
#endif
}

}  // namespace

static_assert(inlay::Executor<inlay::Serial>);
static_assert(inlay::Executor<ThreadPool>);
static_assert(std::is_empty_v<inlay::Serial>);
static_assert(inlay::Serial::max_workers() == 1);
static_assert(inlay::is_serial<const inlay::Serial&> && !inlay::is_serial<ThreadPool>);
#if defined(INLAY_TEST_TBB)
static_assert(inlay::Executor<inlay::Tbb>);
#endif
struct WithoutWorkers {
  template <class F>
  void for_each(std::size_t, F&&) const {}
};
static_assert(!inlay::Executor<WithoutWorkers> && !inlay::Executor<int>);

TEST_CASE("An executor runs each task once, on a worker of its own") {
  with_executors([](const auto& executor) {
    for (const std::size_t tasks : {0u, 1u, 2u, 7u, 200u}) {
      CAPTURE(executor.max_workers(), tasks);
      check_executor(executor, tasks);
    }
  });
}

TEST_CASE("Serial runs the tasks in order") {
  std::vector<std::size_t> order;
  inlay::Serial{}.for_each(5, [&](std::size_t task, std::size_t worker) { order.push_back(task + 10 * worker); });
  CHECK(order == std::vector<std::size_t>{0, 1, 2, 3, 4});
}

TEST_CASE("Lanes are never more than asked for, and no lane is in two places at once") {
  with_executors([](const auto& executor) {
    for (const std::size_t lanes : {1u, 2u, 3u, 5u, 100u})
      for (const std::size_t tasks : {0u, 1u, 4u, 60u}) {
        CAPTURE(executor.max_workers(), lanes, tasks);
        check_lanes(executor, tasks, lanes);
      }
  });
}

TEST_CASE("Blocks cover everything once") {
  with_executors([](const auto& executor) {
    for (const std::size_t n : {0u, 1u, 15u, 16u, 100u, 1001u})
      for (const std::size_t grain : {1u, 16u, 64u}) {
        CAPTURE(executor.max_workers(), n, grain);
        check_blocks(executor, n, grain);
      }
  });
}

TEST_CASE("Calls from inside a task") {
  with_executors([](const auto& executor) {
    std::atomic<std::size_t> total{0}, wrong{0};
    executor.for_each(6, [&](std::size_t outer, std::size_t) {
      executor.for_each(5, [&](std::size_t inner, std::size_t worker) {
        if (worker >= executor.max_workers()) ++wrong;
        total += 10 * outer + inner;
      });
    });
    CHECK(total == 6 * (0 + 1 + 2 + 3 + 4) + 5 * 10 * (0 + 1 + 2 + 3 + 4 + 5));
    CHECK(wrong == 0);
  });
}
