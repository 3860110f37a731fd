#pragma once
// The functions of name_generator: see INLAY_DECLARE_GENERATOR in <inlay/inlay.h>.

#include <inlay/c/batch.hpp>
#include <inlay/c/block.hpp>
#include <inlay/c/object.hpp>
#include <inlay/generation/generator.hpp>

namespace inlay::inline INLAY_ABI::c {

// Models that a Generator writes with: tokens in, one logit for each token out, and something that remembers.
template <class Model>
concept Generates =
    of_tokens<Model> && Model::Output::width == Model::vocabulary && !std::is_empty_v<StateOf<Model, 1>>;

template <class M, class Generator, class E>
struct alignas(INLAY_ALIGNMENT) GeneratorObject {
  using Model = M;
  using Parameters = ParametersOf<Model>;
  static constexpr std::uint64_t tag_of_kind() {
    return tag_of<GeneratorObject, E>("generator", sizeof(Generator), Generator::context, Generator::vocabulary);
  }

  std::uint64_t tag;
  INLAY_NO_UNIQUE_ADDRESS ExecutorPlace<E> executor;
  alignas(Generator) unsigned char bytes[sizeof(Generator)];

  Generator& generator() { return *std::launder(reinterpret_cast<Generator*>(bytes)); }
  const Generator& generator() const { return *std::launder(reinterpret_cast<const Generator*>(bytes)); }

  static inlay_status create(const char* function, void* memory, size_t bytes, const void* weights, size_t weights_size,
                             GeneratorObject** to, inlay_error* error) {
    Answer answer(function, error);
    if (!answer.points(to, "generator")) return answer;
    *to = nullptr;
    const Parameters* const parameters = use_in_place<Model>(answer, weights, weights_size);
    if (parameters != nullptr &&
        answer.apart(memory, sizeof(GeneratorObject), "memory", weights, weights_bytes<Model>, "weights"))
      *to = make(answer, memory, bytes, *parameters);
    return answer;
  }
  template <class TrainerObject>
  static inlay_status create_on(const char* function, void* memory, size_t bytes, const TrainerObject* trainer,
                                GeneratorObject** to, inlay_error* error) {
    Answer answer(function, error);
    if (!answer.points(to, "generator")) return answer;
    *to = nullptr;
    if (answer.is_object(trainer, "trainer") &&
        answer.apart(memory, sizeof(GeneratorObject), "memory", trainer, sizeof(TrainerObject), "the trainer"))
      *to = make(answer, memory, bytes, trainer->trainer.parameters());
    return answer;
  }

  static inlay_status reset(const char* function, GeneratorObject* object, inlay_error* error) {
    Answer answer(function, error);
    if (answer.is_object(object, "generator")) object->generator().reset();
    return answer;
  }

  static inlay_status read(const char* function, GeneratorObject* object, const std::uint32_t* prompt, size_t count,
                           inlay_error* error) {
    Answer answer(function, error);
    if (!answer.is_object(object, "generator") || !check_prompt(answer, prompt, count)) return answer;
    if (!object->generator().read({prompt, count}, object->executor.get())) object->full(answer, count);
    return answer;
  }

  static inlay_status logits(const char* function, const GeneratorObject* object, float* logits, size_t count,
                             inlay_error* error) {
    Answer answer(function, error);
    if (!answer.is_object(object, "generator") || !answer.points(logits, "logits")) return answer;
    if (count < Generator::vocabulary)
      return answer.fail(INLAY_MEMORY_TOO_SMALL)
             << "logits has room for " << count << " numbers, expected the vocabulary, " << Generator::vocabulary;
    if (object->generator().tokens().empty()) return nothing_read(answer);
    std::memcpy(logits, object->generator().logits().data(), Generator::vocabulary * sizeof(float));
    return answer;
  }

  static inlay_status write(const char* function, GeneratorObject* object, const std::uint32_t* prompt,
                            size_t prompt_count, const inlay_sampling* sampling, std::uint32_t* tokens, size_t count,
                            size_t* written, inlay_error* error) {
    Answer answer(function, error);
    if (!answer.points(written, "written")) return answer;
    *written = 0;
    if (!answer.is_object(object, "generator") || !check_prompt(answer, prompt, prompt_count) ||
        !check_sampling(answer, sampling, Generator::vocabulary) || (count > 0 && !answer.points(tokens, "tokens")))
      return answer;
    Generator& generator = object->generator();
    if (prompt_count == 0 && generator.tokens().empty()) return nothing_read(answer);
    const Sampling how = sampling_of(*sampling);
    if (how.past_context == PastContext::stop && prompt_count > Generator::context - generator.tokens().size()) {
      object->full(answer, prompt_count);
      return answer << "; INLAY_KEEP_NEWEST_HALF goes on past the context";
    }
    size_t delivered = 0;
    generator.write(
        std::span<const Token>(prompt, prompt_count), count, how, [&](Token token) { tokens[delivered++] = token; },
        object->executor.get());
    *written = delivered;
    return answer;
  }

 private:
  static GeneratorObject* make(Answer& answer, void* memory, size_t bytes, const Parameters& parameters) {
    auto* const object = make_object<GeneratorObject>(answer, memory, bytes, "GENERATOR");
    if (object == nullptr) return nullptr;
    ::new (static_cast<void*>(object->bytes)) Generator(parameters);
    object->tag = tag_of_kind();
    return object;
  }

  static bool check_prompt(Answer& answer, const std::uint32_t* prompt, size_t count) {
    if (count > 0 && !answer.points(prompt, "prompt")) return false;
    return check_integers(answer, prompt, count, Generator::vocabulary, false, "prompt");
  }
  static inlay_status nothing_read(Answer& answer) {
    return answer.fail(INLAY_TOO_EARLY) << "nothing was read yet; a prompt of at least one token comes first";
  }
  void full(Answer& answer, size_t count) const {
    answer.fail(INLAY_CONTEXT_FULL) << "the prompt has " << count << " tokens and " << generator().tokens().size()
                                    << " were read before; the context has room for " << Generator::context;
  }
};

}  // namespace inlay::inline INLAY_ABI::c
