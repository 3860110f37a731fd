/* Training and a prediction, with what was installed for programs in C. */
#include <plain.h>

#include <stdio.h>

static INLAY_ALIGNED unsigned char training[PLAIN_TRAINER_BYTES];
static INLAY_ALIGNED unsigned char prediction[PLAIN_PREDICTOR_BYTES];

int main(void) {
  static const uint32_t tokens[16];
  static float outputs[16 * 16];
  const inlay_batch batch = {.rows = 16, .tokens = tokens, .labels = tokens};
  const inlay_batch inputs = {.rows = 16, .tokens = tokens};
  const inlay_optimizer optimizer = inlay_adamw(1e-3f);
  inlay_error error;
  plain_trainer* trainer;
  plain_predictor* predictor;
  if (plain_trainer_create(training, sizeof training, 1, &trainer, &error) != INLAY_OK ||
      plain_trainer_step(trainer, &batch, &optimizer, NULL, &error) != INLAY_OK ||
      plain_predictor_create_on(prediction, sizeof prediction, trainer, &predictor, &error) != INLAY_OK ||
      plain_predictor_run(predictor, &inputs, outputs, sizeof outputs / sizeof *outputs, &error) != INLAY_OK) {
    printf("%s\n", error.text);
    return 1;
  }
  printf("logit %f\n", (double)outputs[0]);
  return outputs[0] > -100.0f && outputs[0] < 100.0f ? 0 : 1;
}
