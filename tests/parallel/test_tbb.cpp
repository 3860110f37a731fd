#include "support/catch.hpp"

#if defined(INLAY_TEST_TBB)
#include <inlay/tbb.hpp>

#include <atomic>
#include <thread>
#include <vector>

TEST_CASE("Tbb runs each task once, on a worker of its own") {
  for (const std::size_t threads : {1u, 2u, 3u, 8u}) {
    CAPTURE(threads);
    const inlay::Tbb executor{threads};
    REQUIRE(executor.max_workers() == threads);
    for (const std::size_t tasks : {0u, 1u, 2u, 7u, 1000u}) {
      CAPTURE(tasks);
      std::vector<std::atomic<int>> runs(tasks), busy(threads);
      std::atomic<int> wrong{0};
      executor.for_each(tasks, [&](std::size_t task, std::size_t worker) {
        if (worker >= threads || busy[worker].fetch_add(1) != 0) ++wrong;
        ++runs[task];
        busy[worker].fetch_sub(1);
      });
      CHECK(wrong == 0);
      for (const auto& count : runs) REQUIRE(count == 1);
    }
  }
}

TEST_CASE("A nested call leaves the scratch of its worker alone") {
  const inlay::Tbb executor{4};
  std::vector<std::atomic<int>> inside(4);
  std::atomic<int> wrong{0}, total{0};
  executor.for_each(64, [&](std::size_t, std::size_t worker) {
    if (inside[worker].fetch_add(1) != 0)
      ++wrong;  // no second outer task begins on this worker while the first one waits
    executor.for_each(16, [&](std::size_t, std::size_t inner) {
      if (inner >= 4) ++wrong;
      ++total;
    });
    inside[worker].fetch_sub(1);
  });
  CHECK(wrong == 0);
  CHECK(total == 64 * 16);
}

TEST_CASE("The default executor joins the arena of the thread that constructs it") {
  const inlay::Tbb executor;
  REQUIRE(executor.max_workers() >= 1);
  std::atomic<std::size_t> sum{0}, largest{0};
  executor.for_each(100, [&](std::size_t task, std::size_t worker) {
    sum += task;
    if (worker >= executor.max_workers()) largest = worker;
  });
  CHECK(sum == 4950);
  CHECK(largest == 0);
}

TEST_CASE("Threads that oneTBB did not start may share an executor") {
  const inlay::Tbb executor{2};
  std::atomic<std::size_t> sum{0}, wrong{0};
  const auto work = [&] {
    for (int repeat = 0; repeat < 50; ++repeat)
      executor.for_each(10, [&](std::size_t task, std::size_t worker) {
        sum += task;
        if (worker >= 2) ++wrong;
      });
  };
  std::thread first{work}, second{work}, third{work};
  first.join(), second.join(), third.join();
  CHECK(sum == 3 * 50 * 45);
  CHECK(wrong == 0);
}

TEST_CASE("A closure may be const, and is not copied") {
  struct Closure {
    std::atomic<int>* calls;
    explicit Closure(std::atomic<int>* counter) : calls(counter) {}
    Closure(const Closure&) = delete;
    Closure& operator=(const Closure&) = delete;
    void operator()(std::size_t, std::size_t) const { ++*calls; }
  };
  std::atomic<int> calls{0};
  const Closure closure{&calls};
  inlay::Tbb{2}.for_each(5, closure);
  CHECK(calls == 5);
}
#endif
