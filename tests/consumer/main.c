/* A user's program in C: one step, by what inlay_add_c_interface made of model.hpp. */
#include "tiny.h"

#include <stdio.h>

static INLAY_ALIGNED unsigned char memory[TINY_TRAINER_BYTES];

int main(void) {
  static const uint32_t tokens[16];
  const inlay_batch batch = {.rows = 16, .tokens = tokens, .labels = tokens};
  const inlay_optimizer optimizer = inlay_adamw(1e-3f);
  inlay_step_report report;
  inlay_error error;
  tiny_trainer* trainer;
  if (tiny_trainer_create(memory, sizeof memory, 1, &trainer, &error) != INLAY_OK ||
      tiny_trainer_step(trainer, &batch, &optimizer, &report, &error) != INLAY_OK) {
    printf("%s\n", error.text);
    return 1;
  }
#if defined(TINY_HAS_FILES)
  if (tiny_trainer_load_file(trainer, "no such file.safetensors", &error) != INLAY_FILE_FAILED) return 1;
  printf("%s\n", error.text);
#endif
  tiny_trainer_destroy(trainer);
  printf("loss %f\n", (double)report.loss);
  return report.loss > 1.0f && report.loss < 5.0f ? 0 : 1;
}
