/* Whole sequences and cached decoding agree; an interface for inference alone takes the weights of the one that trains.
 */
#include "tests.h"

static INLAY_ALIGNED unsigned char predictor_memory[WRITER_PREDICTOR_BYTES];
static INLAY_ALIGNED unsigned char reader_predictor_memory[READER_PREDICTOR_BYTES];
static INLAY_ALIGNED unsigned char reader_memory[READER_GENERATOR_BYTES];
static float outputs[3][32 * WRITER_VOCABULARY];

static void descriptions(void) {
  const inlay_description d = writer_describe(), r = reader_describe(), c = curve_describe();
  CHECK(d.vocabulary == 32 && d.input_width == 0 && d.output_width == 32 && d.context == 16 && d.alignment == 64);
  CHECK(d.weights_bytes == WRITER_WEIGHTS_BYTES && d.predictor_bytes == WRITER_PREDICTOR_BYTES);
  CHECK(d.generator_bytes == WRITER_GENERATOR_BYTES && d.trainer_bytes == WRITER_TRAINER_BYTES);
  CHECK(d.checkpoint_bytes == WRITER_CHECKPOINT_BYTES);
  CHECK(r.weights_bytes == d.weights_bytes && r.trainer_bytes == 0 && r.checkpoint_bytes == 0);
  CHECK(r.generator_bytes == READER_GENERATOR_BYTES);
  CHECK(c.vocabulary == 0 && c.input_width == 3 && c.output_width == 2 && c.context == 4 && c.generator_bytes == 0);
#if defined(READER_TRAINER_BYTES) || defined(CURVE_GENERATOR_BYTES)
#error "these parts do not exist"
#endif
}

void test_inference(void) {
  inlay_error error;
  descriptions();
  writer_trainer* trainer = trained_writer(trainer_memory, sizeof trainer_memory);
  CHECK(writer_trainer_get_weights(trainer, weights_memory, sizeof weights_memory, &error) == INLAY_OK);

  /* Sequences of 16, 5 and 11 tokens, in one call; then the last one alone; then token by token. */
  uint32_t tokens[32];
  const uint32_t offsets[] = {0, 16, 21, 32};
  for (size_t i = 0; i < 32; ++i) tokens[i] = writer_token(i + 2);
  const inlay_batch all = {.rows = 32, .tokens = tokens, .offsets = offsets, .sequences = 3};
  const uint32_t alone[] = {0, 11};
  const inlay_batch last = {.rows = 11, .tokens = tokens + 21, .offsets = alone, .sequences = 1};
  const inlay_batch whole = {.rows = 16, .tokens = tokens};
  writer_predictor* predictor = NULL;
  reader_predictor* other = NULL;
  CHECK(writer_predictor_create_on(predictor_memory, sizeof predictor_memory, trainer, &predictor, &error) == INLAY_OK);
  CHECK(reader_predictor_create(reader_predictor_memory, sizeof reader_predictor_memory, weights_memory,
                                sizeof weights_memory, &other, &error) == INLAY_OK);
  CHECK(writer_predictor_run(predictor, &all, outputs[0], 32 * WRITER_VOCABULARY, &error) == INLAY_OK);
  CHECK(reader_predictor_run(other, &last, outputs[1], 11 * WRITER_VOCABULARY, &error) == INLAY_OK);
  CHECK(reader_predictor_run(other, &whole, outputs[2], 16 * WRITER_VOCABULARY, &error) == INLAY_OK);
  CHECK(memcmp(outputs[0] + 21 * WRITER_VOCABULARY, outputs[1], 11 * WRITER_VOCABULARY * sizeof(float)) == 0);
  CHECK(memcmp(outputs[0], outputs[2], 16 * WRITER_VOCABULARY * sizeof(float)) == 0);
  CHECK(outputs[0][0] != outputs[0][1]);

  reader_generator* generator = NULL;
  float logits[WRITER_VOCABULARY];
  CHECK(reader_generator_create(reader_memory, sizeof reader_memory, weights_memory, sizeof weights_memory, &generator,
                                &error) == INLAY_OK);
  CHECK(reader_generator_read(generator, tokens, 4, &error) == INLAY_OK);
  for (size_t i = 4; i < 16; ++i) {
    CHECK(reader_generator_read(generator, tokens + i, 1, &error) == INLAY_OK);
    CHECK(reader_generator_logits(generator, logits, WRITER_VOCABULARY, &error) == INLAY_OK);
    CHECK(memcmp(logits, outputs[0] + i * WRITER_VOCABULARY, sizeof logits) == 0);
  }

  /* All-zero sampling is the likeliest token; a stop token ends the text; the context does. */
  const inlay_sampling likeliest = {.temperature = 0.0f};
  uint32_t written[WRITER_TOKENS], first = 0;
  size_t count = 99;
  CHECK(reader_generator_reset(generator, &error) == INLAY_OK);
  CHECK(reader_generator_write(generator, tokens, 4, &likeliest, written, WRITER_TOKENS, &count, &error) == INLAY_OK);
  CHECK(count == 13); /* 12 of them are in the context, and one more was chosen after it */
  const float* row = outputs[0] + 3 * WRITER_VOCABULARY;
  for (uint32_t i = 1; i < WRITER_VOCABULARY; ++i)
    if (row[i] > row[first]) first = i;
  CHECK(written[0] == first);
  const inlay_sampling until = {.temperature = 0.0f, .stop = &first, .stop_count = 1};
  CHECK(reader_generator_reset(generator, &error) == INLAY_OK);
  CHECK(reader_generator_write(generator, tokens, 4, &until, written, WRITER_TOKENS, &count, &error) == INLAY_OK);
  CHECK(count == 0);
}
