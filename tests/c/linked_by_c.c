/* Every function of an interface, linked without the C++ library. */
#include "writer.h"

#include <stdio.h>

typedef void (*function)(void);
#define ADDRESS(name) (function)(name)

int main(void) {
  const function all[] = {ADDRESS(writer_trainer_step),     ADDRESS(writer_trainer_create),
                          ADDRESS(writer_trainer_save),     ADDRESS(writer_trainer_load),
                          ADDRESS(writer_trainer_evaluate), ADDRESS(writer_generator_write),
                          ADDRESS(writer_generator_create), ADDRESS(writer_predictor_run),
                          ADDRESS(writer_predictor_create), ADDRESS(writer_trainer_state)};
  size_t there = 0;
  for (size_t i = 0; i < sizeof all / sizeof *all; ++i) there += all[i] != NULL;
  printf("%d functions, context %d\n", (int)there, (int)writer_describe().context);
  return writer_describe().context == 16 ? 0 : 1;
}
