#pragma once
// What a C caller passes, checked and turned into the values of the C++ interface.
//
// Every row of a batch is looked at before anything is computed: a token or a label beyond its range would be an access
// beyond a table. It costs one comparison a row, beside thousands of multiply-adds.

#include <inlay/c/answer.hpp>
#include <inlay/generation/sampling.hpp>
#include <inlay/training/loss.hpp>
#include <inlay/training/optimizer.hpp>

namespace inlay::inline INLAY_ABI::c {

// What each row should predict: classes, or numbers. A loss for numbers has Targets that can be made of rows, and of
// rows and weights where it knows weights.
template <class Targets>
concept OfClasses = std::is_same_v<Targets, TokenTargets>;
template <class Targets, size_t Width>
concept OfNumbers = requires(Rows<const float, Width> rows) {
  Targets{rows};
};
template <class Targets, size_t Width>
concept OfWeightedNumbers = requires(Rows<const float, Width> rows, std::span<const float> weights) {
  Targets{rows, weights};
};

inline constexpr float largest = 0x1.fffffep+127f;  // of the finite numbers

template <class Model>
inline constexpr bool of_tokens = std::is_same_v<typename Model::Input, Tokens>;

// An array of a batch that the model reads, or does not.
INLAY_NO_INLINE inline bool check_presence(Answer& answer, const void* array, bool wanted, const char* field) {
  if ((array != nullptr) == wanted) return true;
  if (wanted)
    answer.fail(INLAY_NULL_POINTER) << "batch->" << field << " is NULL, but this model and this call read it";
  else
    answer.fail(INLAY_WRONG_BATCH) << "batch->" << field
                                   << " is not NULL, but this model or this call does not read it";
  return false;
}

INLAY_NO_INLINE inline bool check_integers(Answer& answer, const std::uint32_t* values, size_t count, size_t limit,
                                           bool or_ignored, const char* field) {
  for (size_t i = 0; i < count; ++i) {
    if (values[i] < limit || (or_ignored && values[i] == ignored_label)) continue;
    answer.fail(INLAY_OUT_OF_RANGE) << field << "[" << i << "] is " << values[i] << ", expected less than " << limit
                                    << (or_ignored ? " or INLAY_IGNORED_LABEL" : "");
    return false;
  }
  return true;
}

// Rows and offsets: whole sequences, none empty, none longer than the context.
INLAY_NO_INLINE inline bool check_packing(Answer& answer, const inlay_batch& batch, size_t context) {
  if (batch.rows == 0 || batch.rows > UINT32_MAX) {
    answer.fail(INLAY_WRONG_BATCH) << "batch->rows is " << batch.rows << ", expected at least 1 and less than 2^32";
    return false;
  }
  if (batch.offsets == nullptr) {
    if (batch.sequences != 0) {
      answer.fail(INLAY_WRONG_BATCH) << "batch->sequences is " << batch.sequences
                                     << ", but batch->offsets is NULL; give both or neither";
      return false;
    }
    if (batch.rows % context != 0) {
      answer.fail(INLAY_WRONG_BATCH) << "batch->rows is " << batch.rows << ", expected a multiple of the context, "
                                     << context << "; batch->offsets describes sequences of other lengths";
      return false;
    }
    return true;
  }
  if (batch.sequences == 0 || batch.sequences > batch.rows) {
    answer.fail(INLAY_WRONG_BATCH) << "batch->sequences is " << batch.sequences << ", expected 1 to batch->rows, "
                                   << batch.rows;
    return false;
  }
  if (batch.offsets[0] != 0) {
    answer.fail(INLAY_WRONG_BATCH) << "batch->offsets[0] is " << batch.offsets[0] << ", expected 0";
    return false;
  }
  for (size_t s = 0; s < batch.sequences; ++s) {
    const std::uint32_t begin = batch.offsets[s], end = batch.offsets[s + 1];
    if (end > begin && end - begin <= context && end <= batch.rows) continue;
    answer.fail(INLAY_WRONG_BATCH) << "batch->offsets says that sequence " << s << " has the rows " << begin
                                   << " up to " << end << "; expected 1 to " << context << " rows, the context, and "
                                   << "none beyond batch->rows, " << batch.rows;
    return false;
  }
  if (batch.offsets[batch.sequences] != batch.rows) {
    answer.fail(INLAY_WRONG_BATCH) << "batch->offsets[" << batch.sequences << "] is " << batch.offsets[batch.sequences]
                                   << ", expected batch->rows, " << batch.rows;
    return false;
  }
  return true;
}

INLAY_NO_INLINE inline bool check_weights(Answer& answer, const float* weights, size_t rows) {
  for (size_t i = 0; weights != nullptr && i < rows; ++i) {
    if (weights[i] >= 0.0f && weights[i] <= largest) continue;
    answer.fail(INLAY_WRONG_BATCH) << "batch->weights[" << i << "] is negative or not finite";
    return false;
  }
  return true;
}

// The inputs of a batch.
template <class Model>
bool check_inputs(Answer& answer, const inlay_batch* batch) {
  if (!answer.points(batch, "batch") || !check_packing(answer, *batch, Model::context)) return false;
  if (!check_presence(answer, batch->tokens, of_tokens<Model>, "tokens")) return false;
  if (!check_presence(answer, batch->inputs, !of_tokens<Model>, "inputs")) return false;
  if constexpr (of_tokens<Model>)
    return check_integers(answer, batch->tokens, batch->rows, Model::vocabulary, false, "batch->tokens");
  else
    return true;
}

// The inputs of a batch, and no targets.
template <class Model>
bool check_inputs_alone(Answer& answer, const inlay_batch* batch) {
  return check_inputs<Model>(answer, batch) && check_presence(answer, batch->labels, false, "labels") &&
         check_presence(answer, batch->targets, false, "targets") &&
         check_presence(answer, batch->weights, false, "weights");
}

// Inputs and targets.
template <class Model, class Targets>
bool check_batch(Answer& answer, const inlay_batch* batch) {
  constexpr size_t width = Model::Output::width;
  static_assert(OfClasses<Targets> || OfNumbers<Targets, width>,
                "inlay: the C interface knows losses whose Targets are TokenTargets, or can be made of "
                "Rows<const float, width of the output>");
  if (!check_inputs<Model>(answer, batch)) return false;
  if (!check_presence(answer, batch->labels, OfClasses<Targets>, "labels")) return false;
  if (!check_presence(answer, batch->targets, !OfClasses<Targets>, "targets")) return false;
  if constexpr (!OfClasses<Targets> && !OfWeightedNumbers<Targets, width>) {
    if (!check_presence(answer, batch->weights, false, "weights")) return false;
  }
  if constexpr (OfClasses<Targets>) {
    if (!check_integers(answer, batch->labels, batch->rows, width, true, "batch->labels")) return false;
  }
  return check_weights(answer, batch->weights, batch->rows);
}

template <class Model>
typename Model::Input::ConstValues inputs_of(const inlay_batch& batch) {
  if constexpr (of_tokens<Model>)
    return {batch.tokens, batch.rows};
  else
    return {batch.inputs, batch.rows};
}

template <class Targets, size_t Width>
Targets targets_of(const inlay_batch& batch) {
  const std::span<const float> weights(batch.weights, batch.weights == nullptr ? 0 : batch.rows);
  if constexpr (OfClasses<Targets>)
    return Targets{{batch.labels, batch.rows}, weights};
  else if constexpr (OfWeightedNumbers<Targets, Width>)
    return Targets{Rows<const float, Width>(batch.targets, batch.rows), weights};
  else
    return Targets{Rows<const float, Width>(batch.targets, batch.rows)};
}

INLAY_NO_INLINE inline bool check_optimizer(Answer& answer, const inlay_optimizer* o, size_t moments) {
  if (!answer.points(o, "optimizer")) return false;
  if (o->kind < INLAY_ADAMW || o->kind > INLAY_LION) {
    answer.fail(INLAY_WRONG_SETTING)
        << "optimizer->kind is " << o->kind
        << ", expected INLAY_ADAMW, INLAY_ADAM, INLAY_SGD or INLAY_LION; begin with inlay_adamw() or one of its kind";
    return false;
  }
  if ((o->kind == INLAY_ADAMW || o->kind == INLAY_ADAM) && moments < 2) {
    answer.fail(INLAY_WRONG_SETTING) << "optimizer->kind needs two moments of each weight, and this trainer holds one; "
                                        "use INLAY_LION or INLAY_SGD, or set TrainerConfig::moments to 2";
    return false;
  }
  const bool common = answer.within(o->learning_rate, 0.0f, largest, true, "optimizer->learning_rate", "0 or more") &&
                      answer.within(o->weight_decay, 0.0f, largest, true, "optimizer->weight_decay", "0 or more") &&
                      answer.within(o->clip_norm, 0.0f, largest, true, "optimizer->clip_norm", "0 or more");
  if (!common) return false;
  if (o->kind == INLAY_SGD)
    return answer.within(o->momentum, 0.0f, 1.0f, false, "optimizer->momentum", "at least 0 and less than 1");
  // A comparison with zero alone: where the caller has denormal numbers read as zeros, the least of them are equal to
  // it.
  if (o->kind != INLAY_LION && !(o->epsilon > 0.0f && o->epsilon <= largest)) {
    answer.fail(INLAY_WRONG_SETTING) << "optimizer->epsilon is out of range; expected more than 0 and finite";
    return false;
  }
  return answer.within(o->beta1, 0.0f, 1.0f, false, "optimizer->beta1", "at least 0 and less than 1") &&
         answer.within(o->beta2, 0.0f, 1.0f, false, "optimizer->beta2", "at least 0 and less than 1");
}

INLAY_NO_INLINE inline bool check_sampling(Answer& answer, const inlay_sampling* s, size_t vocabulary) {
  if (!answer.points(s, "sampling")) return false;
  if (s->stop_count > 0 && !answer.points(s->stop, "sampling->stop")) return false;
  if (s->past_context != INLAY_STOP_AT_CONTEXT && s->past_context != INLAY_KEEP_NEWEST_HALF) {
    answer.fail(INLAY_WRONG_SETTING) << "sampling->past_context is " << s->past_context
                                     << ", expected INLAY_STOP_AT_CONTEXT or INLAY_KEEP_NEWEST_HALF";
    return false;
  }
  return answer.within(s->temperature, 0.0f, largest, true, "sampling->temperature", "0 or more") &&
         answer.within(s->top_p, 0.0f, 1.0f, true, "sampling->top_p", "0 to 1") &&
         answer.within(s->repetition_penalty, 0.0f, largest, true, "sampling->repetition_penalty", "0 or more") &&
         check_integers(answer, s->stop, s->stop_count, vocabulary, false, "sampling->stop");
}

inline Sampling sampling_of(const inlay_sampling& s) {
  return {.temperature = s.temperature,
          .top_k = s.top_k,
          .top_p = s.top_p == 0.0f ? 1.0f : s.top_p,
          .repetition_penalty = s.repetition_penalty == 0.0f ? 1.0f : s.repetition_penalty,
          .seed = s.seed,
          .stop = {s.stop, s.stop_count},
          .past_context = s.past_context == INLAY_STOP_AT_CONTEXT ? PastContext::stop : PastContext::keep_newest_half};
}

}  // namespace inlay::inline INLAY_ABI::c
