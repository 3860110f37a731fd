#pragma once

// The executor over oneTBB. No header of oneTBB is seen from here: the closure crosses into the library as a function
// pointer and a context, and everything else is in lib/tbb.cpp. Link inlay::tbb.
//
//   const inlay::Tbb executor;     // joins the task arena of the thread that constructs it
//   const inlay::Tbb four{4};      // an arena of its own with four threads, the calling one included
//
// for_each(tasks, f) calls f(task, worker) once for each task in 0 .. tasks - 1, in any order and from any thread, and
// returns when all are done. Two calls of f that run at the same time have different workers, and worker <
// max_workers(). A call from inside f is legal: a thread that waits for the inner tasks runs nothing but inner tasks,
// so what belongs to its worker stays as the outer call left it. f must not throw. After the first calls nothing is
// allocated: oneTBB takes its tasks from pools that it keeps for each thread.

#include <cstddef>
#include <memory>
#include <type_traits>

namespace inlay {

class Tbb {
 public:
  Tbb();
  explicit Tbb(std::size_t threads);
  ~Tbb();
  Tbb(const Tbb&) = delete;
  Tbb& operator=(const Tbb&) = delete;

  std::size_t max_workers() const noexcept { return max_workers_; }

  template <class F>
  void for_each(std::size_t tasks, F&& f) const noexcept {
    using Function = std::remove_reference_t<F>;
    const auto call = [](void* context, std::size_t task, std::size_t worker) {
      (*static_cast<Function*>(context))(task, worker);
    };
    run(tasks, call, const_cast<void*>(static_cast<const void*>(std::addressof(f))));
  }

 private:
  using Call = void (*)(void* context, std::size_t task, std::size_t worker);
  void run(std::size_t tasks, Call call, void* context) const noexcept;

  void* arena_;  // of a type that only lib/tbb.cpp knows
  std::size_t max_workers_;
};

}  // namespace inlay
