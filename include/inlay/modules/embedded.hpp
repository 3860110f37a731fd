#pragma once
// Weights that are linked into the program, in flash, as they lie in a safetensors file: the C++ half of the CMake
// function inlay_embed_weights(TARGET FILE). For model.safetensors it makes model_weights.hpp:
//
//   #include "model_weights.hpp"
//   static inlay::Generator<Model> generator{inlay::embedded::model<Model>()};
//
// Nothing is copied: the object has the layout of ParametersOf<Model>, whose tensors follow each other in the order of
// visit(), each on the alignment of its type. What may be wrong is found
//
//   by the compiler   another fingerprint (where model and file have one) or size: a sentence that names the file
//   by the linker     an object made from another file: its name holds a hash of the file
//   at start          another name, shape or place of a tensor: mismatch() says so, and model() traps

#include <inlay/config.hpp>
#include <inlay/memory/hash.hpp>
#include <inlay/modules/module.hpp>

#include <type_traits>

namespace inlay::inline INLAY_ABI {

// A tensor of the file: its name, where it was put, its shape.
struct EmbeddedTensor {
  const char* name;
  size_t offset;
  size_t rank;
  size_t shape[8];
};

namespace detail {

constexpr void add_embedded(Hash& hash, const char* name, size_t offset, size_t rank, const size_t* shape) {
  hash.text(name);
  hash.number(offset);
  hash.number(rank);
  for (size_t i = 0; i < rank; ++i) hash.number(shape[i]);
}

template <size_t Count>
constexpr std::uint64_t embedded_layout(const EmbeddedTensor (&tensors)[Count]) {
  Hash hash;
  for (const EmbeddedTensor& tensor : tensors)
    add_embedded(hash, tensor.name, tensor.offset, tensor.rank, tensor.shape);
  return hash.value();
}

// Once in a program, not once for each tensor.
INLAY_NO_INLINE inline void add_embedded_at(Hash& hash, const Path& path, size_t offset, size_t rank,
                                            const size_t* shape) {
  add_embedded(hash, path.text().c_str(), offset, rank, shape);
}

// Of the model, at run time: only then are there addresses.
template <class Model>
bool has_layout(const ParametersOf<Model>& parameters, std::uint64_t expected) {
  Hash hash;
  const auto* const begin = reinterpret_cast<const unsigned char*>(&parameters);
  visit<Model>(
      [&](const Path& path, const auto& tensor) {
        const auto* const at = reinterpret_cast<const unsigned char*>(tensor.data());
        add_embedded_at(hash, path, static_cast<size_t>(at - begin), tensor.rank, tensor.shape.data());
      },
      parameters);
  return hash.value() == expected;
}

// 0 belongs to nobody: a file of other tools, or a model without a fingerprint.
template <class Model>
constexpr bool has_fingerprint(std::uint64_t expected) {
  if constexpr (requires { Model::fingerprint(); })
    return expected == 0 || expected == Model::fingerprint();
  else
    return true;
}

}  // namespace detail

}  // namespace inlay::inline INLAY_ABI
