/* Files, by an interface that was made with IO. */
#include "curve.h"
#include "filed.h"

#include "support.h"

#include <stdlib.h>

int checks, failures;
static INLAY_ALIGNED unsigned char memory[2][FILED_TRAINER_BYTES];
static INLAY_ALIGNED unsigned char weights[2][FILED_WEIGHTS_BYTES];
static INLAY_ALIGNED unsigned char checkpoints[2][FILED_CHECKPOINT_BYTES];
static const char* const weights_path = "test_c_files.safetensors";
static const char* const training_path = "test_c_files_training.safetensors";

/* A failure leaves another model's block as it was, and bytes that are no block; a success makes the block that
 * get_weights gives, whatever was there. */
static void memory_with_something_else(void) {
  static INLAY_ALIGNED unsigned char curve_memory[CURVE_TRAINER_BYTES];
  static INLAY_ALIGNED unsigned char before[FILED_WEIGHTS_BYTES];
  inlay_error error;
  curve_trainer* trainer = NULL;
  CHECK(curve_trainer_create(curve_memory, sizeof curve_memory, 5, &trainer, &error) == INLAY_OK);
  for (int block = 0; block < 2; ++block) {
    memset(weights[1], 0xee, sizeof weights[1]);
    if (block) CHECK(curve_trainer_get_weights(trainer, weights[1], sizeof weights[1], &error) == INLAY_OK);
    memcpy(before, weights[1], sizeof before);
    CHECK(filed_weights_load_file(weights[1], sizeof weights[1], "mistyped.safetensors", &error) == INLAY_FILE_FAILED);
    CHECK(filed_weights_load_file(weights[1], sizeof weights[1], training_path, &error) == INLAY_FILE_FAILED);
    CHECK(memcmp(before, weights[1], sizeof before) == 0);
    if (block) CHECK(curve_weights_check(weights[1], sizeof weights[1], &error) == INLAY_OK);
    CHECK(filed_weights_load_file(weights[1], sizeof weights[1], weights_path, &error) == INLAY_OK);
    CHECK(memcmp(weights[0], weights[1], sizeof weights[0]) == 0);
  }
}

int main(void) {
  static uint32_t tokens[WRITER_ROWS], labels[WRITER_ROWS];
  static writer_results expected;
  inlay_error error;
  filed_trainer *first = NULL, *second = NULL;
  const inlay_batch batch = {.rows = WRITER_ROWS, .tokens = tokens, .labels = labels};
  inlay_optimizer optimizer = inlay_adamw(1e-2f);
  optimizer.clip_norm = 1.0f;
  CHECK(filed_trainer_create(memory[0], sizeof memory[0], 11, &first, &error) == INLAY_OK);
  CHECK(filed_trainer_create(memory[1], sizeof memory[1], 12, &second, &error) == INLAY_OK);
  for (size_t step = 0; step < WRITER_STEPS; ++step) {
    writer_data(step, tokens, labels);
    if (step == 5) { /* the other one goes on from the file */
      CHECK(filed_trainer_save_file(first, training_path, &error) == INLAY_OK);
      CHECK(filed_trainer_accumulate(second, &batch, &error) == INLAY_OK); /* dropped by loading */
      CHECK(filed_trainer_load_file(second, training_path, &error) == INLAY_OK);
      CHECK(filed_trainer_update(second, &optimizer, NULL, &error) == INLAY_TOO_EARLY);
    }
    CHECK(filed_trainer_step(first, &batch, &optimizer, NULL, &error) == INLAY_OK);
    if (step >= 5) CHECK(filed_trainer_step(second, &batch, &optimizer, NULL, &error) == INLAY_OK);
  }
  writer_reference(&expected);
  CHECK(filed_trainer_save(first, checkpoints[0], sizeof checkpoints[0], &error) == INLAY_OK);
  CHECK(filed_trainer_save(second, checkpoints[1], sizeof checkpoints[1], &error) == INLAY_OK);
  CHECK(memcmp(checkpoints[0], checkpoints[1], sizeof checkpoints[0]) == 0);
  CHECK(filed_trainer_get_weights(first, weights[0], sizeof weights[0], &error) == INLAY_OK);
  CHECK(hash_of(weights[0] + 64, sizeof weights[0] - 64) == expected.weights);

  /* Weights to a file and back, into memory that held something else. */
  memset(weights[1], 0xee, sizeof weights[1]);
  CHECK(filed_weights_save_file(weights[0], sizeof weights[0], weights_path, &error) == INLAY_OK);
  CHECK(filed_weights_load_file(weights[1], sizeof weights[1], weights_path, &error) == INLAY_OK);
  CHECK(memcmp(weights[0], weights[1], sizeof weights[0]) == 0);

  memory_with_something_else();
  /* A failure says which file and why, and leaves what was there. */
  CHECK(filed_weights_load_file(weights[1], sizeof weights[1], "no such file.safetensors", &error) ==
        INLAY_FILE_FAILED);
  CHECK(strstr(error.text, "filed_weights_load_file: \"no such file.safetensors\"") == error.text);
  CHECK(filed_weights_load_file(weights[1], sizeof weights[1], training_path, &error) == INLAY_FILE_FAILED);
  CHECK(strstr(error.text, "training checkpoint") != NULL);
  CHECK(memcmp(weights[0], weights[1], sizeof weights[0]) == 0);
  CHECK(filed_trainer_load_file(second, weights_path, &error) == INLAY_FILE_FAILED);
  CHECK(filed_trainer_save_file(second, "no such folder/x", &error) == INLAY_FILE_FAILED);
  CHECK(filed_trainer_save(second, checkpoints[1], sizeof checkpoints[1], &error) == INLAY_OK);
  CHECK(memcmp(checkpoints[0], checkpoints[1], sizeof checkpoints[0]) == 0);
  CHECK(filed_weights_load_file(weights[1], sizeof weights[1] - 1, weights_path, &error) == INLAY_MEMORY_TOO_SMALL);
  CHECK(filed_weights_load_file(weights[1], sizeof weights[1], NULL, &error) == INLAY_NULL_POINTER);
  CHECK(filed_weights_load_file(NULL, sizeof weights[1], weights_path, &error) == INLAY_NULL_POINTER);
  CHECK(filed_trainer_save_file(first, NULL, &error) == INLAY_NULL_POINTER);
  CHECK(filed_trainer_load_file(NULL, training_path, &error) == INLAY_NULL_POINTER);
  weights[1][70] ^= 1;
  CHECK(filed_weights_save_file(weights[1], sizeof weights[1], weights_path, &error) == INLAY_DAMAGED_BLOCK);
  remove(weights_path);
  remove(training_path);
  printf("%d checks, %d failed\n", checks, failures);
  return failures == 0 ? 0 : 1;
}
