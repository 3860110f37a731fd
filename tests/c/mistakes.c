/* Mistakes of a caller: each gives its status and a sentence that begins with the function, and changes nothing. */
#include "tests.h"

#if defined(__SSE2__)
#include <xmmintrin.h>
#endif

static INLAY_ALIGNED unsigned char generator_memory[WRITER_GENERATOR_BYTES];
static INLAY_ALIGNED unsigned char predictor_memory[WRITER_PREDICTOR_BYTES];
static uint32_t tokens[WRITER_ROWS], labels[WRITER_ROWS];
static float outputs[WRITER_ROWS * WRITER_VOCABULARY];
static inlay_error error;

/* The call has answered as it should: with this status, and in a sentence with this text. */
static void answered(inlay_status got, inlay_status expected, const char* function, const char* text, int line) {
  check(got == expected && error.status == expected, "the status", "mistakes.c", line);
  check(strstr(error.text, function) == error.text, "the sentence begins with the function", "mistakes.c", line);
  check(strstr(error.text, text) != NULL, "the sentence holds what it should", "mistakes.c", line);
  if (got != expected || strstr(error.text, text) == NULL) printf("  status %d, \"%s\"\n", got, error.text);
}
#define ANSWERS(call, status, function, text) answered((call), (status), (function), (text), __LINE__)

/* A refused call has changed no byte of the object: `before` is the hash of its memory before. */
static uint64_t bytes_of_trainer(void) { return hash_of(trainer_memory, sizeof trainer_memory); }
static uint64_t bytes_of_generator(void) { return hash_of(generator_memory, sizeof generator_memory); }

static void creation(void) {
  memset(trainer_memory, 0x35, sizeof trainer_memory);
  const uint64_t before = bytes_of_trainer();
  writer_trainer* trainer = (writer_trainer*)(void*)tokens;
  ANSWERS(writer_trainer_create(NULL, sizeof trainer_memory, 1, &trainer, &error), INLAY_NULL_POINTER,
          "writer_trainer_create", "memory is NULL");
  CHECK(trainer == NULL);
  ANSWERS(writer_trainer_create(trainer_memory, sizeof trainer_memory, 1, NULL, &error), INLAY_NULL_POINTER,
          "writer_trainer_create", "trainer is NULL");
  ANSWERS(writer_trainer_create(trainer_memory, sizeof trainer_memory - 1, 1, &trainer, &error), INLAY_MEMORY_TOO_SMALL,
          "writer_trainer_create", "TRAINER_BYTES");
  ANSWERS(writer_trainer_create(trainer_memory + 4, sizeof trainer_memory, 1, &trainer, &error),
          INLAY_MEMORY_MISALIGNED, "writer_trainer_create", "4 bytes after");
  CHECK(trainer == NULL);
  CHECK(writer_trainer_create(NULL, 0, 1, NULL, NULL) == INLAY_NULL_POINTER); /* without a place for the sentence */
  CHECK(bytes_of_trainer() == before);
}

static void batches(writer_trainer* trainer) {
  const uint64_t before = bytes_of_trainer();
  const inlay_optimizer optimizer = inlay_adamw(1e-3f);
  const uint32_t good[] = {0, 16, 20, 36, 48, 64};
  uint32_t offsets[6];
  float weights[WRITER_ROWS];
  volatile float huge = 2e38f;
  for (size_t i = 0; i < WRITER_ROWS; ++i) weights[i] = 1.0f;
#define STEP(change, status, text)                                                                                \
  do {                                                                                                            \
    inlay_batch batch = {.rows = WRITER_ROWS, .tokens = tokens, .labels = labels};                                \
    memcpy(offsets, good, sizeof offsets);                                                                        \
    change;                                                                                                       \
    ANSWERS(writer_trainer_step(trainer, &batch, &optimizer, NULL, &error), status, "writer_trainer_step", text); \
    ANSWERS(writer_trainer_accumulate(trainer, &batch, &error), status, "writer_trainer_accumulate", text);       \
    float loss = -1.0f;                                                                                           \
    ANSWERS(writer_trainer_evaluate(trainer, &batch, &loss, &error), status, "writer_trainer_evaluate", text);    \
    CHECK(loss == -1.0f);                                                                                         \
  } while (0)
  STEP(batch.tokens = NULL, INLAY_NULL_POINTER, "tokens");
  STEP(batch.labels = NULL, INLAY_NULL_POINTER, "labels");
  STEP(batch.inputs = outputs, INLAY_WRONG_BATCH, "inputs");
  STEP(batch.targets = outputs, INLAY_WRONG_BATCH, "targets");
  STEP(batch.rows = 0, INLAY_WRONG_BATCH, "rows is 0");
  STEP(batch.rows = 17, INLAY_WRONG_BATCH, "multiple of the context, 16");
#if SIZE_MAX > UINT32_MAX
  STEP(batch.rows = (size_t)UINT32_MAX + 1, INLAY_WRONG_BATCH, "2^32");
#endif
  STEP(batch.sequences = 4, INLAY_WRONG_BATCH, "offsets is NULL");
  STEP((batch.offsets = offsets, batch.sequences = 0), INLAY_WRONG_BATCH, "sequences is 0");
  STEP((batch.offsets = offsets, batch.sequences = 65), INLAY_WRONG_BATCH, "sequences is 65");
  STEP((batch.offsets = offsets, batch.sequences = 5, offsets[0] = 1), INLAY_WRONG_BATCH, "offsets[0]");
  STEP((batch.offsets = offsets, batch.sequences = 5, offsets[2] = 15), INLAY_WRONG_BATCH, "sequence 1");
  STEP((batch.offsets = offsets, batch.sequences = 5, offsets[2] = 16), INLAY_WRONG_BATCH, "sequence 1");
  STEP((batch.offsets = offsets, batch.sequences = 5, offsets[1] = 17), INLAY_WRONG_BATCH, "sequence 0");
  STEP((batch.offsets = offsets, batch.sequences = 5, offsets[5] = 63), INLAY_WRONG_BATCH, "offsets[5]");
  STEP((batch.offsets = offsets, batch.sequences = 5, offsets[5] = 65), INLAY_WRONG_BATCH, "sequence 4");
  STEP((batch.weights = weights, weights[9] = -0.5f), INLAY_WRONG_BATCH, "weights[9]");
  STEP((batch.weights = weights, weights[9] = huge * huge), INLAY_WRONG_BATCH, "weights[9]");
  tokens[63] = WRITER_VOCABULARY;
  STEP((void)0, INLAY_OUT_OF_RANGE, "batch->tokens[63] is 32, expected less than 32");
  tokens[63] = 0;
  labels[62] = WRITER_VOCABULARY;
  STEP((void)0, INLAY_OUT_OF_RANGE, "batch->labels[62] is 32");
  labels[62] = INLAY_IGNORED_LABEL;
  ANSWERS(writer_trainer_step(trainer, NULL, &optimizer, NULL, &error), INLAY_NULL_POINTER, "writer_trainer_step",
          "batch is NULL");
  const inlay_batch batch = {.rows = WRITER_ROWS, .tokens = tokens, .labels = labels};
  ANSWERS(writer_trainer_evaluate(trainer, &batch, NULL, &error), INLAY_NULL_POINTER, "writer_trainer_evaluate",
          "loss is NULL");
  CHECK(bytes_of_trainer() == before);
  CHECK(writer_trainer_step(trainer, &batch, &optimizer, NULL, &error) == INLAY_OK);
}

static void settings(writer_trainer* trainer) {
  const uint64_t before = bytes_of_trainer();
  const inlay_batch batch = {.rows = WRITER_ROWS, .tokens = tokens, .labels = labels};
  volatile float zero = 0.0f;
  const float not_a_number = zero / zero;
#define OPTIMIZER(made, change, text)                                                            \
  do {                                                                                           \
    inlay_optimizer optimizer = made;                                                            \
    change;                                                                                      \
    ANSWERS(writer_trainer_step(trainer, &batch, &optimizer, NULL, &error), INLAY_WRONG_SETTING, \
            "writer_trainer_step", text);                                                        \
  } while (0)
  OPTIMIZER(inlay_adamw(1e-3f), optimizer.kind = 0, "kind is 0");
  OPTIMIZER(inlay_adamw(1e-3f), optimizer.kind = -7, "kind is -7");
  OPTIMIZER(inlay_lion(1e-3f), optimizer.kind = 5, "kind is 5");
  OPTIMIZER(inlay_lion(1e-3f), optimizer.beta2 = 1.0f, "beta2");
  OPTIMIZER(inlay_adamw(-1e-3f), (void)0, "learning_rate");
  OPTIMIZER(inlay_sgd(not_a_number), (void)0, "learning_rate");
  OPTIMIZER(inlay_adamw(1e-3f), optimizer.beta1 = 1.0f, "beta1");
  OPTIMIZER(inlay_adam(1e-3f), optimizer.beta2 = -0.1f, "beta2");
  OPTIMIZER(inlay_adam(1e-3f), optimizer.epsilon = 0.0f, "epsilon");
  OPTIMIZER(inlay_adamw(1e-3f), optimizer.epsilon = -1e-8f, "epsilon");
  OPTIMIZER(inlay_adamw(1e-3f), optimizer.epsilon = not_a_number, "epsilon");
  OPTIMIZER(inlay_adamw(1e-3f), optimizer.epsilon = 1.0f / zero, "epsilon");
#if defined(__SSE2__)
  { /* Denormal numbers read as zeros, and results that would be denormal become zeros. */
    const unsigned int mode = _mm_getcsr();
    _mm_setcsr(mode | 0x8040);
    OPTIMIZER(inlay_adam(1e-3f), optimizer.epsilon = 0.0f, "epsilon");
    OPTIMIZER(inlay_adam(1e-3f), optimizer.epsilon = not_a_number, "epsilon");
    _mm_setcsr(mode);
  }
#endif
  OPTIMIZER(inlay_adamw(1e-3f), optimizer.weight_decay = not_a_number, "weight_decay");
  OPTIMIZER(inlay_sgd(1e-3f), optimizer.momentum = 1.0f, "momentum");
  OPTIMIZER(inlay_sgd(1e-3f), optimizer.clip_norm = -1.0f, "clip_norm");
  ANSWERS(writer_trainer_step(trainer, &batch, NULL, NULL, &error), INLAY_NULL_POINTER, "writer_trainer_step",
          "optimizer is NULL");
  const inlay_optimizer optimizer = inlay_adam(1e-3f);
  ANSWERS(writer_trainer_update(trainer, &optimizer, NULL, &error), INLAY_TOO_EARLY, "writer_trainer_update",
          "nothing was accumulated");
  CHECK(bytes_of_trainer() == before);
}

static void handles(writer_trainer* trainer) {
  static INLAY_ALIGNED unsigned char zeros[256];
  const inlay_optimizer optimizer = inlay_adam(1e-3f);
  const inlay_batch batch = {.rows = WRITER_ROWS, .tokens = tokens, .labels = labels};
  writer_generator* generator = NULL;
  inlay_training_state state;
  const uint64_t before = bytes_of_trainer();
  ANSWERS(writer_trainer_state(NULL, &state, &error), INLAY_NULL_POINTER, "writer_trainer_state", "trainer is NULL");
  ANSWERS(writer_trainer_state(trainer, NULL, &error), INLAY_NULL_POINTER, "writer_trainer_state", "state is NULL");
  ANSWERS(writer_trainer_step(NULL, &batch, &optimizer, NULL, &error), INLAY_NULL_POINTER, "writer_trainer_step",
          "trainer is NULL");
  ANSWERS(writer_trainer_discard((writer_trainer*)(void*)zeros, &error), INLAY_NOT_AN_OBJECT, "writer_trainer_discard",
          "trainer");
  ANSWERS(writer_trainer_discard((writer_trainer*)(void*)(trainer_memory + 8), &error), INLAY_NOT_AN_OBJECT,
          "writer_trainer_discard", "trainer");
  ANSWERS(writer_generator_reset((writer_generator*)(void*)trainer, &error), INLAY_NOT_AN_OBJECT,
          "writer_generator_reset", "generator");
  ANSWERS(writer_generator_create_on(generator_memory, sizeof generator_memory, (writer_trainer*)(void*)zeros,
                                     &generator, &error),
          INLAY_NOT_AN_OBJECT, "writer_generator_create_on", "trainer");
  writer_trainer_destroy(NULL);
  writer_trainer_destroy((writer_trainer*)(void*)zeros);
  CHECK(bytes_of_trainer() == before);
  writer_trainer_destroy(trainer);
  ANSWERS(writer_trainer_step(trainer, &batch, &optimizer, NULL, &error), INLAY_NOT_AN_OBJECT, "writer_trainer_step",
          "destroyed");
  writer_trainer_destroy(trainer);
}

/* What would be written shares memory with what is needed: with its first byte, its last one, or all of it. */
static void overlaps(writer_trainer* trainer) {
  enum { room = sizeof weights_memory + 2 * sizeof generator_memory };
  static INLAY_ALIGNED unsigned char memory[room];
  writer_generator* generator = NULL;
  writer_predictor* predictor = NULL;
  unsigned char* const block = memory + sizeof generator_memory;
  memcpy(block, weights_memory, sizeof weights_memory);
  const size_t begins[] = {64, sizeof generator_memory, sizeof generator_memory + sizeof weights_memory / 64 * 64 - 64};
  for (size_t i = 0; i < 3; ++i)
    ANSWERS(writer_generator_create(memory + begins[i], sizeof generator_memory, block, sizeof weights_memory,
                                    &generator, &error),
            INLAY_MEMORY_OVERLAPS, "writer_generator_create", "memory shares bytes with weights");
  ANSWERS(writer_predictor_create(block, sizeof predictor_memory, block, sizeof weights_memory, &predictor, &error),
          INLAY_MEMORY_OVERLAPS, "writer_predictor_create", "memory shares bytes with weights");
  CHECK(memcmp(block, weights_memory, sizeof weights_memory) == 0);
  CHECK(writer_generator_create(memory, sizeof generator_memory, block, sizeof weights_memory, &generator, &error) ==
        INLAY_OK); /* side by side */
  generator = NULL;
  ANSWERS(writer_generator_create_on(trainer_memory + 64, sizeof generator_memory, trainer, &generator, &error),
          INLAY_MEMORY_OVERLAPS, "writer_generator_create_on", "memory shares bytes with the trainer");
  ANSWERS(writer_predictor_create_on(trainer_memory, sizeof predictor_memory, trainer, &predictor, &error),
          INLAY_MEMORY_OVERLAPS, "writer_predictor_create_on", "memory shares bytes with the trainer");
  ANSWERS(writer_trainer_get_weights(trainer, trainer_memory + 100, sizeof weights_memory, &error),
          INLAY_MEMORY_OVERLAPS, "writer_trainer_get_weights", "weights shares bytes with the trainer");
  ANSWERS(writer_trainer_save(trainer, trainer_memory, WRITER_CHECKPOINT_BYTES, &error), INLAY_MEMORY_OVERLAPS,
          "writer_trainer_save", "checkpoint shares bytes with the trainer");
  CHECK(generator == NULL && predictor == NULL);

  CHECK(writer_predictor_create(predictor_memory, sizeof predictor_memory, block, sizeof weights_memory, &predictor,
                                &error) == INLAY_OK);
  static union {
    uint32_t tokens[WRITER_ROWS * WRITER_VOCABULARY];
    float outputs[WRITER_ROWS * WRITER_VOCABULARY];
  } both;
  const uint32_t last = WRITER_ROWS * WRITER_VOCABULARY - 1;
  inlay_batch batch = {.rows = WRITER_ROWS, .tokens = both.tokens + last + 1 - WRITER_ROWS};
  ANSWERS(writer_predictor_run(predictor, &batch, both.outputs, last + 1, &error), INLAY_MEMORY_OVERLAPS,
          "writer_predictor_run", "outputs shares bytes with the batch's inputs");
  const uint32_t offsets[] = {0, 16, 32, 48, 64};
  memcpy(both.tokens, offsets, sizeof offsets);
  batch.tokens = tokens;
  batch.offsets = both.tokens;
  batch.sequences = 4;
  ANSWERS(writer_predictor_run(predictor, &batch, both.outputs, last + 1, &error), INLAY_MEMORY_OVERLAPS,
          "writer_predictor_run", "outputs shares bytes with batch->offsets");
  CHECK(memcmp(both.tokens, offsets, sizeof offsets) == 0);
  batch.offsets = NULL;
  batch.sequences = 0;
  ANSWERS(writer_predictor_run(predictor, &batch, (float*)(void*)(predictor_memory + 64), last + 1, &error),
          INLAY_MEMORY_OVERLAPS, "writer_predictor_run", "outputs shares bytes with the predictor");
  writer_predictor_destroy(predictor);
}

/* What a generator refuses, before it has read anything and after. */
static void refused_by_generator(writer_generator* generator) {
  uint32_t written[4], prompt[WRITER_CONTEXT + 1] = {0};
  size_t count = 7;
  const inlay_sampling sampling = {.temperature = 1.0f};
  const uint64_t before = bytes_of_generator();
  ANSWERS(writer_generator_write(generator, NULL, 3, &sampling, written, 4, &count, &error), INLAY_NULL_POINTER,
          "writer_generator_write", "prompt");
  ANSWERS(writer_generator_write(generator, prompt, 1, NULL, written, 4, &count, &error), INLAY_NULL_POINTER,
          "writer_generator_write", "sampling");
  ANSWERS(writer_generator_write(generator, prompt, 1, &sampling, NULL, 4, &count, &error), INLAY_NULL_POINTER,
          "writer_generator_write", "tokens");
  ANSWERS(writer_generator_write(generator, prompt, 1, &sampling, written, 4, NULL, &error), INLAY_NULL_POINTER,
          "writer_generator_write", "written");
  ANSWERS(writer_generator_write(generator, prompt, WRITER_CONTEXT + 1, &sampling, written, 4, &count, &error),
          INLAY_CONTEXT_FULL, "writer_generator_write", "17 tokens");
  ANSWERS(writer_generator_read(generator, prompt, WRITER_CONTEXT + 1, &error), INLAY_CONTEXT_FULL,
          "writer_generator_read", "room for 16");
  prompt[2] = WRITER_VOCABULARY;
  ANSWERS(writer_generator_read(generator, prompt, 3, &error), INLAY_OUT_OF_RANGE, "writer_generator_read",
          "prompt[2] is 32");
  prompt[2] = 0;
#define SAMPLING(change, status, text)                                                            \
  do {                                                                                            \
    inlay_sampling s = {.temperature = 1.0f};                                                     \
    change;                                                                                       \
    ANSWERS(writer_generator_write(generator, prompt, 1, &s, written, 4, &count, &error), status, \
            "writer_generator_write", text);                                                      \
  } while (0)
  SAMPLING(s.temperature = -1.0f, INLAY_WRONG_SETTING, "temperature");
  SAMPLING(s.top_p = 1.5f, INLAY_WRONG_SETTING, "top_p");
  SAMPLING(s.repetition_penalty = -1.0f, INLAY_WRONG_SETTING, "repetition_penalty");
  SAMPLING(s.past_context = 2, INLAY_WRONG_SETTING, "past_context");
  SAMPLING(s.stop_count = 1, INLAY_NULL_POINTER, "stop");
  prompt[3] = 40;
  SAMPLING((s.stop_count = 1, s.stop = prompt + 3), INLAY_OUT_OF_RANGE, "sampling->stop[0]");
  prompt[3] = 0;
  CHECK(bytes_of_generator() == before);
}

static void inference(writer_trainer* trainer) {
  writer_generator* generator = NULL;
  writer_predictor* predictor = NULL;
  CHECK(writer_trainer_get_weights(trainer, weights_memory, sizeof weights_memory, NULL) == INLAY_OK);
  ANSWERS(writer_generator_create(generator_memory, sizeof generator_memory, NULL, 0, &generator, &error),
          INLAY_NULL_POINTER, "writer_generator_create", "weights is NULL");
  ANSWERS(writer_generator_create(generator_memory, sizeof generator_memory, weights_memory + 4,
                                  sizeof weights_memory - 4, &generator, &error),
          INLAY_MEMORY_MISALIGNED, "writer_generator_create", "weights");
  ANSWERS(writer_generator_create(generator_memory, sizeof generator_memory - 1, weights_memory, sizeof weights_memory,
                                  &generator, &error),
          INLAY_MEMORY_TOO_SMALL, "writer_generator_create", "GENERATOR_BYTES");
  ANSWERS(writer_predictor_create(predictor_memory, 10, weights_memory, sizeof weights_memory, &predictor, &error),
          INLAY_MEMORY_TOO_SMALL, "writer_predictor_create", "PREDICTOR_BYTES");
  ANSWERS(writer_predictor_create(predictor_memory, sizeof predictor_memory, weights_memory, sizeof weights_memory - 1,
                                  &predictor, &error),
          INLAY_MEMORY_TOO_SMALL, "writer_predictor_create", "cut short");
  weights_memory[100] ^= 4;
  ANSWERS(writer_generator_create(generator_memory, sizeof generator_memory, weights_memory, sizeof weights_memory,
                                  &generator, &error),
          INLAY_DAMAGED_BLOCK, "writer_generator_create", "damaged");
  weights_memory[100] ^= 4;
  CHECK(generator == NULL && predictor == NULL);
  overlaps(trainer);

  CHECK(writer_generator_create(generator_memory, sizeof generator_memory, weights_memory, sizeof weights_memory,
                                &generator, &error) == INLAY_OK);
  uint32_t written[4], prompt[WRITER_CONTEXT + 1] = {0};
  float logits[WRITER_VOCABULARY];
  size_t count = 7;
  const inlay_sampling sampling = {.temperature = 1.0f};
  const uint64_t before = bytes_of_generator(), before_of_trainer = bytes_of_trainer();
  ANSWERS(writer_generator_logits(generator, logits, WRITER_VOCABULARY, &error), INLAY_TOO_EARLY,
          "writer_generator_logits", "nothing was read");
  ANSWERS(writer_generator_write(generator, NULL, 0, &sampling, written, 4, &count, &error), INLAY_TOO_EARLY,
          "writer_generator_write", "nothing was read");
  CHECK(count == 0);
  CHECK(bytes_of_generator() == before);
  refused_by_generator(generator);
  CHECK(writer_generator_read(generator, prompt, 2, &error) == INLAY_OK);
  CHECK(writer_generator_logits(generator, logits, WRITER_VOCABULARY, &error) == INLAY_OK);
  refused_by_generator(generator);
  float logits_after[WRITER_VOCABULARY];
  CHECK(writer_generator_logits(generator, logits_after, WRITER_VOCABULARY, &error) == INLAY_OK);
  CHECK(memcmp(logits, logits_after, sizeof logits) == 0);
  ANSWERS(writer_generator_logits(generator, NULL, WRITER_VOCABULARY, &error), INLAY_NULL_POINTER,
          "writer_generator_logits", "logits");
  ANSWERS(writer_generator_logits(generator, logits, WRITER_VOCABULARY - 1, &error), INLAY_MEMORY_TOO_SMALL,
          "writer_generator_logits", "the vocabulary, 32");

  CHECK(writer_predictor_create(predictor_memory, sizeof predictor_memory, weights_memory, sizeof weights_memory,
                                &predictor, &error) == INLAY_OK);
  inlay_batch batch = {.rows = WRITER_ROWS, .tokens = tokens};
  ANSWERS(writer_predictor_run(predictor, &batch, outputs, WRITER_ROWS * WRITER_VOCABULARY - 1, &error),
          INLAY_MEMORY_TOO_SMALL, "writer_predictor_run", "64 times 32");
  ANSWERS(writer_predictor_run(predictor, &batch, NULL, WRITER_ROWS * WRITER_VOCABULARY, &error), INLAY_NULL_POINTER,
          "writer_predictor_run", "outputs");
  batch.labels = labels;
  ANSWERS(writer_predictor_run(predictor, &batch, outputs, WRITER_ROWS * WRITER_VOCABULARY, &error), INLAY_WRONG_BATCH,
          "writer_predictor_run", "labels");
  tokens[5] = 1000;
  batch.labels = NULL;
  ANSWERS(writer_predictor_run(predictor, &batch, outputs, WRITER_ROWS * WRITER_VOCABULARY, &error), INLAY_OUT_OF_RANGE,
          "writer_predictor_run", "tokens[5] is 1000");
  tokens[5] = 0;
  CHECK(bytes_of_trainer() == before_of_trainer);
  writer_predictor_destroy(predictor);
  writer_generator_destroy(generator);
}

void test_mistakes(void) {
  writer_data(0, tokens, labels);
  creation();
  writer_trainer* trainer = trained_writer(trainer_memory, sizeof trainer_memory);
  writer_data(0, tokens, labels);
  batches(trainer);
  settings(trainer);
  inference(trainer);
  handles(trainer);
}
