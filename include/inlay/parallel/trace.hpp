#pragma once
// Trace: where the time of a pass goes, by module and by kernel.
//
//   struct Clock { static std::uint64_t now() noexcept; };        // ticks of your own; the core has no clock
//   static inlay::Trace<Clock> trace;                             // all-zero is empty
//   const inlay::Traced traced{executor, trace};                  // both outlive it
//   trainer.step(batch, optimizer, traced);
//   trace.visit([](const inlay::Path& module, const char* kernel, const inlay::SpanTotals& totals, size_t lane) { ...
//   },
//               inlay::Path{});
//
// A trace is part of the executor's type. With Traced, frame.child() follows the names of the parts, layers of a stack
// folded together, and each kernel runs inside a Span, which adds its ticks to the module that it runs for. With any
// other executor a Span is an empty object and its arguments are not used: the machine code is the same as without. The
// bits of a result are the same either way.
//
//   const Span span(frame.executor, "scale", {.operations = rows * width});    // until the end of the scope
//
// Spans nest: self_ticks is a span's time without that of the spans inside it, so that the self_ticks of one lane add
// up to no more than the time that passed. A span is opened by the thread that runs the pass, never inside a task of
// for_each. What a task traces goes to a lane: executor_in_lane(). Lane 0 is the calling thread, lane 1 + i the i-th of
// the Trainer's lanes; with one slice all is in lane 0, with slices only merging and the optimizer are.
//
// Cost: two readings of the clock for each span, and a search among the names of one place. No allocation.

#include <inlay/config.hpp>
#include <inlay/parallel/executor.hpp>

#include <type_traits>

namespace inlay::inline INLAY_ABI {

// What a kernel is given to do, in one call.
struct Work {
  size_t operations = 0;  // of floating point; a multiply-add is two
  size_t bytes = 0;       // read and written
};

struct SpanTotals {
  std::uint64_t calls, ticks, self_ticks, operations, bytes;
};

namespace detail {

// The spans of one thread at a time: a tree of names, modules inside and kernels at the leaves.
template <size_t Places>
class TraceLane {
 public:
  // The place of that name below another one, 0 being the model itself. When all are in use: 0 again.
  size_t place(size_t parent, const char* name) {
    std::uint32_t* link = &nodes_[parent].first;
    for (; *link != 0; link = &nodes_[*link].next)
      if (nodes_[*link].name == name) return *link;  // one literal; what has two addresses is listed twice
    if (used_ == Places) return 0;
    *link = static_cast<std::uint32_t>(++used_);
    nodes_[used_].name = name;
    return used_;
  }
  SpanTotals& totals(size_t place) { return nodes_[place].totals; }
  // Ticks of the spans that ended inside the one that is open.
  std::uint64_t& inside() { return inside_; }

  void clear() {
    for (size_t i = 0; i <= used_; ++i) nodes_[i].totals = {};
  }
  template <class F, class P>
  void visit(F& f, const P& path, size_t lane, size_t place = 0) const {
    if (place == 0 && nodes_[0].totals.calls > 0) f(path, "more than the trace has places for", nodes_[0].totals, lane);
    for (size_t i = nodes_[place].first; i != 0; i = nodes_[i].next) {
      const Node& node = nodes_[i];
      if (node.totals.calls > 0) f(path, node.name, node.totals, lane);
      if (node.first != 0) visit(f, path / node.name, lane, i);
    }
  }

 private:
  struct Node {
    const char* name;
    std::uint32_t first, next;  // below it and beside it; 0 is none
    SpanTotals totals;
  };
  Node nodes_[1 + Places];
  size_t used_;
  std::uint64_t inside_;
};

}  // namespace detail

// One trace for one Trainer or Generator at a time. Room for `Lanes` lanes beside the calling thread, each with
// `Places` modules and kernels.
template <class Clock, size_t Lanes = 8, size_t Places = 192>
class Trace {
 public:
  using Lane = detail::TraceLane<Places>;
  static constexpr size_t lanes = 1 + Lanes;

  static std::uint64_t now() noexcept { return Clock::now(); }
  Lane& lane(size_t index) {
    INLAY_ASSERT(index < lanes);
    return lanes_[index].lane;
  }

  // Everything counts from zero again.
  void clear() {
    for (Padded& padded : lanes_) padded.lane.clear();
  }
  // f(module, kernel, totals, lane) for all that ran, one lane after the other; the path of a module begins with
  // `path`.
  template <class F, class P>
  void visit(F&& f, const P& path) const {
    for (size_t i = 0; i < lanes; ++i) lanes_[i].lane.visit(f, path, i);
  }

 private:
  struct alignas(64) Padded {  // lanes are written at the same time
    Lane lane;
  };
  Padded lanes_[lanes];
};

// An executor whose passes are traced, at one place of a model.
template <class E, class T>
class Traced {
 public:
  Traced(const E& executor, T& trace) : Traced(executor, trace, 0, 0) {}

  template <class F>
  void for_each(size_t tasks, F&& f) const {
    executor_.for_each(tasks, f);
  }
  size_t max_workers() const { return executor_.max_workers(); }

  Traced at(const char* name) const { return {executor_, trace_, lane_, lane().place(place_, name)}; }
  Traced<Serial, T> in_lane(size_t index) const { return {Serial{}, trace_, 1 + index, 0}; }
  typename T::Lane& lane() const { return trace_.lane(lane_); }
  size_t place() const { return place_; }

 private:
  template <class, class>
  friend class Traced;
  Traced(const E& executor, T& trace, size_t lane, size_t place)
      : executor_(executor), trace_(trace), lane_(lane), place_(place) {}

  std::conditional_t<std::is_empty_v<E>, E, const E&> executor_;
  T& trace_;
  size_t lane_, place_;
};

namespace detail {
template <class E, class T>
inline constexpr bool is_serial<Traced<E, T>> = is_serial<E>;

// How a frame holds its executor: a traced one knows its place, which is the frame's own.
template <class E>
struct Held {
  using type = const E&;
};
template <class E, class T>
struct Held<Traced<E, T>> {
  using type = Traced<E, T>;
};
}  // namespace detail

// The executor for a part of a module; no name is the module itself.
template <class E>
INLAY_FORCE_INLINE const E& executor_at(const E& executor, const char*) {
  return executor;
}
template <class E, class T>
Traced<E, T> executor_at(const Traced<E, T>& executor, const char* name) {
  return name == nullptr ? executor : executor.at(name);
}

// The executor for a pass that runs in one of `Lanes` lanes of for_each_in_lanes, on one thread.
template <size_t Lanes, class E>
INLAY_FORCE_INLINE Serial executor_in_lane(const E&, size_t) {
  return {};
}
template <size_t Lanes, class E, class T>
Traced<Serial, T> executor_in_lane(const Traced<E, T>& executor, size_t lane) {
  static_assert(Lanes < T::lanes, "inlay: this trace has fewer lanes than the trainer has workers; give it as many");
  return executor.in_lane(lane);
}

template <class E>
class Span {
 public:
  INLAY_FORCE_INLINE constexpr Span(const E&, const char*, Work = {}) noexcept {}
  INLAY_FORCE_INLINE constexpr void end() noexcept {}
};

template <class E, class T>
class Span<Traced<E, T>> {
 public:
  Span(const Traced<E, T>& executor, const char* kernel, Work work = {})
      : lane_(executor.lane()), totals_(&lane_.totals(lane_.place(executor.place(), kernel))), outer_(lane_.inside()) {
    ++totals_->calls;
    totals_->operations += work.operations;
    totals_->bytes += work.bytes;
    lane_.inside() = 0;
    begin_ = T::now();
  }
  ~Span() { end(); }
  Span(const Span&) = delete;
  Span& operator=(const Span&) = delete;

  // Before the end of the scope.
  void end() {
    if (totals_ == nullptr) return;
    const std::uint64_t ticks = T::now() - begin_;
    totals_->ticks += ticks;
    totals_->self_ticks += ticks - lane_.inside();
    totals_ = nullptr;
    lane_.inside() = outer_ + ticks;
  }

 private:
  typename T::Lane& lane_;
  SpanTotals* totals_;
  std::uint64_t outer_;  // ticks of the spans that had ended inside the surrounding one
  std::uint64_t begin_;
};

}  // namespace inlay::inline INLAY_ABI
