/* Training and generation give the bits that they give in C++. */
#include "tests.h"

INLAY_ALIGNED unsigned char trainer_memory[WRITER_TRAINER_BYTES];
INLAY_ALIGNED unsigned char weights_memory[WRITER_WEIGHTS_BYTES];
static INLAY_ALIGNED unsigned char generator_memory[WRITER_GENERATOR_BYTES];
static writer_results expected;
static uint32_t tokens[WRITER_ROWS], labels[WRITER_ROWS];

static inlay_batch batch_of(size_t step) {
  inlay_batch batch = {.rows = WRITER_ROWS, .tokens = tokens, .labels = labels};
  writer_data(step, tokens, labels);
  return batch;
}
static inlay_optimizer adamw(void) {
  inlay_optimizer optimizer = inlay_adamw(1e-2f);
  optimizer.clip_norm = 1.0f;
  return optimizer;
}

writer_trainer* trained_writer(void* memory, size_t bytes) {
  writer_trainer* trainer = NULL;
  const inlay_optimizer optimizer = adamw();
  CHECK(writer_trainer_create(memory, bytes, 11, &trainer, NULL) == INLAY_OK);
  for (size_t step = 0; step < WRITER_STEPS; ++step) {
    const inlay_batch batch = batch_of(step);
    CHECK(writer_trainer_step(trainer, &batch, &optimizer, NULL, NULL) == INLAY_OK);
  }
  return trainer;
}

static uint64_t weights_of(writer_trainer* trainer) {
  CHECK(writer_trainer_get_weights(trainer, weights_memory, sizeof weights_memory, NULL) == INLAY_OK);
  return hash_of(weights_memory + 64, sizeof weights_memory - 64);
}

static void steps_have_the_same_bits(void) {
  inlay_error error;
  writer_trainer* trainer = NULL;
  const inlay_optimizer optimizer = adamw();
  memset(trainer_memory, 0xa5, sizeof trainer_memory); /* what was there does not matter */
  CHECK(writer_trainer_create(trainer_memory, sizeof trainer_memory, 11, &trainer, &error) == INLAY_OK);
  CHECK(error.status == INLAY_OK && error.text[0] == '\0');
  for (size_t step = 0; step < WRITER_STEPS; ++step) {
    inlay_step_report report;
    const inlay_batch batch = batch_of(step);
    CHECK(writer_trainer_step(trainer, &batch, &optimizer, &report, &error) == INLAY_OK);
    CHECK(memcmp(&report.loss, &expected.losses[step], sizeof(float)) == 0);
    CHECK(memcmp(&report.gradient_norm, &expected.norms[step], sizeof(float)) == 0);
    CHECK(report.step == step + 1 && report.skipped == 0 && report.skipped_steps == 0 && report.skipped_tensor[0] == 0);
  }
  CHECK(weights_of(trainer) == expected.weights);
  float loss = 0.0f;
  const inlay_batch batch = batch_of(100);
  CHECK(writer_trainer_evaluate(trainer, &batch, &loss, &error) == INLAY_OK);
  CHECK(memcmp(&loss, &expected.evaluated, sizeof loss) == 0);
  CHECK(expected.losses[WRITER_STEPS - 1] < expected.losses[0]);
}

/* accumulate and update are step; so are sequences described by offsets; what is discarded leaves nothing behind. */
static void parts_of_a_step(void) {
  writer_trainer* trainer = NULL;
  const inlay_optimizer optimizer = adamw();
  const uint32_t offsets[] = {0, 16, 32, 48, 64};
  CHECK(writer_trainer_create(trainer_memory, sizeof trainer_memory, 11, &trainer, NULL) == INLAY_OK);
  for (size_t step = 0; step < WRITER_STEPS; ++step) {
    inlay_step_report report;
    inlay_batch batch = batch_of(step + 7);
    CHECK(writer_trainer_accumulate(trainer, &batch, NULL) == INLAY_OK);
    CHECK(writer_trainer_discard(trainer, NULL) == INLAY_OK);
    batch = batch_of(step);
    batch.offsets = offsets;
    batch.sequences = WRITER_BATCH;
    CHECK(writer_trainer_accumulate(trainer, &batch, NULL) == INLAY_OK);
    CHECK(writer_trainer_update(trainer, &optimizer, &report, NULL) == INLAY_OK);
    CHECK(memcmp(&report.loss, &expected.losses[step], sizeof(float)) == 0);
  }
  CHECK(weights_of(trainer) == expected.weights);
}

static const uint32_t prompt[] = {0, 4, 10};
static const inlay_sampling sampling = {.temperature = 0.7f,
                                        .top_k = 12,
                                        .top_p = 0.9f,
                                        .repetition_penalty = 1.1f,
                                        .seed = 5,
                                        .past_context = INLAY_KEEP_NEWEST_HALF};

static void generation_has_the_same_bits(void) {
  inlay_error error;
  writer_trainer* trainer = trained_writer(trainer_memory, sizeof trainer_memory);
  CHECK(weights_of(trainer) == expected.weights);
  for (int on_trainer = 0; on_trainer < 2; ++on_trainer)
    for (int one_by_one = 0; one_by_one < 2; ++one_by_one) {
      writer_generator* generator = NULL;
      uint32_t written[WRITER_TOKENS];
      float logits[WRITER_VOCABULARY];
      size_t count = 0;
      memset(generator_memory, 0x5a, sizeof generator_memory);
      if (on_trainer)
        CHECK(writer_generator_create_on(generator_memory, sizeof generator_memory, trainer, &generator, &error) ==
              INLAY_OK);
      else
        CHECK(writer_generator_create(generator_memory, sizeof generator_memory, weights_memory, sizeof weights_memory,
                                      &generator, &error) == INLAY_OK);
      for (int again = 0; again < 2; ++again) {
        if (one_by_one) {
          size_t one = 0;
          CHECK(writer_generator_write(generator, prompt, 3, &sampling, written, 1, &count, &error) == INLAY_OK);
          while (count < WRITER_TOKENS) {
            CHECK(writer_generator_write(generator, NULL, 0, &sampling, written + count, 1, &one, &error) == INLAY_OK);
            CHECK(one == 1);
            count += one;
          }
        } else {
          CHECK(writer_generator_write(generator, prompt, 3, &sampling, written, WRITER_TOKENS, &count, &error) ==
                INLAY_OK);
        }
        CHECK(count == expected.written && count == WRITER_TOKENS);
        CHECK(memcmp(written, expected.tokens, sizeof written) == 0);
        CHECK(writer_generator_logits(generator, logits, WRITER_VOCABULARY, &error) == INLAY_OK);
        CHECK(hash_of(logits, sizeof logits) == expected.logits);
        CHECK(writer_generator_reset(generator, &error) == INLAY_OK);
      }
      writer_generator_destroy(generator);
    }
}

/* A weight that is not finite: the step is skipped and says where. */
static void skipped_step(void) {
  inlay_error error;
  inlay_step_report report;
  writer_trainer* trainer = NULL;
  const inlay_optimizer huge = inlay_sgd(3e38f), optimizer = adamw();
  const inlay_batch batch = batch_of(0);
  CHECK(writer_trainer_create(trainer_memory, sizeof trainer_memory, 11, &trainer, NULL) == INLAY_OK);
  int skipped = 0;
  for (int step = 0; step < 3; ++step) {
    CHECK(writer_trainer_step(trainer, &batch, step < 2 ? &huge : &optimizer, &report, &error) == INLAY_OK);
    skipped += report.skipped;
  }
  CHECK(skipped > 0 && report.skipped == 1 && report.skipped_tensor[0] != '\0');
  CHECK(report.skipped_steps == (uint64_t)skipped && report.step == 3);
  inlay_training_state state = {77, 77, 77};
  CHECK(writer_trainer_state(trainer, &state, &error) == INLAY_OK);
  CHECK(state.step == 3 && state.skipped_steps == (uint64_t)skipped && state.seed == 11);
}

void test_training(void) {
  writer_reference(&expected);
  steps_have_the_same_bits();
  parts_of_a_step();
  generation_has_the_same_bits();
  skipped_step();
}
