/* Threads, by an interface that was made with TBB: the bits of C++ with Serial, for any number. */
#include "threaded.h"
#include "writer.h"

#include "support.h"

int checks, failures;
static INLAY_ALIGNED unsigned char memory[THREADED_TRAINER_BYTES];
static INLAY_ALIGNED unsigned char generator_memory[THREADED_GENERATOR_BYTES];
static INLAY_ALIGNED unsigned char predictor_memory[THREADED_PREDICTOR_BYTES];
static INLAY_ALIGNED unsigned char weights[THREADED_WEIGHTS_BYTES];
static float outputs[2][WRITER_ROWS * WRITER_VOCABULARY];

/* An object with threads is none of an interface without them, and the other way round: their parts lie elsewhere. */
static void objects_of_another_executor(void) {
  static INLAY_ALIGNED unsigned char writer_memory[WRITER_TRAINER_BYTES];
  inlay_error error;
  threaded_trainer* threads = NULL;
  writer_trainer* serial = NULL;
  CHECK(threaded_trainer_create(memory, sizeof memory, 1, &threads, &error) == INLAY_OK);
  CHECK(writer_trainer_create(writer_memory, sizeof writer_memory, 1, &serial, &error) == INLAY_OK);
  CHECK(writer_trainer_discard((writer_trainer*)(void*)threads, &error) == INLAY_NOT_AN_OBJECT);
  CHECK(threaded_trainer_discard((threaded_trainer*)(void*)serial, &error) == INLAY_NOT_AN_OBJECT);
  CHECK(strstr(error.text, "executor") != NULL);
  writer_trainer_destroy((writer_trainer*)(void*)threads); /* does nothing */
  CHECK(threaded_trainer_discard(threads, &error) == INLAY_OK);
  threaded_trainer_destroy(threads);
}

int main(void) {
  static uint32_t tokens[WRITER_ROWS], labels[WRITER_ROWS];
  static writer_results expected;
  inlay_error error;
  inlay_optimizer optimizer = inlay_adamw(1e-2f);
  const inlay_batch batch = {.rows = WRITER_ROWS, .tokens = tokens, .labels = labels};
  const inlay_batch inputs = {.rows = WRITER_ROWS, .tokens = tokens};
  const inlay_sampling sampling = {.temperature = 0.7f,
                                   .top_k = 12,
                                   .top_p = 0.9f,
                                   .repetition_penalty = 1.1f,
                                   .seed = 5,
                                   .past_context = INLAY_KEEP_NEWEST_HALF};
  const uint32_t prompt[] = {0, 4, 10};
  optimizer.clip_norm = 1.0f;
  writer_reference(&expected);
  for (size_t threads = 0; threads <= 3; ++threads) { /* 0: as the program has them */
    threaded_trainer* trainer = NULL;
    threaded_generator* generator = NULL;
    threaded_predictor* predictor = NULL;
    uint32_t written[WRITER_TOKENS];
    size_t count = 0;
    CHECK(threaded_trainer_create(memory, sizeof memory, 11, &trainer, &error) == INLAY_OK);
    if (threads > 0) CHECK(threaded_trainer_use_threads(trainer, threads, &error) == INLAY_OK);
    for (size_t step = 0; step < WRITER_STEPS; ++step) {
      writer_data(step, tokens, labels);
      CHECK(threaded_trainer_step(trainer, &batch, &optimizer, NULL, &error) == INLAY_OK);
    }
    CHECK(threaded_trainer_get_weights(trainer, weights, sizeof weights, &error) == INLAY_OK);
    CHECK(hash_of(weights + 64, sizeof weights - 64) == expected.weights);
    CHECK(threaded_generator_create_on(generator_memory, sizeof generator_memory, trainer, &generator, &error) ==
          INLAY_OK);
    if (threads > 0) CHECK(threaded_generator_use_threads(generator, threads, &error) == INLAY_OK);
    CHECK(threaded_generator_write(generator, prompt, 3, &sampling, written, WRITER_TOKENS, &count, &error) ==
          INLAY_OK);
    CHECK(count == WRITER_TOKENS && memcmp(written, expected.tokens, sizeof written) == 0);
    CHECK(threaded_predictor_create_on(predictor_memory, sizeof predictor_memory, trainer, &predictor, &error) ==
          INLAY_OK);
    if (threads > 0) CHECK(threaded_predictor_use_threads(predictor, threads, &error) == INLAY_OK);
    CHECK(threaded_predictor_run(predictor, &inputs, outputs[threads > 0], WRITER_ROWS * WRITER_VOCABULARY, &error) ==
          INLAY_OK);
    if (threads > 0) CHECK(memcmp(outputs[0], outputs[1], sizeof outputs[0]) == 0);
    CHECK(threaded_trainer_use_threads(trainer, 0, &error) == INLAY_WRONG_SETTING);
    CHECK(threaded_trainer_use_threads(trainer, 1025, &error) == INLAY_WRONG_SETTING);
    CHECK(threaded_trainer_use_threads(NULL, 1, &error) == INLAY_NULL_POINTER);
    threaded_predictor_destroy(predictor);
    threaded_generator_destroy(generator);
    threaded_trainer_destroy(trainer);
    CHECK(threaded_trainer_use_threads(trainer, 1, &error) == INLAY_NOT_AN_OBJECT);
  }
  objects_of_another_executor();
  printf("%d checks, %d failed\n", checks, failures);
  return failures == 0 ? 0 : 1;
}
