/* Weights and checkpoints in memory blocks: there and back, and every way in which a block can be wrong. */
#include "tests.h"

static INLAY_ALIGNED unsigned char second_memory[WRITER_TRAINER_BYTES];
static INLAY_ALIGNED unsigned char second_weights[WRITER_WEIGHTS_BYTES];
static unsigned char checkpoint[WRITER_CHECKPOINT_BYTES + 1], copy[WRITER_CHECKPOINT_BYTES + 1];
static uint32_t tokens[WRITER_ROWS], labels[WRITER_ROWS];

static void steps(writer_trainer* trainer, size_t first, size_t count) {
  const inlay_optimizer optimizer = inlay_adamw(1e-2f);
  const inlay_batch batch = {.rows = WRITER_ROWS, .tokens = tokens, .labels = labels};
  for (size_t step = first; step < first + count; ++step) {
    writer_data(step, tokens, labels);
    CHECK(writer_trainer_step(trainer, &batch, &optimizer, NULL, NULL) == INLAY_OK);
  }
}

/* Training that continues from a block in another trainer has the bits of the one that went on. The block need not be
 * aligned. */
static void checkpoints_continue(writer_trainer* trainer) {
  inlay_error error;
  writer_trainer* second = NULL;
  CHECK(writer_trainer_save(trainer, checkpoint + 1, WRITER_CHECKPOINT_BYTES, &error) == INLAY_OK);
  CHECK(writer_trainer_create(second_memory, sizeof second_memory, 99, &second, &error) == INLAY_OK);
  steps(second, 3, 1);
  inlay_training_state state;
  CHECK(writer_trainer_state(second, &state, &error) == INLAY_OK);
  CHECK(state.step == 1 && state.skipped_steps == 0 && state.seed == 99);
  CHECK(writer_trainer_load(second, checkpoint + 1, WRITER_CHECKPOINT_BYTES, &error) == INLAY_OK);
  CHECK(writer_trainer_state(second, &state, &error) == INLAY_OK);
  CHECK(state.step == WRITER_STEPS && state.skipped_steps == 0 && state.seed == 11);
  steps(trainer, 20, 3);
  steps(second, 20, 3);
  CHECK(writer_trainer_save(trainer, checkpoint, WRITER_CHECKPOINT_BYTES, &error) == INLAY_OK);
  CHECK(writer_trainer_save(second, copy, WRITER_CHECKPOINT_BYTES, &error) == INLAY_OK);
  CHECK(memcmp(checkpoint, copy, WRITER_CHECKPOINT_BYTES) == 0);
}

static void weights_there_and_back(writer_trainer* trainer) {
  inlay_error error;
  writer_trainer* second = NULL;
  CHECK(writer_trainer_get_weights(trainer, weights_memory, sizeof weights_memory, &error) == INLAY_OK);
  CHECK(writer_weights_check(weights_memory, sizeof weights_memory, &error) == INLAY_OK);
  CHECK(reader_weights_check(weights_memory, sizeof weights_memory, &error) == INLAY_OK); /* the same model */
  CHECK(writer_trainer_create(second_memory, sizeof second_memory, 99, &second, &error) == INLAY_OK);
  CHECK(writer_trainer_set_weights(second, weights_memory, sizeof weights_memory, &error) == INLAY_OK);
  CHECK(writer_trainer_get_weights(second, second_weights, sizeof second_weights, &error) == INLAY_OK);
  CHECK(memcmp(weights_memory, second_weights, sizeof second_weights) == 0);
}

/* A change of one byte of a block, what is then said of it, and that the trainer is as it was. */
static void damage(writer_trainer* trainer, size_t at, inlay_status status, const char* word) {
  inlay_error error;
  CHECK(writer_trainer_save(trainer, checkpoint, WRITER_CHECKPOINT_BYTES, &error) == INLAY_OK);
  memcpy(copy, checkpoint, WRITER_CHECKPOINT_BYTES);
  copy[at] ^= 1;
  CHECK(writer_trainer_load(trainer, copy, WRITER_CHECKPOINT_BYTES, &error) == status);
  CHECK(error.status == status && strstr(error.text, word) != NULL);
  CHECK(writer_trainer_save(trainer, copy, WRITER_CHECKPOINT_BYTES, &error) == INLAY_OK);
  CHECK(memcmp(checkpoint, copy, WRITER_CHECKPOINT_BYTES) == 0);
}

static void wrong_blocks(writer_trainer* trainer) {
  inlay_error error;
  damage(trainer, 0, INLAY_WRONG_BLOCK, "inlayblk");
  damage(trainer, 12, INLAY_WRONG_BLOCK, "version");
  damage(trainer, 24, INLAY_WRONG_BLOCK, "fingerprint");
  damage(trainer, 32, INLAY_WRONG_BLOCK, "its content has");
  damage(trainer, 40, INLAY_DAMAGED_BLOCK, "checksum");
  for (size_t at = 0; at < 64; ++at) /* the whole header */
    damage(trainer, at, at >= 40 && at < 48 ? INLAY_DAMAGED_BLOCK : INLAY_WRONG_BLOCK,
           "writer_trainer_load: checkpoint");
  damage(trainer, 20, INLAY_WRONG_BLOCK, "leaves zero");
  damage(trainer, 63, INLAY_WRONG_BLOCK, "leaves zero");
  damage(trainer, 64, INLAY_DAMAGED_BLOCK, "checksum");
  damage(trainer, WRITER_CHECKPOINT_BYTES - 1, INLAY_DAMAGED_BLOCK, "checksum");
  /* The other byte order. */
  for (size_t i = 0; i < 4; ++i) copy[8 + i] = checkpoint[11 - i];
  CHECK(writer_trainer_load(trainer, copy, WRITER_CHECKPOINT_BYTES, &error) == INLAY_WRONG_BLOCK);
  CHECK(strstr(error.text, "byte order") != NULL);
  /* One kind for the other. */
  CHECK(writer_trainer_load(trainer, weights_memory, sizeof weights_memory, &error) == INLAY_WRONG_BLOCK);
  CHECK(writer_trainer_set_weights(trainer, checkpoint, WRITER_CHECKPOINT_BYTES, &error) == INLAY_WRONG_BLOCK);
  /* Cut short. */
  CHECK(writer_trainer_load(trainer, checkpoint, WRITER_CHECKPOINT_BYTES - 1, &error) == INLAY_MEMORY_TOO_SMALL);
  CHECK(writer_trainer_load(trainer, checkpoint, 63, &error) == INLAY_MEMORY_TOO_SMALL);
  CHECK(writer_trainer_save(trainer, checkpoint, WRITER_CHECKPOINT_BYTES - 1, &error) == INLAY_MEMORY_TOO_SMALL);
  CHECK(writer_trainer_get_weights(trainer, weights_memory, sizeof weights_memory - 1, &error) ==
        INLAY_MEMORY_TOO_SMALL);
}

void test_blocks(void) {
  writer_trainer* trainer = trained_writer(trainer_memory, sizeof trainer_memory);
  checkpoints_continue(trainer);
  weights_there_and_back(trainer);
  wrong_blocks(trainer);
}
