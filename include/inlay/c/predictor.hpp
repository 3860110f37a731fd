#pragma once
// The functions of name_predictor: see INLAY_DECLARE_PREDICTOR in <inlay/inlay.h>.
//
// Memory: what inference keeps of one sequence of the model's context, and the tables that are not trained. Sequences
// run one after the other; the bits of a row do not depend on what is packed beside it. It is not inlay::Predictor,
// which keeps its outputs: here they go to the caller's memory.

#include <inlay/c/batch.hpp>
#include <inlay/c/block.hpp>
#include <inlay/c/object.hpp>

namespace inlay::inline INLAY_ABI::c {

template <class M, class E>
struct alignas(INLAY_ALIGNMENT) PredictorObject {
  using Model = M;
  using Parameters = ParametersOf<Model>;
  static constexpr size_t context = Model::context;
  static constexpr size_t width = Model::Output::width;
  static constexpr size_t input_bytes = [] {
    if constexpr (of_tokens<Model>)
      return sizeof(Token);
    else
      return Model::Input::width * sizeof(float);
  }();
  static constexpr Extent extent{.rows = context, .workers = is_serial<E> ? 1 : 8, .training = false};
  static constexpr std::uint64_t tag_of_kind() {
    return tag_of<PredictorObject, E>("predictor", sizeof(Parameters), context, width);
  }

  std::uint64_t tag;
  const Parameters* parameters;
  INLAY_NO_UNIQUE_ADDRESS ExecutorPlace<E> executor;
  INLAY_NO_UNIQUE_ADDRESS BuffersOf<Model> buffers;
  INLAY_NO_UNIQUE_ADDRESS ActivationsOf<Model, extent> activations;
  INLAY_NO_UNIQUE_ADDRESS WorkspaceOf<Model, extent> workspace;

  static inlay_status create(const char* function, void* memory, size_t bytes, const void* weights, size_t weights_size,
                             PredictorObject** to, inlay_error* error) {
    Answer answer(function, error);
    if (!answer.points(to, "predictor")) return answer;
    *to = nullptr;
    const Parameters* const parameters = use_in_place<Model>(answer, weights, weights_size);
    if (parameters != nullptr &&
        answer.apart(memory, sizeof(PredictorObject), "memory", weights, weights_bytes<Model>, "weights"))
      *to = make(answer, memory, bytes, *parameters);
    return answer;
  }
  template <class TrainerObject>
  static inlay_status create_on(const char* function, void* memory, size_t bytes, const TrainerObject* trainer,
                                PredictorObject** to, inlay_error* error) {
    Answer answer(function, error);
    if (!answer.points(to, "predictor")) return answer;
    *to = nullptr;
    if (answer.is_object(trainer, "trainer") &&
        answer.apart(memory, sizeof(PredictorObject), "memory", trainer, sizeof(TrainerObject), "the trainer"))
      *to = make(answer, memory, bytes, trainer->trainer.parameters());
    return answer;
  }

  static inlay_status run(const char* function, PredictorObject* object, const inlay_batch* batch, float* outputs,
                          size_t count, inlay_error* error) {
    Answer answer(function, error);
    if (!answer.is_object(object, "predictor") || !check_inputs_alone<Model>(answer, batch) ||
        !answer.points(outputs, "outputs"))
      return answer;
    if (count / width < batch->rows)
      return answer.fail(INLAY_MEMORY_TOO_SMALL)
             << "outputs has room for " << count << " numbers, expected batch->rows times output_width, " << batch->rows
             << " times " << width;
    const size_t outputs_size = batch->rows * width * sizeof(float);
    const void* inputs = batch->inputs;
    if (of_tokens<Model>) inputs = batch->tokens;
    if (!answer.apart(outputs, outputs_size, "outputs", inputs, batch->rows * input_bytes, "the batch's inputs") ||
        (batch->offsets != nullptr &&
         !answer.apart(outputs, outputs_size, "outputs", batch->offsets,
                       (batch->sequences + 1) * sizeof *batch->offsets, "batch->offsets")) ||
        !answer.apart(outputs, outputs_size, "outputs", object, sizeof *object, "the predictor"))
      return answer;
    const size_t sequences = batch->offsets == nullptr ? batch->rows / context : batch->sequences;
    for (size_t s = 0; s < sequences; ++s) {
      const size_t begin = batch->offsets == nullptr ? s * context : batch->offsets[s];
      const size_t end = batch->offsets == nullptr ? begin + context : batch->offsets[s + 1];
      object->forward(*batch, begin, end - begin, outputs + begin * width);
    }
    return answer;
  }

 private:
  static PredictorObject* make(Answer& answer, void* memory, size_t bytes, const Parameters& parameters) {
    auto* const object = make_object<PredictorObject>(answer, memory, bytes, "PREDICTOR");
    if (object == nullptr) return nullptr;
    object->parameters = &parameters;
    initialize_buffers_at<Model>(object->buffers);
    object->tag = tag_of_kind();
    return object;
  }

  void forward(const inlay_batch& batch, size_t first, size_t rows, float* outputs) {
    const FloatEnvironment environment;
    const std::uint32_t offsets[2] = {0, static_cast<std::uint32_t>(rows)};
    const Call call{.packing = {offsets, 1}};
    const E& on = executor.get();
    const Forward<Parameters, BuffersOf<Model>, Empty, ActivationsOf<Model, extent>, WorkspaceOf<Model, extent>, E>
        frame{*parameters, buffers, detail::nothing, activations, workspace, call, on, Stream{}};
    const Rows<float, width> y(outputs, rows);
    if constexpr (of_tokens<Model>)
      Model::forward(frame, std::span<const Token>(batch.tokens + first, rows), y);
    else
      Model::forward(frame, typename Model::Input::ConstValues(batch.inputs + first * Model::Input::width, rows), y);
  }
};

}  // namespace inlay::inline INLAY_ABI::c
