#pragma once
// From a model type to functions in C. inlay_add_c_interface() (toolchains/cmake/InlayCInterface.cmake) writes the one
// source that uses this header, and the header in C with the byte counts. By hand it is:
//
//   using writer = inlay::c::Interface<Model, Trainer>;   // and nothing else of that name
//   INLAY_DEFINE_MODEL(writer, writer)
//   INLAY_DEFINE_TRAINER(writer, writer)
//   INLAY_DEFINE_GENERATOR(writer, writer) ...
//
// after the INLAY_DECLARE_... of <inlay/inlay.h>, inside extern "C". INLAY_DEFINE_WEIGHTS_FILES and
// INLAY_DEFINE_TRAINER_FILES need <inlay/c/files.hpp> and inlay::io.
//
// What is made here needs no C++ library at run time, unless it has files or threads: no exceptions, no RTTI, no heap,
// no static object with a constructor. A linker for C is enough; tests/c holds it.

#include <inlay/c/generator.hpp>
#include <inlay/c/predictor.hpp>
#include <inlay/c/trainer.hpp>
#include <inlay/modules/compose.hpp>

namespace inlay::inline INLAY_ABI::c {

struct NoTrainer {};

// Frozen modules read weights through a pointer that the application sets in C++. A program in C could not, and a null
// one would be followed.
template <class Buffers>
inline constexpr bool has_frozen = requires(Buffers buffers) {
  *buffers.parameters;
};
template <class... Parts>
inline constexpr bool has_frozen<inlay::detail::Tuple<Parts...>> = (... || has_frozen<Parts>);

namespace detail {
template <class Trainer, class E>
struct TrainerPart {
  using type = TrainerObject<Trainer, E>;
  static constexpr size_t bytes = sizeof(type);
  static constexpr size_t checkpoint_bytes = type::checkpoint_bytes;
};
template <class E>
struct TrainerPart<NoTrainer, E> {
  static constexpr size_t bytes = 0, checkpoint_bytes = 0;
};
template <class Model, class Generator, class E, bool = Generates<Model>>
struct GeneratorPart {
  static constexpr size_t bytes = 0;
};
template <class Model, class Generator, class E>
struct GeneratorPart<Model, Generator, E, true> {
  using type = GeneratorObject<Model, Generator, E>;
  static constexpr size_t bytes = sizeof(type);
};
template <class Model, class E, bool = Generates<Model>>
struct UsualGenerator {
  using type = void;
};
template <class Model, class E>
struct UsualGenerator<Model, E, true> {
  using type = inlay::Generator<Model, GeneratorConfig{.workers = is_serial<E> ? 1 : 8}>;
};
template <class Model>
constexpr size_t vocabulary_of() {
  if constexpr (of_tokens<Model>)
    return Model::vocabulary;
  else
    return 0;
}
template <class Model>
constexpr size_t input_width_of() {
  if constexpr (of_tokens<Model>)
    return 0;
  else
    return Model::Input::width;
}
}  // namespace detail

template <class M, class Trainer = NoTrainer, Executor E = Serial,
          class Generator = typename detail::UsualGenerator<M, E>::type>
struct Interface {
  static_assert(
      !has_frozen<BuffersOf<M>>,
      "inlay: a C interface has no way to say where the weights of a Frozen module lie; use the model in C++");

  using Model = M;
  using TrainerPart = detail::TrainerPart<Trainer, E>;
  using GeneratorPart = detail::GeneratorPart<Model, Generator, E>;
  using PredictorObject = c::PredictorObject<Model, E>;

  static constexpr inlay_description description{.vocabulary = detail::vocabulary_of<Model>(),
                                                 .input_width = detail::input_width_of<Model>(),
                                                 .output_width = Model::Output::width,
                                                 .context = Model::context,
                                                 .weights_bytes = c::weights_bytes<Model>,
                                                 .predictor_bytes = sizeof(PredictorObject),
                                                 .generator_bytes = GeneratorPart::bytes,
                                                 .trainer_bytes = TrainerPart::bytes,
                                                 .checkpoint_bytes = TrainerPart::checkpoint_bytes,
                                                 .alignment = INLAY_ALIGNMENT};

  static inlay_status check_weights(const char* function, const void* weights, size_t bytes, inlay_error* error) {
    Answer answer(function, error);
    use_in_place<Model>(answer, weights, bytes);
    return answer;
  }
};

// A byte count as text that the build finds in a compiled file of the target, which it cannot run.
struct ByteCount {
  char text[48];
};
constexpr ByteCount byte_count(const char* part, size_t bytes) {
  ByteCount count{};
  size_t at = 0;
  for (const char* from = "inlay_c_bytes:"; *from != '\0'; ++from) count.text[at++] = *from;
  for (; *part != '\0'; ++part) count.text[at++] = *part;
  count.text[at++] = '=';
  char digits[24] = {};
  size_t length = 0;
  do {
    digits[length++] = static_cast<char>('0' + bytes % 10);
    bytes /= 10;
  } while (bytes > 0);
  while (length > 0) count.text[at++] = digits[--length];
  count.text[at++] = ';';
  return count;
}

}  // namespace inlay::inline INLAY_ABI::c

#define INLAY_BYTE_COUNTS(interface)                                                \
  extern "C" {                                                                      \
  extern const inlay::c::ByteCount inlay_c_byte_counts[5];                          \
  const inlay::c::ByteCount inlay_c_byte_counts[5] = {                              \
      inlay::c::byte_count("WEIGHTS", interface::description.weights_bytes),        \
      inlay::c::byte_count("PREDICTOR", interface::description.predictor_bytes),    \
      inlay::c::byte_count("GENERATOR", interface::description.generator_bytes),    \
      inlay::c::byte_count("TRAINER", interface::description.trainer_bytes),        \
      inlay::c::byte_count("CHECKPOINT", interface::description.checkpoint_bytes)}; \
  }

#define INLAY_DEFINE_MODEL(name, interface)                                                  \
  extern "C" {                                                                               \
  inlay_description name##_describe() { return interface::description; }                     \
  inlay_status name##_weights_check(const void* weights, size_t bytes, inlay_error* error) { \
    return interface::check_weights(#name "_weights_check", weights, bytes, error);          \
  }                                                                                          \
  }

// The object behind a handle.
#define INLAY_OBJECT(interface, part, pointer) reinterpret_cast<interface::part*>(pointer)
#define INLAY_CONST_OBJECT(interface, part, pointer) reinterpret_cast<const interface::part*>(pointer)
#define INLAY_TRAINER(interface, pointer) INLAY_OBJECT(interface, TrainerPart::type, pointer)
#define INLAY_CONST_TRAINER(interface, pointer) INLAY_CONST_OBJECT(interface, TrainerPart::type, pointer)
#define INLAY_GENERATOR(interface, pointer) INLAY_OBJECT(interface, GeneratorPart::type, pointer)
#define INLAY_CONST_GENERATOR(interface, pointer) INLAY_CONST_OBJECT(interface, GeneratorPart::type, pointer)
#define INLAY_PREDICTOR(interface, pointer) INLAY_OBJECT(interface, PredictorObject, pointer)

#define INLAY_DEFINE_TRAINER(name, interface)                                                                          \
  extern "C" {                                                                                                         \
  inlay_status name##_trainer_create(void* memory, size_t bytes, uint64_t seed, name##_trainer** trainer,              \
                                     inlay_error* error) {                                                             \
    interface::TrainerPart::type* object = nullptr;                                                                    \
    const inlay_status status = interface::TrainerPart::type::create(#name "_trainer_create", memory, bytes, seed,     \
                                                                     trainer == nullptr ? nullptr : &object, error);   \
    if (trainer != nullptr) *trainer = reinterpret_cast<name##_trainer*>(object);                                      \
    return status;                                                                                                     \
  }                                                                                                                    \
  void name##_trainer_destroy(name##_trainer* trainer) {                                                               \
    inlay::c::destroy_object(INLAY_TRAINER(interface, trainer));                                                       \
  }                                                                                                                    \
  inlay_status name##_trainer_step(name##_trainer* trainer, const inlay_batch* batch,                                  \
                                   const inlay_optimizer* optimizer, inlay_step_report* report, inlay_error* error) {  \
    return interface::TrainerPart::type::step(#name "_trainer_step", INLAY_TRAINER(interface, trainer), batch,         \
                                              optimizer, report, error);                                               \
  }                                                                                                                    \
  inlay_status name##_trainer_accumulate(name##_trainer* trainer, const inlay_batch* batch, inlay_error* error) {      \
    return interface::TrainerPart::type::accumulate(#name "_trainer_accumulate", INLAY_TRAINER(interface, trainer),    \
                                                    batch, error);                                                     \
  }                                                                                                                    \
  inlay_status name##_trainer_update(name##_trainer* trainer, const inlay_optimizer* optimizer,                        \
                                     inlay_step_report* report, inlay_error* error) {                                  \
    return interface::TrainerPart::type::update(#name "_trainer_update", INLAY_TRAINER(interface, trainer), optimizer, \
                                                report, error);                                                        \
  }                                                                                                                    \
  inlay_status name##_trainer_discard(name##_trainer* trainer, inlay_error* error) {                                   \
    return interface::TrainerPart::type::discard(#name "_trainer_discard", INLAY_TRAINER(interface, trainer), error);  \
  }                                                                                                                    \
  inlay_status name##_trainer_evaluate(name##_trainer* trainer, const inlay_batch* batch, float* loss,                 \
                                       inlay_error* error) {                                                           \
    return interface::TrainerPart::type::evaluate(#name "_trainer_evaluate", INLAY_TRAINER(interface, trainer), batch, \
                                                  loss, error);                                                        \
  }                                                                                                                    \
  inlay_status name##_trainer_state(const name##_trainer* trainer, inlay_training_state* state, inlay_error* error) {  \
    return interface::TrainerPart::type::state(#name "_trainer_state", INLAY_CONST_TRAINER(interface, trainer), state, \
                                               error);                                                                 \
  }                                                                                                                    \
  inlay_status name##_trainer_get_weights(const name##_trainer* trainer, void* weights, size_t bytes,                  \
                                          inlay_error* error) {                                                        \
    return interface::TrainerPart::type::get_weights(#name "_trainer_get_weights",                                     \
                                                     INLAY_CONST_TRAINER(interface, trainer), weights, bytes, error);  \
  }                                                                                                                    \
  inlay_status name##_trainer_set_weights(name##_trainer* trainer, const void* weights, size_t bytes,                  \
                                          inlay_error* error) {                                                        \
    return interface::TrainerPart::type::set_weights(#name "_trainer_set_weights", INLAY_TRAINER(interface, trainer),  \
                                                     weights, bytes, error);                                           \
  }                                                                                                                    \
  inlay_status name##_trainer_save(const name##_trainer* trainer, void* checkpoint, size_t bytes,                      \
                                   inlay_error* error) {                                                               \
    return interface::TrainerPart::type::save(#name "_trainer_save", INLAY_CONST_TRAINER(interface, trainer),          \
                                              checkpoint, bytes, error);                                               \
  }                                                                                                                    \
  inlay_status name##_trainer_load(name##_trainer* trainer, const void* checkpoint, size_t bytes,                      \
                                   inlay_error* error) {                                                               \
    return interface::TrainerPart::type::load(#name "_trainer_load", INLAY_TRAINER(interface, trainer), checkpoint,    \
                                              bytes, error);                                                           \
  }                                                                                                                    \
  }

// Predictors and generators are created in the same way: on a block of weights, or on a trainer.
#define INLAY_DEFINE_CREATION(name, part, Object)                                                                \
  inlay_status name##_##part##_create(void* memory, size_t bytes, const void* weights, size_t weights_bytes,     \
                                      name##_##part** part, inlay_error* error) {                                \
    Object* object = nullptr;                                                                                    \
    const inlay_status status = Object::create(#name "_" #part "_create", memory, bytes, weights, weights_bytes, \
                                               part == nullptr ? nullptr : &object, error);                      \
    if (part != nullptr) *part = reinterpret_cast<name##_##part*>(object);                                       \
    return status;                                                                                               \
  }                                                                                                              \
  void name##_##part##_destroy(name##_##part* part) { inlay::c::destroy_object(reinterpret_cast<Object*>(part)); }
#define INLAY_DEFINE_CREATION_ON_TRAINER(name, interface, part, Object)                                         \
  extern "C" inlay_status name##_##part##_create_on(void* memory, size_t bytes, const name##_trainer* trainer,  \
                                                    name##_##part** part, inlay_error* error) {                 \
    Object* object = nullptr;                                                                                   \
    const inlay_status status =                                                                                 \
        Object::create_on(#name "_" #part "_create_on", memory, bytes, INLAY_CONST_TRAINER(interface, trainer), \
                          part == nullptr ? nullptr : &object, error);                                          \
    if (part != nullptr) *part = reinterpret_cast<name##_##part*>(object);                                      \
    return status;                                                                                              \
  }

#define INLAY_DEFINE_PREDICTOR(name, interface)                                                                  \
  extern "C" {                                                                                                   \
  INLAY_DEFINE_CREATION(name, predictor, interface::PredictorObject)                                             \
  inlay_status name##_predictor_run(name##_predictor* predictor, const inlay_batch* batch, float* outputs,       \
                                    size_t count, inlay_error* error) {                                          \
    return interface::PredictorObject::run(#name "_predictor_run", INLAY_PREDICTOR(interface, predictor), batch, \
                                           outputs, count, error);                                               \
  }                                                                                                              \
  }

#define INLAY_DEFINE_GENERATOR(name, interface)                                                                        \
  extern "C" {                                                                                                         \
  INLAY_DEFINE_CREATION(name, generator, interface::GeneratorPart::type)                                               \
  inlay_status name##_generator_reset(name##_generator* generator, inlay_error* error) {                               \
    return interface::GeneratorPart::type::reset(#name "_generator_reset", INLAY_GENERATOR(interface, generator),      \
                                                 error);                                                               \
  }                                                                                                                    \
  inlay_status name##_generator_read(name##_generator* generator, const uint32_t* prompt, size_t prompt_count,         \
                                     inlay_error* error) {                                                             \
    return interface::GeneratorPart::type::read(#name "_generator_read", INLAY_GENERATOR(interface, generator),        \
                                                prompt, prompt_count, error);                                          \
  }                                                                                                                    \
  inlay_status name##_generator_logits(const name##_generator* generator, float* logits, size_t count,                 \
                                       inlay_error* error) {                                                           \
    return interface::GeneratorPart::type::logits(#name "_generator_logits",                                           \
                                                  INLAY_CONST_GENERATOR(interface, generator), logits, count, error);  \
  }                                                                                                                    \
  inlay_status name##_generator_write(name##_generator* generator, const uint32_t* prompt, size_t prompt_count,        \
                                      const inlay_sampling* sampling, uint32_t* tokens, size_t count, size_t* written, \
                                      inlay_error* error) {                                                            \
    return interface::GeneratorPart::type::write(#name "_generator_write", INLAY_GENERATOR(interface, generator),      \
                                                 prompt, prompt_count, sampling, tokens, count, written, error);       \
  }                                                                                                                    \
  }

#define INLAY_DEFINE_PREDICTOR_OF_TRAINER(name, interface) \
  INLAY_DEFINE_CREATION_ON_TRAINER(name, interface, predictor, interface::PredictorObject)
#define INLAY_DEFINE_GENERATOR_OF_TRAINER(name, interface) \
  INLAY_DEFINE_CREATION_ON_TRAINER(name, interface, generator, interface::GeneratorPart::type)

#define INLAY_DEFINE_THREADS_OF(name, part, Object)                                                               \
  extern "C" inlay_status name##_##part##_use_threads(name##_##part* part, size_t threads, inlay_error* error) {  \
    return inlay::c::use_threads(#name "_" #part "_use_threads", reinterpret_cast<Object*>(part), threads, #part, \
                                 error);                                                                          \
  }
#define INLAY_DEFINE_TRAINER_THREADS(name, interface) \
  INLAY_DEFINE_THREADS_OF(name, trainer, interface::TrainerPart::type)
#define INLAY_DEFINE_PREDICTOR_THREADS(name, interface) \
  INLAY_DEFINE_THREADS_OF(name, predictor, interface::PredictorObject)
#define INLAY_DEFINE_GENERATOR_THREADS(name, interface) \
  INLAY_DEFINE_THREADS_OF(name, generator, interface::GeneratorPart::type)

#define INLAY_DEFINE_WEIGHTS_FILES(name, interface)                                                                \
  extern "C" {                                                                                                     \
  inlay_status name##_weights_load_file(void* weights, size_t bytes, const char* path, inlay_error* error) {       \
    return inlay::c::load_weights_file<interface::Model>(#name "_weights_load_file", weights, bytes, path, error); \
  }                                                                                                                \
  inlay_status name##_weights_save_file(const void* weights, size_t bytes, const char* path, inlay_error* error) { \
    return inlay::c::save_weights_file<interface::Model>(#name "_weights_save_file", weights, bytes, path, error); \
  }                                                                                                                \
  }
#define INLAY_DEFINE_TRAINER_FILES(name, interface)                                                                 \
  extern "C" {                                                                                                      \
  inlay_status name##_trainer_save_file(const name##_trainer* trainer, const char* path, inlay_error* error) {      \
    return inlay::c::save_trainer_file(#name "_trainer_save_file", INLAY_CONST_TRAINER(interface, trainer), path,   \
                                       error);                                                                      \
  }                                                                                                                 \
  inlay_status name##_trainer_load_file(name##_trainer* trainer, const char* path, inlay_error* error) {            \
    return inlay::c::load_trainer_file(#name "_trainer_load_file", INLAY_TRAINER(interface, trainer), path, error); \
  }                                                                                                                 \
  }
