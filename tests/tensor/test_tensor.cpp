// Tensors, views and rows: trivial, without padding, aligned by size alone, usable wherever a constant can lie, and
// checked access. A failed check is recorded here instead of ending the program.

namespace {
int failed_checks = 0;
void record_failed_check(const char*) { ++failed_checks; }
}  // namespace
#define INLAY_ASSERTIONS 1
#define INLAY_ASSERT_FAILED(condition) record_failed_check(condition)

#include <cstdint>
#include <cstring>
#include <type_traits>

#include <inlay/tensor/tensor.hpp>

#include "support/catch.hpp"

using inlay::Rows;
using inlay::Tensor;
using inlay::View;

namespace {

template <class T, std::size_t... Dims>
constexpr bool is_plain() {
  using Type = Tensor<T, Dims...>;
  static_assert(std::is_trivial_v<Type> && std::is_standard_layout_v<Type> && std::is_aggregate_v<Type>);
  static_assert(std::is_trivially_copyable_v<Type> && std::is_trivially_destructible_v<Type>);
  static_assert(sizeof(Type) == (sizeof(T) * ... * Dims), "no padding");
  static_assert(Type::size() == (std::size_t{1} * ... * Dims));
  static_assert(Type::rank == sizeof...(Dims) && Type::shape.size() == sizeof...(Dims));
  static_assert(alignof(Type) == Type::alignment);
  return true;
}
static_assert(is_plain<float, 1>() && is_plain<float, 3>() && is_plain<float, 17, 31>() && is_plain<float, 16, 16>());
static_assert(is_plain<float, 2, 3, 5>() && is_plain<float, 2, 1, 1, 7>() && is_plain<float>());
static_assert(is_plain<std::uint8_t, 3>() && is_plain<std::uint8_t, 5, 13>() && is_plain<std::int16_t, 33>());
static_assert(is_plain<double, 5>() && is_plain<std::uint32_t, 9>());

// The largest power of two that divides the bytes, at most 64, at least that of the element: nothing else decides.
static_assert(alignof(Tensor<float, 1>) == 4 && alignof(Tensor<float, 3>) == 4 && alignof(Tensor<float, 2>) == 8);
static_assert(alignof(Tensor<float, 12>) == 16 && alignof(Tensor<float, 8>) == 32 && alignof(Tensor<float, 16>) == 64);
static_assert(alignof(Tensor<float, 1024>) == 64 && alignof(Tensor<float, 17, 16>) == 64);
static_assert(alignof(Tensor<std::uint8_t, 64>) == 64 && alignof(Tensor<std::uint8_t, 6>) == 2);
static_assert(alignof(Tensor<float, 4, 4>) == alignof(Tensor<float, 16>));
static_assert(alignof(Tensor<float, 4, 4>) == alignof(Tensor<std::uint8_t, 64>));
static_assert(alignof(Tensor<double, 3>) == 8);

// Two tensors side by side leave no gap where the larger alignment comes first, or where sizes allow.
struct Pair {
  Tensor<float, 16, 16> weight;
  Tensor<float, 16> bias;
};
static_assert(sizeof(Pair) == 4 * (16 * 16 + 16) && std::is_trivial_v<Pair>);

// A constant expression, from the shape to the sum of the elements.
constexpr Tensor<float, 2, 3> constant{{1, 2, 3, 4, 5, 6}};
constexpr float sum_of(const Tensor<float, 2, 3>& tensor) {
  float sum = 0;
  for (const float value : tensor) sum += value;
  return sum;
}
static_assert(sum_of(constant) == 21.0f);
static_assert(constant(0, 0) == 1.0f && constant(0, 2) == 3.0f && constant(1, 0) == 4.0f && constant(1, 2) == 6.0f);
static_assert(constant.shape[0] == 2 && constant.shape[1] == 3);
constexpr Tensor<int, 4> squares() {
  Tensor<int, 4> result{};
  for (std::size_t i = 0; i < 4; ++i) result(i) = static_cast<int>(i * i);
  return result;
}
static_assert(squares()(3) == 9);

// Structural: a tensor can be a template argument.
template <Tensor<int, 4> Table>
constexpr int entry(std::size_t index) {
  return Table(index);
}
static_assert(entry<squares()>(2) == 4);
static_assert(entry<Tensor<int, 4>{{5, 6, 7, 8}}>(1) == 6);

constinit Tensor<float, 100, 7> zeroed{};                      // .bss
constinit const Tensor<float, 4> constants{{2.5f, -1, 0, 8}};  // .rodata

}  // namespace

TEST_CASE("tensors lie in static memory: zero, or constants", "[tensor]") {
  for (const float value : zeroed) CHECK(value == 0.0f);
  CHECK(constants(0) == 2.5f);
  CHECK(constants(3) == 8.0f);
  CHECK(reinterpret_cast<std::uintptr_t>(zeroed.data()) % Tensor<float, 100, 7>::alignment == 0);
  zeroed(99, 6) = 3.0f;
  CHECK(zeroed.values[699] == 3.0f);
  zeroed(99, 6) = 0.0f;
}

TEST_CASE("elements are row-major, whatever the rank", "[tensor]") {
  Tensor<int, 2, 3, 5> tensor{};
  int value = 0;
  for (int& element : tensor) element = value++;
  int expected = 0;
  for (std::size_t i = 0; i < 2; ++i)
    for (std::size_t j = 0; j < 3; ++j)
      for (std::size_t k = 0; k < 5; ++k) CHECK(tensor(i, j, k) == expected++);
  CHECK(tensor.end() - tensor.begin() == 30);

  Tensor<int> scalar{};
  scalar() = 7;
  CHECK(scalar.values[0] == 7);
}

TEST_CASE("a tensor is copied by its bytes", "[tensor]") {
  Tensor<float, 3, 2> tensor{{1, 2, 3, 4, 5, 6}};
  Tensor<float, 3, 2> copy;
  std::memcpy(&copy, &tensor, sizeof copy);
  CHECK(copy(2, 1) == 6.0f);
  const Tensor<float, 3, 2> assigned = tensor;
  CHECK(std::memcmp(&assigned, &tensor, sizeof copy) == 0);
}

TEST_CASE("a view reads and writes what somebody else owns", "[tensor]") {
  Tensor<float, 2, 3> tensor{{1, 2, 3, 4, 5, 6}};
  const View<float, 2, 3> view(tensor);
  view(1, 1) = 50;
  CHECK(tensor(1, 1) == 50.0f);
  CHECK(view.data() == tensor.data());
  CHECK(view.end() - view.begin() == 6);

  const View<const float, 2, 3> reading = view;
  CHECK(reading(1, 1) == 50.0f);
  const View<const float, 2, 3> of_constant(constant);
  CHECK(of_constant(1, 2) == 6.0f);
  static_assert(!std::is_constructible_v<View<float, 2, 3>, const Tensor<float, 2, 3>&>, "const stays const");
  static_assert(!std::is_constructible_v<View<float, 2, 3>, View<const float, 2, 3>>);
  static_assert(!std::is_convertible_v<Tensor<float, 3, 2>&, View<float, 2, 3>>, "the shape is part of the type");
  static_assert(!std::is_convertible_v<float*, View<float, 2, 3>>, "a bare pointer has no shape");
  static_assert(View<float, 2, 3>::shape[1] == 3 && View<float, 2, 3>::size() == 6);

  float memory[6] = {};
  const View<float, 3, 2> over_memory(memory);
  over_memory(2, 1) = 9;
  CHECK(memory[5] == 9.0f);
}

TEST_CASE("rows: a fixed width, a number known at run time", "[tensor]") {
  Tensor<float, 4, 3> tensor{};
  for (std::size_t i = 0; i < tensor.size(); ++i) tensor.values[i] = static_cast<float>(i);
  const Rows<float, 3> all(tensor);
  CHECK(all.count() == 4);
  const Rows<float, 3> some(tensor, 2);
  CHECK(some.count() == 2);
  CHECK(some(1, 2) == 5.0f);
  CHECK(some.row(1) == tensor.data() + 3);

  const Rows<float, 3> last = all.part(2, 2);
  CHECK(last.count() == 2);
  CHECK(last(0, 0) == 6.0f);
  last(1, 1) = -1;
  CHECK(tensor(3, 1) == -1.0f);
  CHECK(all.part(4, 0).count() == 0);

  const Rows<const float, 3> reading = all;
  CHECK(reading.data() == tensor.data());
  const Tensor<float, 4, 3>& unchanged = tensor;
  CHECK(Rows<const float, 3>(unchanged, 1).count() == 1);
  static_assert(!std::is_constructible_v<Rows<float, 3>, const Tensor<float, 4, 3>&, std::size_t>);
  static_assert(!std::is_convertible_v<Rows<const float, 3>, Rows<float, 3>>);
  static_assert(!std::is_convertible_v<Rows<float, 3>, Rows<float, 4>>);
  const Rows<float, 3> none;
  CHECK(none.count() == 0);
  CHECK(none.data() == nullptr);
}

TEST_CASE("access out of bounds is found", "[tensor]") {
  Tensor<float, 2, 3> tensor{};
  const View<float, 2, 3> view(tensor);
  failed_checks = 0;
  (void)tensor(1, 2);
  (void)view(1, 2);
  CHECK(failed_checks == 0);
  (void)tensor(0, 3);  // inside the memory, outside the row
  CHECK(failed_checks == 1);
  (void)view(0, 5);
  CHECK(failed_checks == 2);
  const Tensor<float, 2, 3>& reading = tensor;
  (void)reading(0, 4);
  CHECK(failed_checks == 3);

  Tensor<float, 4, 3> memory{};
  const Rows<float, 3> rows(memory, 2);
  (void)rows.row(1);
  CHECK(failed_checks == 3);
  (void)rows.row(2);
  CHECK(failed_checks == 4);
  (void)rows(0, 3);
  CHECK(failed_checks == 5);
  (void)rows.part(1, 2);
  CHECK(failed_checks == 6);
  (void)Rows<float, 3>(memory, 5);
  CHECK(failed_checks == 7);
}
