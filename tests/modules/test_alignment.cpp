// Additive and multiplicative attention of a decoder over a memory: against the reference, and what must hold without.

#include <algorithm>

#include <inlay/modules/alignment.hpp>

#include "parallel/thread_pool.hpp"
#include "support/module_run.hpp"
#include "support/recurrent_reference.hpp"

using inlay::AdditiveAttention;
using inlay::AdditiveAttentionConfig;
using inlay::Extent;
using inlay::MultiplicativeAttention;
using inlay::MultiplicativeAttentionConfig;
using inlay::Packing;
using inlay::Rows;
using reference::Matrix;
using reference::Offsets;
using reference::Real;

namespace {

// One attention alone, in memory filled with NaN.
template <class M, Extent E, std::size_t MemoryRows>
struct Run {
  static constexpr std::size_t in = M::query_width, width = M::memory_width;
  Offsets offsets, memory_offsets;
  inlay::ParametersOf<M> parameters, gradients;
  inlay::Empty buffers;
  typename M::template Activations<E, MemoryRows> activations;
  typename M::template Workspace<E, MemoryRows> workspace;
  inlay::Call call;
  std::vector<float> query, memory, y, dy, dquery, dmemory;

  Run(Offsets the_offsets, Offsets the_memory_offsets, std::uint32_t seed)
      : offsets(std::move(the_offsets)), memory_offsets(std::move(the_memory_offsets)) {
    poison(parameters);
    poison(gradients);
    poison(activations);
    poison(workspace);
    numbers::Source source(seed);
    inlay::visit<M>(
        [&](const inlay::Path&, auto& p, auto& g) {
          source.fill(p.data(), p.size(), 0.5f);
          std::fill(g.begin(), g.end(), module_test::present);
        },
        parameters, gradients);
    query = source.list(rows() * in, 1.5f);
    memory = source.list(memory_rows() * width, 1.5f);
    dy = source.list(rows() * width);
    y.assign(dy.size(), NAN);
    dquery.assign(query.size(), NAN);
    dmemory.assign(memory.size(), NAN);
    call.packing = {offsets.data(), offsets.size() - 1};
    call.training = true;
  }
  Run(const Run&) = delete;

  std::size_t rows() const { return offsets.back() - offsets.front(); }
  std::size_t memory_rows() const { return memory_offsets.back() - memory_offsets.front(); }
  Packing memory_packing() const { return {memory_offsets.data(), memory_offsets.size() - 1}; }
  Rows<const float, in> queries() const { return {query.data(), rows()}; }
  Rows<const float, width> memories() const { return {memory.data(), memory_rows()}; }
  template <class Ex>
  auto forward_frame(const Ex& executor) {
    return inlay::Forward<decltype(parameters), inlay::Empty, inlay::Empty, decltype(activations), decltype(workspace),
                          Ex>{parameters, buffers,  inlay::detail::nothing, activations, workspace,
                              call,       executor, inlay::Stream{}};
  }
  template <class Ex>
  auto backward_frame(const Ex& executor) {
    return inlay::Backward<decltype(parameters), inlay::Empty, decltype(activations), decltype(workspace), Ex>{
        parameters, gradients, buffers, activations, workspace, call, executor, inlay::Stream{}};
  }
  template <class Ex = inlay::Serial>
  void forward(const Ex& executor = {}) {
    M::forward(forward_frame(executor), queries(), memories(), memory_packing(), Rows<float, width>(y.data(), rows()));
  }
  template <class Ex = inlay::Serial>
  void backward(const Ex& executor = {}) {
    M::backward(backward_frame(executor), queries(), memories(), memory_packing(),
                Rows<const float, width>(dy.data(), rows()), Rows<float, in>(dquery.data(), rows()),
                Rows<float, width>(dmemory.data(), memory_rows()));
  }
  template <class T>
  static void poison(T& object) {
    if constexpr (!std::is_empty_v<T>) std::memset(static_cast<void*>(&object), 0xff, sizeof object);
  }
};

template <class M>
inline constexpr bool is_additive = requires {
  M::hidden;
};

template <class M, std::size_t Context>
void check(const Offsets& offsets, const Offsets& memory_offsets) {
  CAPTURE(M::query_width, M::memory_width, is_additive<M>, offsets.size());
  constexpr Extent extent{.rows = 40};
  const auto run = std::make_unique<Run<M, extent, 50>>(offsets, memory_offsets, 1);
  const std::vector<float> query = run->query, memory = run->memory, dy = run->dy;
  run->forward();
  Run<M, extent, 50>::poison(run->workspace);
  run->backward();
  CHECK(run->query == query);
  CHECK(run->memory == memory);
  CHECK(run->dy == dy);

  reference::tape().clear();
  const reference::Tensors tensors = module_test::tensors_of<M>(run->parameters);
  const Matrix q = Matrix::variables(run->rows(), M::query_width, query.data());
  const Matrix m = Matrix::variables(run->memory_rows(), M::memory_width, memory.data());
  const reference::Alignment expected =
      reference::alignment({&tensors, &run->offsets, {}}, q, m, run->memory_offsets, Context);
  std::vector<double> values, weights;
  Real objective;
  for (std::size_t i = 0; i < expected.y.values.size(); ++i) {
    values.push_back(expected.y.values[i].value);
    objective += expected.y.values[i] * Real(static_cast<double>(dy[i]));
  }
  for (const Real& value : expected.weights.values) weights.push_back(value.value);
  const std::vector<double> slopes = reference::gradients(objective);
  std::vector<double> all = module_test::slopes_of(q, slopes);
  for (const double slope : module_test::slopes_of(m, slopes)) all.push_back(slope);
  const double scale = compare::root_mean_square(all);
  CHECK(compare::relative_error(run->y.data(), values) < module_test::tolerance);
  CHECK(compare::largest_difference(run->activations.weights.data(), weights) < 1e-5);
  CHECK(compare::relative_error(run->dquery.data(), module_test::slopes_of(q, slopes), scale) < module_test::tolerance);
  CHECK(compare::relative_error(run->dmemory.data(), module_test::slopes_of(m, slopes), scale) <
        module_test::tolerance);
  inlay::visit<M>(
      [&](const inlay::Path& path, const auto& g) {
        const std::string name = path.text().c_str();
        CAPTURE(name);
        std::vector<float> added(g.begin(), g.end());
        for (float& value : added) value -= module_test::present;
        CHECK(compare::relative_error(added.data(), module_test::slopes_of(tensors.at(name), slopes), scale) <
              module_test::tolerance);
      },
      run->gradients);

  // The same parameter gradients where nobody wants those of the inputs.
  const auto gradients = run->gradients;
  inlay::visit<M>([](const inlay::Path&, auto& g) { std::fill(g.begin(), g.end(), module_test::present); },
                  run->gradients);
  M::backward(run->backward_frame(inlay::Serial{}), run->queries(), run->memories(), run->memory_packing(),
              Rows<const float, M::memory_width>(dy.data(), run->rows()), inlay::no_gradient, inlay::no_gradient);
  inlay::visit<M>([](const inlay::Path&, const auto& a, const auto& b) { CHECK(module_test::equal_bits(a, b)); },
                  run->gradients, gradients);
}

template <std::size_t Context, class F>
void for_each_kind(F&& f) {
  f(AdditiveAttention<AdditiveAttentionConfig{.query = 5, .memory = 7, .hidden = 19, .context = Context}>{});
  f(AdditiveAttention<AdditiveAttentionConfig{
        .query = 16, .memory = 15, .hidden = 16, .context = Context, .biases = false}>{});
  f(AdditiveAttention<AdditiveAttentionConfig{.query = 1, .memory = 1, .hidden = 1, .context = Context}>{});
  f(MultiplicativeAttention<MultiplicativeAttentionConfig{.query = 5, .memory = 7, .context = Context}>{});
  f(MultiplicativeAttention<MultiplicativeAttentionConfig{.query = 17, .memory = 33, .context = Context}>{});
  f(MultiplicativeAttention<MultiplicativeAttentionConfig{.query = 1, .memory = 1, .context = Context}>{});
}

}  // namespace

TEST_CASE("Attention over a memory against the reference", "[alignment]") {
  for_each_kind<17>([]<class M>(M) {
    check<M, 17>({0, 9}, {0, 17});
    check<M, 17>({0, 1, 5, 14}, {0, 3, 4, 21});
    check<M, 17>({10, 11, 30}, {100, 101, 102});
    // One decoder has nothing to say: nobody looks at its memory.
    check<M, 17>({0, 3, 3, 5}, {0, 2, 10, 15});
  });
}

TEST_CASE("Attention over a memory: bits do not depend on the packing, nor on threads, nor on stepping",
          "[alignment]") {
  for_each_kind<16>([]<class M>(M) {
    constexpr Extent extent{.rows = 40};
    constexpr std::size_t width = M::memory_width;
    using Together = Run<M, extent, 50>;
    Together together({0, 6, 7, 19}, {0, 5, 21, 30}, 4), threads({0, 6, 7, 19}, {0, 5, 21, 30}, 4);
    together.forward();
    together.backward();
    const ThreadPool pool(3);
    threads.forward(pool);
    threads.backward(pool);
    CHECK(module_test::equal_bits(threads.y, together.y));
    CHECK(module_test::equal_bits(threads.dquery, together.dquery));
    CHECK(module_test::equal_bits(threads.dmemory, together.dmemory));
    inlay::visit<M>([](const inlay::Path&, const auto& a, const auto& b) { CHECK(module_test::equal_bits(a, b)); },
                    threads.gradients, together.gradients);
    Together one_by_one({0, 6}, {0, 5}, 4);
    for (std::size_t s = 0; s < 3; ++s) {
      const std::uint32_t begin = together.offsets[s], end = together.offsets[s + 1];
      const std::uint32_t first = together.memory_offsets[s], last = together.memory_offsets[s + 1];
      Run<M, extent, 50> alone({0, end - begin}, {0, last - first}, 4);
      std::copy_n(&together.query[begin * M::query_width], alone.query.size(), alone.query.begin());
      std::copy_n(&together.memory[first * width], alone.memory.size(), alone.memory.begin());
      std::copy_n(&together.dy[begin * width], alone.dy.size(), alone.dy.begin());
      alone.gradients = one_by_one.gradients;
      alone.forward();
      alone.backward();
      one_by_one.gradients = alone.gradients;
      CHECK(std::equal(alone.y.begin(), alone.y.end(), &together.y[begin * width], numbers::same_bits));
      CHECK(std::equal(alone.dquery.begin(), alone.dquery.end(), &together.dquery[begin * M::query_width],
                       numbers::same_bits));
      CHECK(
          std::equal(alone.dmemory.begin(), alone.dmemory.end(), &together.dmemory[first * width], numbers::same_bits));

      // A decoder that steps: the memory is projected once.
      Run<M, Extent{.rows = 1, .training = false}, 16> stepping({0, 1}, {0, last - first}, 4);
      stepping.memory = alone.memory;
      M::prepare(stepping.forward_frame(inlay::Serial{}), stepping.memories());
      for (std::uint32_t i = begin; i < end; ++i) {
        std::copy_n(&together.query[i * M::query_width], M::query_width, stepping.query.begin());
        M::attend(stepping.forward_frame(inlay::Serial{}), stepping.queries(), stepping.memories(),
                  stepping.memory_packing(), Rows<float, width>(stepping.y.data(), 1));
        CHECK(std::equal(stepping.y.begin(), stepping.y.end(), &together.y[i * width], numbers::same_bits));
      }
    }
    // Decoders that step side by side over memories that are kept, each a copy of the one that was read.
    using Stepping = Run<M, Extent{.rows = 3, .training = false}, 30>;
    static typename M::template State<4> states[2];
    Stepping::poison(states);
    Stepping side_by_side({0, 1, 2, 3}, together.memory_offsets, 4);
    side_by_side.memory = together.memory;
    const auto with_state = [&](auto& state) {
      const auto f = side_by_side.forward_frame(inlay::Serial{});
      return f.with(f.parameters, f.buffers, state, f.activations, f.workspace, f.stream);
    };
    M::keep(with_state(states[0]), side_by_side.memories(), side_by_side.memory_packing());
    for (std::size_t s = 0; s < 3; ++s) M::copy_sequence(states[0], s, states[1], s);
    for (std::size_t step = 0; step < 6; ++step) {
      const auto row_of = [&](std::size_t s) {
        return together.offsets[s] + std::min<std::size_t>(step, together.offsets[s + 1] - together.offsets[s] - 1);
      };
      for (std::size_t s = 0; s < 3; ++s)
        std::copy_n(&together.query[row_of(s) * M::query_width], M::query_width,
                    &side_by_side.query[s * M::query_width]);
      M::attend(with_state(states[1]), side_by_side.queries(), Rows<float, width>(side_by_side.y.data(), 3));
      for (std::size_t s = 0; s < 3; ++s)
        CHECK(std::equal(&side_by_side.y[s * width], &side_by_side.y[s * width] + width, &together.y[row_of(s) * width],
                         numbers::same_bits));
    }
    // Parameter gradients are chains over the rows: sequence by sequence they are the same.
    inlay::visit<M>([](const inlay::Path&, const auto& a, const auto& b) { CHECK(module_test::equal_bits(a, b)); },
                    one_by_one.gradients, together.gradients);
  });
}

TEST_CASE("Attention over a memory: where the scores are sharp, the alignment can be read", "[alignment]") {
  // Memory rows are the unit vectors e1 to e3, the decoder asks for them in another order: what it gets is what it
  // asked for, and its weights are the permutation. "Il gatto nero" to "The black cat".
  using M = MultiplicativeAttention<MultiplicativeAttentionConfig{.query = 3, .memory = 3, .context = 3}>;
  Run<M, Extent{.rows = 3}, 3> run({0, 3}, {0, 3}, 1);
  const std::size_t order[] = {0, 2, 1};
  std::fill(run.query.begin(), run.query.end(), 0.0f);
  std::fill(run.memory.begin(), run.memory.end(), 0.0f);
  std::fill(run.parameters.query.weight.begin(), run.parameters.query.weight.end(), 0.0f);
  for (std::size_t i = 0; i < 3; ++i) {
    run.query[i * 3 + order[i]] = run.memory[i * 3 + i] = 1.0f;
    run.parameters.query.weight(i, i) = 20.0f;
  }
  run.forward();
  for (std::size_t i = 0; i < 3; ++i)
    for (std::size_t j = 0; j < 3; ++j) {
      CHECK(std::fabs(run.activations.weights(i, j) - (order[i] == j ? 1.0f : 0.0f)) < 1e-6f);
      CHECK(std::fabs(run.y[i * 3 + j] - (order[i] == j ? 1.0f : 0.0f)) < 1e-6f);
    }
}

TEST_CASE("Attention over a memory: names and first values", "[alignment]") {
  using M = AdditiveAttention<AdditiveAttentionConfig{.query = 64, .memory = 100, .hidden = 144, .context = 4}>;
  inlay::ParametersOf<M> parameters;
  inlay::initialize<M>(parameters, inlay::Seed{1});
  std::vector<std::string> names;
  inlay::visit<M>([&](const inlay::Path& path, const auto&) { names.emplace_back(path.text().c_str()); }, parameters);
  CHECK(names == std::vector<std::string>{"query.weight", "query.bias", "memory.weight", "energy.weight"});
  const auto deviation = [](const auto& tensor) {
    double squares = 0.0;
    for (const float value : tensor) squares += static_cast<double>(value) * static_cast<double>(value);
    return std::sqrt(squares / static_cast<double>(tensor.size()));
  };
  CHECK(std::fabs(deviation(parameters.query.weight) * 8.0 - 1.0) < 0.03);
  CHECK(std::fabs(deviation(parameters.memory.weight) * 10.0 - 1.0) < 0.03);
  CHECK(std::fabs(deviation(parameters.energy.weight) * 12.0 - 1.0) < 0.2);
  for (const float value : parameters.query.bias) CHECK(value == 0.0f);
}
