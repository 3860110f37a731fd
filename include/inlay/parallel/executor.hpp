#pragma once
// Executors: who runs the independent parts of a piece of work.
//
//   executor.for_each(tasks, f)   calls f(task, worker) once for each task in [0, tasks), in any order and on any
//                                 thread, and returns when all are done. No two calls that run at the same time see
//                                 the same worker, and worker < max_workers().
//   executor.max_workers()        how many calls may run at the same time.
//
// Serial runs them here, in order, and is empty. Tbb (<inlay/tbb.hpp>) uses oneTBB. Anything with these two functions
// will do: tests/parallel/thread_pool.hpp has one on std::thread.
//
// Nothing in inlay depends on who runs a task or on how many run at once: results have the same bits for all.

#include <inlay/config.hpp>
#include <inlay/parallel/float_environment.hpp>

#include <atomic>
#include <concepts>
#include <type_traits>

namespace inlay::inline INLAY_ABI {

namespace detail {
struct AnyTask {
  void operator()(size_t, size_t) const {}
};
}  // namespace detail

template <class T>
concept Executor = requires(const T& executor, detail::AnyTask task) {
  executor.for_each(size_t{}, task);
  { executor.max_workers() } -> std::convertible_to<size_t>;
};

struct Serial {
  template <class F>
  void for_each(size_t tasks, F&& f) const {
    for (size_t task = 0; task < tasks; ++task) f(task, size_t{0});
  }
  static constexpr size_t max_workers() { return 1; }
};

namespace detail {
template <class E>
inline constexpr bool is_serial = std::is_same_v<E, Serial>;
}  // namespace detail
template <class E>
inline constexpr bool is_serial = detail::is_serial<std::remove_cvref_t<E>>;

// Runs `tasks` tasks in at most `lanes` lanes: f(task, lane) with lane < lanes, one lane never in two places at once.
// Lanes are what memory is set aside for: a model with room for four runs in four lanes on a machine with sixty cores.
// Tasks are handed out in ascending order to whichever lane is free.
template <Executor E, class F>
void for_each_in_lanes(const E& executor, size_t tasks, size_t lanes, F&& f) {
  if constexpr (is_serial<E>) {
    for (size_t task = 0; task < tasks; ++task) f(task, size_t{0});
  } else {
    const size_t workers = executor.max_workers();
    size_t used = lanes < workers ? lanes : workers;
    used = used < tasks ? used : tasks;
    std::atomic<size_t> next{0};
    executor.for_each(used, [&](size_t lane, size_t) {
      const FloatEnvironment environment;
      for (size_t task = next.fetch_add(1); task < tasks; task = next.fetch_add(1)) f(task, lane);
    });
  }
}

}  // namespace inlay::inline INLAY_ABI
