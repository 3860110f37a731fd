/* A model from numbers to numbers, with a loss that C++ defines and targets that C gives. */
#include "tests.h"

static INLAY_ALIGNED unsigned char memory[CURVE_TRAINER_BYTES];
static INLAY_ALIGNED unsigned char predictor_memory[CURVE_PREDICTOR_BYTES];
static INLAY_ALIGNED unsigned char weights[CURVE_WEIGHTS_BYTES];
static INLAY_ALIGNED unsigned char checkpoint[CURVE_CHECKPOINT_BYTES];

/* Sizes of all kinds are multiples of the alignment, so that objects and blocks can lie in arrays; what a block has
 * behind its tensors is zero. */
static void odd_sizes(void) {
  static INLAY_ALIGNED unsigned char trainers[2][ODD_TRAINER_BYTES], predictors[2][ODD_PREDICTOR_BYTES];
  static INLAY_ALIGNED unsigned char blocks[2][ODD_WEIGHTS_BYTES], checkpoints[2][ODD_CHECKPOINT_BYTES];
  const size_t sizes[] = {ODD_TRAINER_BYTES,      ODD_PREDICTOR_BYTES,   ODD_WEIGHTS_BYTES,      ODD_CHECKPOINT_BYTES,
                          CURVE_TRAINER_BYTES,    CURVE_PREDICTOR_BYTES, CURVE_WEIGHTS_BYTES,    CURVE_CHECKPOINT_BYTES,
                          WRITER_TRAINER_BYTES,   WRITER_WEIGHTS_BYTES,  WRITER_PREDICTOR_BYTES, WRITER_GENERATOR_BYTES,
                          WRITER_CHECKPOINT_BYTES};
  const inlay_description description = odd_describe();
  const float inputs[3] = {1.0f, 2.0f, 3.0f};
  const inlay_batch batch = {.rows = 1, .inputs = inputs};
  inlay_error error;
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; ++i) CHECK(sizes[i] % INLAY_ALIGNMENT == 0);
  CHECK(description.trainer_bytes == ODD_TRAINER_BYTES && description.predictor_bytes == ODD_PREDICTOR_BYTES);
  CHECK(description.weights_bytes == ODD_WEIGHTS_BYTES && description.checkpoint_bytes == ODD_CHECKPOINT_BYTES);
  memset(blocks, 0xcc, sizeof blocks);
  memset(checkpoints, 0xcc, sizeof checkpoints);
  for (size_t i = 0; i < 2; ++i) {
    odd_trainer* trainer = NULL;
    odd_predictor* predictor = NULL;
    float outputs[5] = {0};
    CHECK(odd_trainer_create(trainers[i], sizeof trainers[i], 7, &trainer, &error) == INLAY_OK);
    CHECK(odd_trainer_get_weights(trainer, blocks[i], sizeof blocks[i], &error) == INLAY_OK);
    CHECK(odd_trainer_save(trainer, checkpoints[i], sizeof checkpoints[i], &error) == INLAY_OK);
    CHECK(odd_trainer_load(trainer, checkpoints[i], sizeof checkpoints[i], &error) == INLAY_OK);
    CHECK(odd_predictor_create(predictors[i], sizeof predictors[i], blocks[i], sizeof blocks[i], &predictor, &error) ==
          INLAY_OK);
    CHECK(odd_predictor_run(predictor, &batch, outputs, 5, &error) == INLAY_OK);
    CHECK(outputs[0] != 0.0f);
  }
  CHECK(memcmp(blocks[0], blocks[1], sizeof blocks[0]) == 0 && blocks[0][sizeof blocks[0] - 1] == 0);
  CHECK(memcmp(checkpoints[0], checkpoints[1], sizeof checkpoints[0]) == 0);
}

static void curve_steps(curve_trainer* trainer, inlay_optimizer optimizer) {
  float inputs[3 * CURVE_ROWS], targets[2 * CURVE_ROWS], row_weights[CURVE_ROWS];
  uint32_t offsets[3];
  curve_data(inputs, targets, row_weights, offsets);
  const inlay_batch batch = {
      .rows = CURVE_ROWS, .inputs = inputs, .targets = targets, .offsets = offsets, .sequences = 2};
  for (int step = 0; step < 3; ++step) CHECK(curve_trainer_step(trainer, &batch, &optimizer, NULL, NULL) == INLAY_OK);
}
static uint64_t curve_weights(curve_trainer* trainer) {
  CHECK(curve_trainer_get_weights(trainer, weights, sizeof weights, NULL) == INLAY_OK);
  return hash_of(weights, sizeof weights);
}

/* After another kind of optimizer the moments begin anew; after a load they are those of the checkpoint. */
static void change_of_optimizer(void) {
  inlay_optimizer sgd = inlay_sgd(0.1f);
  sgd.momentum = 0.9f;
  inlay_error error;
  curve_trainer* trainer = NULL;
  CHECK(curve_trainer_create(memory, sizeof memory, 3, &trainer, &error) == INLAY_OK);
  curve_steps(trainer, inlay_lion(1e-2f));
  CHECK(curve_trainer_save(trainer, checkpoint, sizeof checkpoint, &error) == INLAY_OK);
  curve_steps(trainer, sgd);
  const uint64_t changed = curve_weights(trainer);
  CHECK(curve_trainer_load(trainer, checkpoint, sizeof checkpoint, &error) == INLAY_OK);
  curve_steps(trainer, sgd);
  const uint64_t loaded = curve_weights(trainer);
  CHECK(curve_trainer_load(trainer, checkpoint, sizeof checkpoint, &error) == INLAY_OK);
  curve_weights(trainer);
  CHECK(curve_trainer_create(memory, sizeof memory, 3, &trainer, &error) == INLAY_OK);
  CHECK(curve_trainer_set_weights(trainer, weights, sizeof weights, &error) == INLAY_OK);
  curve_steps(trainer, sgd);
  CHECK(curve_weights(trainer) == changed);
  CHECK(loaded != changed);
}

void test_numbers(void) {
  odd_sizes();
  change_of_optimizer();
  static curve_results expected;
  float inputs[3 * CURVE_ROWS], targets[2 * CURVE_ROWS], row_weights[CURVE_ROWS], outputs[2 * CURVE_ROWS];
  uint32_t offsets[3];
  inlay_error error;
  inlay_step_report report;
  curve_reference(&expected);
  curve_data(inputs, targets, row_weights, offsets);
  const inlay_batch batch = {.rows = CURVE_ROWS,
                             .inputs = inputs,
                             .targets = targets,
                             .weights = row_weights,
                             .offsets = offsets,
                             .sequences = 2};
  inlay_optimizer optimizer = inlay_sgd(0.1f);
  optimizer.momentum = 0.9f;
  curve_trainer* trainer = NULL;
  CHECK(curve_trainer_create(memory, sizeof memory, 3, &trainer, &error) == INLAY_OK);
  for (int step = 0; step < CURVE_STEPS; ++step) {
    CHECK(curve_trainer_step(trainer, &batch, &optimizer, &report, &error) == INLAY_OK);
    CHECK(memcmp(&report.loss, &expected.losses[step], sizeof(float)) == 0);
  }
  CHECK(expected.losses[CURVE_STEPS - 1] < 0.5f * expected.losses[0]);
  CHECK(curve_trainer_get_weights(trainer, weights, sizeof weights, &error) == INLAY_OK);
  CHECK(hash_of(weights + 64, expected.bytes) == expected.weights);

  inlay_batch alone = batch;
  alone.targets = NULL;
  alone.weights = NULL;
  curve_predictor* predictor = NULL;
  CHECK(curve_predictor_create(predictor_memory, sizeof predictor_memory, weights, sizeof weights, &predictor,
                               &error) == INLAY_OK);
  CHECK(curve_predictor_run(predictor, &alone, outputs, 2 * CURVE_ROWS, &error) == INLAY_OK);
  CHECK(memcmp(outputs, expected.outputs, sizeof outputs) == 0);

  inlay_optimizer lion = inlay_lion(1e-2f);
  lion.weight_decay = 0.1f;
  CHECK(curve_trainer_create(memory, sizeof memory, 3, &trainer, &error) == INLAY_OK);
  CHECK(curve_trainer_step(trainer, &batch, &lion, &report, &error) == INLAY_OK);
  CHECK(curve_trainer_get_weights(trainer, weights, sizeof weights, &error) == INLAY_OK);
  CHECK(hash_of(weights + 64, expected.bytes) == expected.lion && expected.lion != expected.weights);

  /* Its trainer holds one moment. */
  const inlay_optimizer adam = inlay_adam(1e-3f);
  CHECK(curve_trainer_step(trainer, &batch, &adam, &report, &error) == INLAY_WRONG_SETTING);
  CHECK(strstr(error.text, "moments") != NULL);
  /* Arrays that this model does not read, and those that it does. */
  const uint32_t labels[CURVE_ROWS] = {0};
  inlay_batch wrong = batch;
  wrong.labels = labels;
  CHECK(curve_trainer_step(trainer, &wrong, &optimizer, &report, &error) == INLAY_WRONG_BATCH);
  wrong = batch;
  wrong.tokens = labels;
  CHECK(curve_trainer_step(trainer, &wrong, &optimizer, &report, &error) == INLAY_WRONG_BATCH);
  wrong = batch;
  wrong.inputs = NULL;
  CHECK(curve_trainer_step(trainer, &wrong, &optimizer, &report, &error) == INLAY_NULL_POINTER);
  wrong = batch;
  wrong.targets = NULL;
  CHECK(curve_trainer_step(trainer, &wrong, &optimizer, &report, &error) == INLAY_NULL_POINTER);
  row_weights[3] = -1.0f;
  CHECK(curve_trainer_step(trainer, &batch, &optimizer, &report, &error) == INLAY_WRONG_BATCH);

  /* A model without a fingerprint of its own: its tensors are one. */
  CHECK(curve_weights_check(weights, sizeof weights, &error) == INLAY_OK);
  CHECK(curve_trainer_save(trainer, checkpoint, sizeof checkpoint, &error) == INLAY_OK);
  CHECK(curve_trainer_load(trainer, checkpoint, sizeof checkpoint, &error) == INLAY_OK);
  CHECK(writer_weights_check(weights, sizeof weights, &error) == INLAY_WRONG_BLOCK);
}
