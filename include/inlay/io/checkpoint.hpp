#pragma once
// Checkpoints: the weights of a model, or the complete state of its training, in a safetensors file, and back.
//
//   save_weights<Model>(path, parameters)     load_weights<Model>(path, parameters)
//   save_training(path, trainer)              load_training(path, trainer)
//
// A tensor's name is its path in the model ("blocks.3.attention.query.weight"), its shape is its type's, its elements
// are as they lie in memory. A training checkpoint holds the weights under the same names, so that it serves as
// weights, too (with Unexpected::ignore), and beside them
//
//   optimizer.moment_1.PATH, optimizer.moment_2.PATH             F32   of each tensor
//   optimizer.updates                                            U64   updates done
//   optimizer.beta1_power, optimizer.beta2_power                 F32   the running products
//   training.seed, training.step                                 U64   all there is of the random numbers
//   training.skipped_steps                                       U64
//   data.position, data.fingerprint                              U64   whatever the caller counts; see DataPosition
//
// Training goes on from it to the same bits as if it had never stopped, in a trainer that was initialized or not: the
// tables of the model are filled anew. It is taken between steps: gradients that were accumulated for an update still
// to come are not in it, and loading drops the trainer's own.
//
// A model that has `static constexpr std::uint64_t fingerprint()` gets it written as metadata, and a file with another
// one is refused: two configurations can have the same shapes (heads, activation) and still be different models.
//
// Files are written atomically and read all or nothing: see safetensors.hpp. Errors: a message that names the file, the
// tensor, what was expected and what was found; parameters and training state are then as they were.

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
  { Model::fingerprint() } -> std::convertible_to<std::uint64_t>;
};

template <class Model>
void add_fingerprint(TensorSources& list) {
  if constexpr (HasFingerprint<Model>) list.add_metadata(model_fingerprint_key, hexadecimal(Model::fingerprint()));
}
template <class Model>
void expect_fingerprint(TensorTargets& list, TensorTargets::Absent absent) {
  if constexpr (HasFingerprint<Model>)
    list.expect_metadata(model_fingerprint_key, hexadecimal(Model::fingerprint()), absent);
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
  if (unexpected == Unexpected::refuse && file.find("training.step") != nullptr)
    return Error(file.name() +
                 ": expected weights alone, found a training checkpoint; Unexpected::ignore takes its weights");
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

// Where training is in its data, in the caller's own terms: a step, a byte, an index into a shuffled order; and what
// the data are. Zero says nothing.
struct DataPosition {
  std::uint64_t position = 0;
  std::uint64_t fingerprint = 0;
};

namespace detail {

// All tensors of a training checkpoint. Trainer and DataPosition are const when they are written.
template <class List, class Trainer, class Data>
void add_training(List& list, Trainer& trainer, Data& data) noexcept {
  using Model = typename Trainer::ModelType;
  constexpr const char* prefixes[] = {"optimizer.moment_1.", "optimizer.moment_2."};
  static_assert(Trainer::moments <= 2, "inlay: a checkpoint has names for two moments of each tensor");
  const auto number = [&](const char* name, auto& value) {
    list.add("", name, element_type_of<std::remove_cvref_t<decltype(value)>>(), Shape{}, &value);
  };
  auto& state = trainer.state();
  number("training.seed", state.seed);
  number("training.step", state.step);
  number("training.skipped_steps", state.skipped_steps);
  number("optimizer.updates", state.optimizer.updates);
  number("optimizer.beta1_power", state.optimizer.beta1_power);
  number("optimizer.beta2_power", state.optimizer.beta2_power);
  number("data.position", data.position);
  number("data.fingerprint", data.fingerprint);
  add_parameters<Model>(list, "", trainer.parameters());
  for (std::size_t index = 0; index < Trainer::moments; ++index)
    add_parameters<Model>(list, prefixes[index], trainer.moment(index));
}

}  // namespace detail

template <class Trainer>
Status save_training(const std::string& path, const Trainer& trainer, const Metadata& metadata = {},
                     const DataPosition& data = {}) {
  TensorSources list;
  detail::add_training(list, trainer, data);
  detail::add_fingerprint<typename Trainer::ModelType>(list);
  list.add_metadata(metadata);
  return list.write(path);
}

// Returns the metadata that the caller had given to save_training. When `data` has a fingerprint, a checkpoint with
// another one is refused; a success leaves in it what was saved.
template <class Trainer>
Result<Metadata> load_training(const std::string& path, Trainer& trainer, DataPosition* data = nullptr) {
  const Result<SafetensorsReader> file = SafetensorsReader::open(path);
  if (!file) return file.error();
  if (Status status = detail::check_data(*file, data != nullptr ? data->fingerprint : 0); !status)
    return status.error();
  DataPosition found;
  TensorTargets list;
  detail::add_training(list, trainer, found);
  detail::expect_fingerprint<typename Trainer::ModelType>(list, TensorTargets::Absent::refuse);
  if (Status status = list.read(*file); !status) return status.error();
  // Tables are in no file, and a trainer that begins with a checkpoint has not filled its own yet.
  initialize_buffers_at<typename Trainer::ModelType>(trainer.buffers());
  trainer.discard_accumulated();
  if (data != nullptr) *data = found;
  return detail::metadata_of_caller(*file);
}

}  // namespace inlay::io
