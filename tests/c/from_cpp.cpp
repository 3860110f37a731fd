// The C header in C++: it compiles, INLAY_ALIGNED stands where it does in C, and the objects work.
#include "tests.h"

static INLAY_ALIGNED unsigned char memory[WRITER_PREDICTOR_BYTES];
INLAY_ALIGNED static unsigned char block[WRITER_WEIGHTS_BYTES];

void test_from_cpp() {
  static uint32_t tokens[WRITER_CONTEXT];
  static float outputs[WRITER_CONTEXT * WRITER_VOCABULARY];
  inlay_error error;
  writer_trainer* trainer = nullptr;
  writer_predictor* predictor = nullptr;
  inlay_batch batch{};
  batch.rows = WRITER_CONTEXT;
  batch.tokens = tokens;
  CHECK(writer_trainer_create(trainer_memory, sizeof trainer_memory, 1, &trainer, &error) == INLAY_OK);
  CHECK(writer_trainer_get_weights(trainer, block, sizeof block, &error) == INLAY_OK);
  CHECK(writer_predictor_create(memory, sizeof memory, block, sizeof block, &predictor, &error) == INLAY_OK);
  CHECK(writer_predictor_run(predictor, &batch, outputs, WRITER_CONTEXT * WRITER_VOCABULARY, &error) == INLAY_OK);
  float lowest = outputs[0], highest = outputs[0];
  for (const float output : outputs) {
    if (output < lowest) lowest = output;
    if (output > highest) highest = output;
  }
  CHECK(lowest < highest);
  writer_predictor_destroy(predictor);
  writer_trainer_destroy(trainer);
}
