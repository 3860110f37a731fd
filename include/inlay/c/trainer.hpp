#pragma once
// The functions of name_trainer: see INLAY_DECLARE_TRAINER in <inlay/inlay.h>, which says what each does.

#include <inlay/c/batch.hpp>
#include <inlay/c/block.hpp>
#include <inlay/c/object.hpp>
#include <inlay/training/trainer.hpp>

namespace inlay::inline INLAY_ABI::c {

template <class Trainer, class E>
struct alignas(INLAY_ALIGNMENT) TrainerObject {
  using Model = typename Trainer::ModelType;
  using Parameters = typename Trainer::Parameters;
  using BatchType = typename Trainer::BatchType;
  using Targets = decltype(BatchType::targets);
  static constexpr std::uint64_t tag_of_kind() {
    return tag_of<TrainerObject, E>("trainer", sizeof(Trainer), Model::context, Model::Output::width);
  }
  static constexpr size_t checkpoint_parts = (1 + Trainer::moments) * sizeof(Parameters) + sizeof(TrainingState);
  static constexpr size_t checkpoint_content = content_of_parts(checkpoint_parts);
  static constexpr size_t checkpoint_bytes = sizeof(BlockHeader) + checkpoint_content;

  std::uint64_t tag;
  std::uint64_t accumulated;  // batches since the last update
  int optimizer_kind;         // of the last update; 0 where there was none since the beginning or a load
  INLAY_NO_UNIQUE_ADDRESS ExecutorPlace<E> executor;
  Trainer trainer;

  static inlay_status create(const char* function, void* memory, size_t bytes, std::uint64_t seed, TrainerObject** to,
                             inlay_error* error) {
    Answer answer(function, error);
    if (!answer.points(to, "trainer")) return answer;
    *to = nullptr;
    TrainerObject* const object = make_object<TrainerObject>(answer, memory, bytes, "TRAINER");
    if (object == nullptr) return answer;
    object->trainer.initialize(Seed{seed});
    object->tag = tag_of_kind();
    *to = object;
    return answer;
  }

  static inlay_status step(const char* function, TrainerObject* object, const inlay_batch* batch,
                           const inlay_optimizer* optimizer, inlay_step_report* report, inlay_error* error) {
    Answer answer(function, error);
    if (!answer.is_object(object, "trainer") || !check_batch<Model, Targets>(answer, batch) ||
        !check_optimizer(answer, optimizer, Trainer::moments))
      return answer;
    object->trainer.accumulate(batch_of(*batch), object->executor.get());
    object->apply(*optimizer, report);
    return answer;
  }
  static inlay_status accumulate(const char* function, TrainerObject* object, const inlay_batch* batch,
                                 inlay_error* error) {
    Answer answer(function, error);
    if (!answer.is_object(object, "trainer") || !check_batch<Model, Targets>(answer, batch)) return answer;
    object->trainer.accumulate(batch_of(*batch), object->executor.get());
    ++object->accumulated;
    return answer;
  }
  static inlay_status update(const char* function, TrainerObject* object, const inlay_optimizer* optimizer,
                             inlay_step_report* report, inlay_error* error) {
    Answer answer(function, error);
    if (!answer.is_object(object, "trainer") || !check_optimizer(answer, optimizer, Trainer::moments)) return answer;
    if (object->accumulated == 0)
      return answer.fail(INLAY_TOO_EARLY) << "nothing was accumulated since the last update";
    object->apply(*optimizer, report);
    return answer;
  }
  static inlay_status discard(const char* function, TrainerObject* object, inlay_error* error) {
    Answer answer(function, error);
    if (answer.is_object(object, "trainer")) object->forget();
    return answer;
  }
  static inlay_status evaluate(const char* function, TrainerObject* object, const inlay_batch* batch, float* loss,
                               inlay_error* error) {
    Answer answer(function, error);
    if (!answer.is_object(object, "trainer") || !check_batch<Model, Targets>(answer, batch) ||
        !answer.points(loss, "loss"))
      return answer;
    *loss = object->trainer.evaluate(batch_of(*batch), object->executor.get());
    return answer;
  }

  static inlay_status state(const char* function, const TrainerObject* object, inlay_training_state* to,
                            inlay_error* error) {
    Answer answer(function, error);
    if (!answer.is_object(object, "trainer") || !answer.points(to, "state")) return answer;
    const TrainingState& state = object->trainer.state();
    *to = {state.step, state.skipped_steps, state.seed};
    return answer;
  }

  static inlay_status get_weights(const char* function, const TrainerObject* object, void* weights, size_t bytes,
                                  inlay_error* error) {
    Answer answer(function, error);
    if (!answer.is_object(object, "trainer") ||
        !answer.room(weights, bytes, weights_bytes<Model>, "weights", "WEIGHTS") ||
        !answer.apart(weights, weights_bytes<Model>, "weights", object, sizeof *object, "the trainer"))
      return answer;
    const Parameters& parameters = object->trainer.parameters();
    std::memcpy(content_of(weights), &parameters, sizeof parameters);
    seal_block(weights, BlockKind::weights, fingerprint_of<Model>(parameters), sizeof parameters);
    return answer;
  }
  static inlay_status set_weights(const char* function, TrainerObject* object, const void* weights, size_t bytes,
                                  inlay_error* error) {
    Answer answer(function, error);
    if (!answer.is_object(object, "trainer") ||
        !check_weights_block<Model>(answer, weights, bytes, object->trainer.parameters()))
      return answer;
    std::memcpy(&object->trainer.parameters(), content_of(weights), sizeof(Parameters));
    object->forget();
    return answer;
  }

  static inlay_status save(const char* function, const TrainerObject* object, void* block, size_t bytes,
                           inlay_error* error) {
    Answer answer(function, error);
    if (!answer.is_object(object, "trainer") ||
        !answer.room(block, bytes, checkpoint_bytes, "checkpoint", "CHECKPOINT") ||
        !answer.apart(block, checkpoint_bytes, "checkpoint", object, sizeof *object, "the trainer"))
      return answer;
    unsigned char* at = content_of(block);
    const auto put = [&](const auto& value) {
      std::memcpy(at, &value, sizeof value);
      at += sizeof value;
    };
    put(object->trainer.parameters());
    for (size_t i = 0; i < Trainer::moments; ++i) put(object->trainer.moment(i));
    put(object->trainer.state());
    seal_block(block, BlockKind::checkpoint, fingerprint_of<Model>(object->trainer.parameters()), checkpoint_parts);
    return answer;
  }
  static inlay_status load(const char* function, TrainerObject* object, const void* block, size_t bytes,
                           inlay_error* error) {
    Answer answer(function, error);
    if (!answer.is_object(object, "trainer") ||
        !check_block(answer, block, bytes, BlockKind::checkpoint, fingerprint_of<Model>(object->trainer.parameters()),
                     checkpoint_content, "checkpoint"))
      return answer;
    const unsigned char* at = content_of(block);
    const auto take = [&](auto& value) {
      std::memcpy(&value, at, sizeof value);
      at += sizeof value;
    };
    take(object->trainer.parameters());
    for (size_t i = 0; i < Trainer::moments; ++i) take(object->trainer.moment(i));
    take(object->trainer.state());
    object->continue_from_elsewhere();
    return answer;
  }

  void forget() {
    trainer.discard_accumulated();
    accumulated = 0;
  }
  // After parameters, moments and state were read: a checkpoint does not say which optimizer made the moments.
  void continue_from_elsewhere() {
    forget();
    optimizer_kind = 0;
  }

 private:
  static unsigned char* content_of(void* block) { return static_cast<unsigned char*>(block) + sizeof(BlockHeader); }
  static const unsigned char* content_of(const void* block) {
    return static_cast<const unsigned char*>(block) + sizeof(BlockHeader);
  }

  static BatchType batch_of(const inlay_batch& batch) {
    return {inputs_of<Model>(batch),
            targets_of<Targets, Model::Output::width>(batch),
            {batch.offsets, batch.offsets == nullptr ? 0 : batch.sequences + 1}};
  }

  void apply(const inlay_optimizer& o, inlay_step_report* to) {
    if (optimizer_kind != 0 && optimizer_kind != o.kind) trainer.reset_optimizer();
    optimizer_kind = o.kind;
    const StepReport report = optimize(o);
    accumulated = 0;
    if (to == nullptr) return;
    to->loss = report.loss;
    to->gradient_norm = report.gradient_norm;
    to->step = trainer.state().step;
    to->skipped_steps = trainer.state().skipped_steps;
    to->skipped = report.skipped ? 1 : 0;
    static_assert(sizeof to->skipped_tensor == sizeof report.skipped_tensor);
    std::memcpy(to->skipped_tensor, &report.skipped_tensor, sizeof to->skipped_tensor);
  }
  StepReport optimize(const inlay_optimizer& o) {
    if constexpr (Trainer::moments >= 2) {
      if (o.kind == INLAY_ADAMW)
        return trainer.update(AdamW{o.learning_rate, o.beta1, o.beta2, o.epsilon, o.weight_decay, o.clip_norm},
                              executor.get());
      if (o.kind == INLAY_ADAM)
        return trainer.update(Adam{o.learning_rate, o.beta1, o.beta2, o.epsilon, o.weight_decay, o.clip_norm},
                              executor.get());
    }
    if (o.kind == INLAY_LION)
      return trainer.update(Lion{o.learning_rate, o.beta1, o.beta2, o.weight_decay, o.clip_norm}, executor.get());
    return trainer.update(Sgd{o.learning_rate, o.momentum, o.weight_decay, o.clip_norm}, executor.get());
  }
};

}  // namespace inlay::inline INLAY_ABI::c
