#include <inlay/tbb.hpp>

#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/parallel_for.h>
#include <oneapi/tbb/task_arena.h>

#include <algorithm>
#include <optional>

namespace inlay {
namespace {

using oneapi::tbb::global_control;
using oneapi::tbb::task_arena;

struct Arena {
  explicit Arena(std::size_t threads) {
    // oneTBB starts no more threads than the machine has cores unless it is told to, whatever an arena asks for. The
    // same bits for any number of threads can only be tested where that many run.
    if (threads > global_control::active_value(global_control::max_allowed_parallelism))
      limit.emplace(global_control::max_allowed_parallelism, threads);
    arena.initialize(static_cast<int>(threads));
  }
  // Joins the arena that the application runs in, with whatever limits the application has set.
  Arena() : arena(task_arena::attach{}) {}

  std::optional<global_control> limit;
  task_arena arena;
};

}  // namespace

Tbb::Tbb() {
  auto* arena = new Arena;
  arena_ = arena;
  max_workers_ = static_cast<std::size_t>(arena->arena.max_concurrency());
}

Tbb::Tbb(std::size_t threads) {
  auto* arena = new Arena(std::max<std::size_t>(threads, 1));
  arena_ = arena;
  max_workers_ = static_cast<std::size_t>(arena->arena.max_concurrency());
}

Tbb::~Tbb() { delete static_cast<Arena*>(arena_); }

void Tbb::run(std::size_t tasks, Call call, void* context) const noexcept {
  using namespace oneapi::tbb;
  if (tasks == 0) return;
  const auto worker = [] { return static_cast<std::size_t>(this_task_arena::current_thread_index()); };
  static_cast<Arena*>(arena_)->arena.execute([&] {
    if (tasks == 1 || max_workers_ == 1) {
      for (std::size_t task = 0; task < tasks; ++task) call(context, task, worker());
      return;
    }
    // Isolated: a thread that waits in a nested call must not take up another task of the outer one, because both would
    // write to the scratch of the same worker.
    this_task_arena::isolate([&] {
      parallel_for(
          blocked_range<std::size_t>(0, tasks, 1),
          [&](const blocked_range<std::size_t>& range) {
            for (std::size_t task = range.begin(); task < range.end(); ++task) call(context, task, worker());
          },
          simple_partitioner{});
    });
  });
}

}  // namespace inlay
