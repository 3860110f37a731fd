#pragma once
// Tensor<T, Dims...>: a dense row-major array whose shape is part of its type.
//
//   trivial, no padding, all-zero is a valid value: it lies in .bss, .rodata, flash, a mapped file or a constant
//   expression alike. Its alignment follows from its size alone (the largest power of two that divides the size, up
//   to a cache line of 64 bytes), so that one blob fits on every target.
//
// View<T, Dims...>: a pointer to such an array that somebody else owns.
// Rows<T, Width>:   a pointer to rows of a fixed width, their number known at run time: what a batch is made of.
//
// Element access t(i, j) is checked where INLAY_ASSERTIONS is 1.

#include <inlay/config.hpp>

#include <array>
#include <type_traits>

namespace inlay::inline INLAY_ABI {

namespace detail {

constexpr size_t tensor_alignment(size_t bytes, size_t least) {
  const size_t power = bytes & (~bytes + 1);
  const size_t capped = power > 64 ? 64 : power;
  return capped < least ? least : capped;
}

template <size_t... Dims, class... Index>
constexpr size_t flat_index(Index... index) {
  static_assert(sizeof...(Index) == sizeof...(Dims), "inlay: an element needs one index for each dimension");
  size_t flat = 0;
  ((INLAY_ASSERT(static_cast<size_t>(index) < Dims), flat = flat * Dims + static_cast<size_t>(index)), ...);
  return flat;
}

}  // namespace detail

template <class T, size_t... Dims>
struct Tensor {
  static_assert(std::is_trivial_v<T>, "inlay: a tensor holds trivial values, so that it can lie in .bss or in flash");
  static_assert((... && (Dims > 0)), "inlay: every dimension of a tensor is at least 1");

  using value_type = T;
  static constexpr size_t rank = sizeof...(Dims);
  static constexpr std::array<size_t, rank> shape{Dims...};
  static constexpr size_t size() { return (size_t{1} * ... * Dims); }
  static constexpr size_t alignment = detail::tensor_alignment(size() * sizeof(T), alignof(T));

  // The one data member; public, so that a tensor is an aggregate and a structural type.
  alignas(alignment) T values[(size_t{1} * ... * Dims)];

  constexpr T* data() { return values; }
  constexpr const T* data() const { return values; }
  constexpr T* begin() { return values; }
  constexpr T* end() { return values + size(); }
  constexpr const T* begin() const { return values; }
  constexpr const T* end() const { return values + size(); }

  template <class... Index>
  constexpr T& operator()(Index... index) {
    return values[detail::flat_index<Dims...>(index...)];
  }
  template <class... Index>
  constexpr const T& operator()(Index... index) const {
    return values[detail::flat_index<Dims...>(index...)];
  }
};

template <class T, size_t... Dims>
class View {
 public:
  using value_type = std::remove_const_t<T>;
  static constexpr size_t rank = sizeof...(Dims);
  static constexpr std::array<size_t, rank> shape{Dims...};
  static constexpr size_t size() { return (size_t{1} * ... * Dims); }

  constexpr explicit View(T* first) : first_(first) {}
  constexpr View(Tensor<value_type, Dims...>& tensor) : first_(tensor.data()) {}
  constexpr View(const Tensor<value_type, Dims...>& tensor) requires std::is_const_v<T> : first_(tensor.data()) {}
  constexpr operator View<const T, Dims...>() const requires(!std::is_const_v<T>) {
    return View<const T, Dims...>(first_);
  }

  constexpr T* data() const { return first_; }
  constexpr T* begin() const { return first_; }
  constexpr T* end() const { return first_ + size(); }
  template <class... Index>
  constexpr T& operator()(Index... index) const {
    return first_[detail::flat_index<Dims...>(index...)];
  }

 private:
  T* first_;
};

template <class T, size_t Width>
class Rows {
 public:
  using value_type = std::remove_const_t<T>;
  static constexpr size_t width = Width;

  constexpr Rows() = default;
  constexpr Rows(T* first, size_t count) : first_(first), count_(count) {}
  // The first `count` rows of a tensor, which may have room for more.
  template <size_t Extent>
  constexpr Rows(Tensor<value_type, Extent, Width>& tensor, size_t count = Extent)
      : first_(tensor.data()), count_(count) {
    INLAY_ASSERT(count <= Extent);
  }
  template <size_t Extent>
  constexpr Rows(const Tensor<value_type, Extent, Width>& tensor, size_t count = Extent) requires std::is_const_v<T>
      : first_(tensor.data()), count_(count) {
    INLAY_ASSERT(count <= Extent);
  }
  constexpr operator Rows<const T, Width>() const requires(!std::is_const_v<T>) { return {first_, count_}; }

  constexpr size_t count() const { return count_; }
  constexpr T* data() const { return first_; }
  constexpr T* row(size_t index) const {
    INLAY_ASSERT(index < count_);
    return first_ + index * Width;
  }
  constexpr T& operator()(size_t index, size_t column) const {
    INLAY_ASSERT(column < Width);
    return row(index)[column];
  }
  constexpr Rows part(size_t first, size_t count) const {
    INLAY_ASSERT(first + count <= count_);
    return {first_ + first * Width, count};
  }

 private:
  T* first_ = nullptr;
  size_t count_ = 0;
};

}  // namespace inlay::inline INLAY_ABI
