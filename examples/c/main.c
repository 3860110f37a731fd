/* inlay from C: trains a small character model on a sentence, writes with it, saves it, and reads it back.
 *
 *   c_sentence [FILE]     FILE is where the weights go; sentence.safetensors without it
 *
 * sentence.h is made by inlay_add_c_interface(sentence HEADER sentence.hpp TRAINER SentenceTrainer IO); the model is in
 * sentence.hpp. All memory is here, and its size is known to the compiler.
 */
#include "sentence.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { context = 32, batch_size = 8, rows = batch_size * context, steps = 200, length = 73 };

static INLAY_ALIGNED unsigned char training[SENTENCE_TRAINER_BYTES];
static INLAY_ALIGNED unsigned char generation[SENTENCE_GENERATOR_BYTES];
static INLAY_ALIGNED unsigned char weights[SENTENCE_WEIGHTS_BYTES];
static inlay_error error;

/* Every function gives a status, and a sentence where it is not INLAY_OK. */
static void need(inlay_status status) {
  if (status == INLAY_OK) return;
  fprintf(stderr, "%s\n", error.text);
  exit(1);
}

static uint32_t token_of(char character) { return (uint32_t)(character - ' '); }
static char character_of(uint32_t token) { return (char)(token + ' '); }

static void train(sentence_trainer* trainer) {
  static const char text[] = "An inlay is set into the wood: its shape is cut first, and then it fits exactly. ";
  static uint32_t inputs[rows], labels[rows];
  const inlay_batch batch = {.rows = rows, .tokens = inputs, .labels = labels};
  inlay_step_report report;
  for (size_t step = 0; step <= steps; ++step) {
    for (size_t row = 0; row < rows; ++row) {
      const size_t at = 17 * (batch_size * step + row / context) + row % context;
      inputs[row] = token_of(text[at % (sizeof text - 1)]);
      labels[row] = token_of(text[(at + 1) % (sizeof text - 1)]);
    }
    inlay_optimizer optimizer = inlay_adamw(step < 20 ? 3e-3f * (float)(step + 1) / 20.0f : 3e-3f);
    optimizer.clip_norm = 1.0f;
    need(sentence_trainer_step(trainer, &batch, &optimizer, &report, &error));
    if (step % 50 == 0) printf("step %3d  loss %.3f\n", (int)step, (double)report.loss);
  }
}

/* What the model writes after "An inlay", with the weights in `weights`. */
static void generate(char* text) {
  static const char beginning[] = "An inlay";
  uint32_t prompt[sizeof beginning - 1], tokens[length];
  const inlay_sampling sampling = {.temperature = 0.0f, .past_context = INLAY_KEEP_NEWEST_HALF};
  sentence_generator* generator;
  size_t written;
  for (size_t i = 0; i < sizeof beginning - 1; ++i) prompt[i] = token_of(beginning[i]);
  need(sentence_generator_create(generation, sizeof generation, weights, sizeof weights, &generator, &error));
  need(sentence_generator_write(generator, prompt, sizeof prompt / sizeof *prompt, &sampling, tokens, length, &written,
                                &error));
  for (size_t i = 0; i < written; ++i) text[i] = character_of(tokens[i]);
  text[written] = '\0';
  sentence_generator_destroy(generator);
}

int main(int count, char** arguments) {
  const char* const path = count > 1 ? arguments[1] : "sentence.safetensors";
  char before[length + 1], after[length + 1];
  sentence_trainer* trainer;

  printf("memory: %u bytes to train, %u to write, %u of weights\n", SENTENCE_TRAINER_BYTES, SENTENCE_GENERATOR_BYTES,
         SENTENCE_WEIGHTS_BYTES);
  need(sentence_trainer_create(training, sizeof training, 1, &trainer, &error));
  train(trainer);
  need(sentence_trainer_get_weights(trainer, weights, sizeof weights, &error));
  sentence_trainer_destroy(trainer);
  generate(before);
  printf("An inlay%s\n", before);

  need(sentence_weights_save_file(weights, sizeof weights, path, &error));
  memset(weights, 0, sizeof weights);
  need(sentence_weights_load_file(weights, sizeof weights, path, &error));
  generate(after);
  printf("saved to %s; read back, it writes %s\n", path, strcmp(before, after) == 0 ? "the same" : "something else");
  return strcmp(before, after) == 0 ? 0 : 1;
}
