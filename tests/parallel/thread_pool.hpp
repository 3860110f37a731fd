#pragma once
// Your own executor in 15 lines: everything that inlay asks of one. Threads live for one call here; a pool that keeps
// them is faster and looks the same from outside.

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <thread>
#include <vector>

class ThreadPool {
 public:
  explicit ThreadPool(std::size_t threads) : threads_(threads) {}
  std::size_t max_workers() const { return threads_; }

  template <class F>
  void for_each(std::size_t tasks, F&& f) const {
    std::atomic<std::size_t> next{0};
    const auto work = [&](std::size_t worker) {
      for (std::size_t task = next++; task < tasks; task = next++) f(task, worker);
    };
    std::vector<std::thread> others;
    for (std::size_t worker = 1; worker < std::min(threads_, tasks); ++worker) others.emplace_back(work, worker);
    work(0);  // the calling thread takes part
    for (std::thread& other : others) other.join();
  }

 private:
  std::size_t threads_;
};
