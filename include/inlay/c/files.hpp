#pragma once
// The functions of files: see INLAY_DECLARE_WEIGHTS_FILES in <inlay/inlay.h>. They need inlay::io, and a system.

#include <inlay/c/block.hpp>
#include <inlay/c/trainer.hpp>
#include <inlay/io/checkpoint.hpp>

namespace inlay::inline INLAY_ABI::c {

// Runs an operation of inlay::io; its message is a whole sentence that names the file.
template <class F>
void on_file(Answer& answer, F&& operation) {
  without_exceptions(answer, [&] {
    const auto result = operation();
    if (!result) answer.fail(INLAY_FILE_FAILED) << result.message().c_str();
  });
}

// Zeros into the bytes that belong to no tensor: they are part of the checksum. Tensor after tensor, as they lie in
// memory; a visit may have another order.
template <class Model>
void clear_gaps(ParametersOf<Model>& parameters) {
  auto* at = reinterpret_cast<unsigned char*>(&parameters);
  unsigned char* const end = at + sizeof parameters;
  while (at < end) {
    unsigned char *next = end, *after = end;
    visit<Model>(
        [&](const Path&, auto& tensor) {
          auto* const first = reinterpret_cast<unsigned char*>(tensor.begin());
          if (first < at || first >= next) return;
          next = first;
          after = reinterpret_cast<unsigned char*>(tensor.end());
        },
        parameters);
    std::memset(at, 0, static_cast<size_t>(next - at));
    at = after;
  }
}

template <class Model>
inlay_status load_weights_file(const char* function, void* weights, size_t bytes, const char* path,
                               inlay_error* error) {
  using Parameters = ParametersOf<Model>;
  Answer answer(function, error);
  if (!answer.points(path, "path") || !answer.room(weights, bytes, weights_bytes<Model>, "weights", "WEIGHTS") ||
      !answer.aligned(weights, "weights"))
    return answer;
  auto& parameters = const_cast<Parameters&>(parameters_in<Model>(weights));
  on_file(answer, [&] { return io::load_weights<Model>(std::string(path), parameters); });
  if (answer.status() != INLAY_OK) return answer;
  clear_gaps<Model>(parameters);
  seal_block(weights, BlockKind::weights, fingerprint_of<Model>(parameters), sizeof(Parameters));
  return answer;
}

template <class Model>
inlay_status save_weights_file(const char* function, const void* weights, size_t bytes, const char* path,
                               inlay_error* error) {
  Answer answer(function, error);
  if (!answer.points(path, "path")) return answer;
  const ParametersOf<Model>* const parameters = use_in_place<Model>(answer, weights, bytes);
  if (parameters != nullptr) on_file(answer, [&] { return io::save_weights<Model>(std::string(path), *parameters); });
  return answer;
}

template <class Object>
inlay_status save_trainer_file(const char* function, const Object* object, const char* path, inlay_error* error) {
  Answer answer(function, error);
  if (answer.is_object(object, "trainer") && answer.points(path, "path"))
    on_file(answer, [&] { return io::save_training(std::string(path), object->trainer); });
  return answer;
}

template <class Object>
inlay_status load_trainer_file(const char* function, Object* object, const char* path, inlay_error* error) {
  Answer answer(function, error);
  if (!answer.is_object(object, "trainer") || !answer.points(path, "path")) return answer;
  on_file(answer, [&] { return io::load_training(std::string(path), object->trainer); });
  if (answer.status() == INLAY_OK) object->continue_from_elsewhere();
  return answer;
}

}  // namespace inlay::inline INLAY_ABI::c
