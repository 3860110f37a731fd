#pragma once
// Overlay<Ts...>: bytes that several values use one after the other.
//
//   sizeof(Overlay<A, B>) = max(sizeof(A), sizeof(B)), alignment likewise. get<I>() begins to use the bytes as
//   the type at place I; what they held before is gone. All types are trivial, so nothing is constructed or destroyed.
//   It is how siblings of a composite module share the workspace that is dead when a call returns.

#include <inlay/config.hpp>

#include <cstddef>
#include <new>
#include <type_traits>

namespace inlay::inline INLAY_ABI {

// What a module needs nothing of.
struct Empty {};

// The bytes a part of a model takes: none for an empty one, although C++ gives every object at least one.
template <class T>
inline constexpr size_t bytes_of = std::is_empty_v<T> ? 0 : sizeof(T);

namespace detail {
template <size_t I, class T, class... Rest>
struct Nth : Nth<I - 1, Rest...> {};
template <class T, class... Rest>
struct Nth<0, T, Rest...> {
  using type = T;
};
}  // namespace detail

template <class... Ts>
struct Overlay {
  static_assert((... && std::is_trivial_v<Ts>), "inlay: only trivial values can share bytes");

  static constexpr size_t size() {
    size_t most = 1;
    ((most = sizeof(Ts) > most ? sizeof(Ts) : most), ...);
    return most;
  }
  static constexpr size_t alignment() {
    size_t most = 1;
    ((most = alignof(Ts) > most ? alignof(Ts) : most), ...);
    return most;
  }

  // Begins to use the bytes as the type at place I of the list.
  template <size_t I>
  auto& get() {
    static_assert(I < sizeof...(Ts), "inlay: this overlay has fewer types than that");
    using T = typename detail::Nth<I, Ts...>::type;
    return *::new (static_cast<void*>(bytes)) T;  // of a trivial type: begins its lifetime, writes nothing
  }

  alignas(alignment()) std::byte bytes[size()];
};

}  // namespace inlay::inline INLAY_ABI
