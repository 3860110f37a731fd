#pragma once
// Checkpoints: the weights of a model in a safetensors file, and back.
//
// A tensor's name is its path in the model ("blocks.3.attention.query.weight"), its shape is its type's, its elements
// are as they lie in memory. Files are written atomically and read all or nothing: see safetensors.hpp.
//
// A model that has `static constexpr std::uint64_t fingerprint` gets it written, and a file with another one is
// refused: two configurations can have the same shapes (the number of heads, the activation) and still be different
// models.
//
// Errors: a message that names the file, the tensor, what was expected and what was found; the parameters are then as
// they were.

#include <concepts>
#include <cstdint>
#include <string>
#include <type_traits>

#include <inlay/io/tensor_list.hpp>
#include <inlay/modules/module.hpp>

namespace inlay::io {

namespace detail {

template <class T>
constexpr ElementType element_type_of() noexcept {
  if constexpr (std::is_same_v<T, float>) {
    return ElementType::float32;
  } else if constexpr (std::is_same_v<T, double>) {
    return ElementType::float64;
  } else if constexpr (std::is_same_v<T, bool>) {
    return ElementType::boolean;
  } else {
    static_assert(std::is_integral_v<T>, "inlay: a tensor in a file holds numbers");
    constexpr bool is_signed = std::is_signed_v<T>;
    if constexpr (sizeof(T) == 1) return is_signed ? ElementType::int8 : ElementType::uint8;
    if constexpr (sizeof(T) == 2) return is_signed ? ElementType::int16 : ElementType::uint16;
    if constexpr (sizeof(T) == 4) return is_signed ? ElementType::int32 : ElementType::uint32;
    if constexpr (sizeof(T) == 8) return is_signed ? ElementType::int64 : ElementType::uint64;
  }
}

template <class Tensor>
constexpr Shape shape_of() noexcept {
  static_assert(Tensor::rank <= maximum_rank, "inlay: a tensor in a file has at most 8 dimensions");
  Shape shape;
  shape.rank = Tensor::rank;
  for (std::size_t index = 0; index < Tensor::rank; ++index) shape.sizes[index] = Tensor::shape[index];
  return shape;
}

// Appends every parameter tensor of the model to a list, TensorSources or TensorTargets.
template <class Model, class List, class Parameters>
void add_parameters(List& list, const char* prefix, Parameters& parameters) noexcept {
  visit<Model>(
      [&](const Path& path, auto& tensor) {
        using TensorType = std::remove_cvref_t<decltype(tensor)>;
        list.add(prefix, path.text().c_str(), element_type_of<typename TensorType::value_type>(),
                 shape_of<TensorType>(), tensor.data());
      },
      parameters);
}

inline constexpr const char* model_fingerprint_key = "inlay.model_fingerprint";

template <class Model>
concept HasFingerprint = requires {
  { Model::fingerprint } -> std::convertible_to<std::uint64_t>;
};

template <class Model>
void add_fingerprint(TensorSources& list) {
  if constexpr (HasFingerprint<Model>) list.add_metadata(model_fingerprint_key, hexadecimal(Model::fingerprint));
}
template <class Model>
void expect_fingerprint(TensorTargets& list, TensorTargets::Absent absent) {
  if constexpr (HasFingerprint<Model>)
    list.expect_metadata(model_fingerprint_key, hexadecimal(Model::fingerprint), absent);
}

}  // namespace detail

template <class Model>
Status save_weights(const std::string& path, const ParametersOf<Model>& parameters, const Metadata& metadata = {}) {
  TensorSources list;
  detail::add_parameters<Model>(list, "", parameters);
  detail::add_fingerprint<Model>(list);
  list.add_metadata(metadata);
  return list.write(path);
}

// A file of other tools, which has no fingerprint, is accepted when names and shapes agree; F16, BF16 and F64 become
// float. With Unexpected::ignore the weights come out of a training checkpoint, too.
template <class Model>
Status load_weights(const SafetensorsReader& file, ParametersOf<Model>& parameters,
                    Unexpected unexpected = Unexpected::refuse) {
  TensorTargets list;
  detail::add_parameters<Model>(list, "", parameters);
  detail::expect_fingerprint<Model>(list, TensorTargets::Absent::accept);
  return list.read(file, unexpected);
}

template <class Model>
Status load_weights(const std::string& path, ParametersOf<Model>& parameters,
                    Unexpected unexpected = Unexpected::refuse) {
  const Result<SafetensorsReader> file = SafetensorsReader::open(path);
  if (!file) return file.error();
  return load_weights<Model>(*file, parameters, unexpected);
}

}  // namespace inlay::io
