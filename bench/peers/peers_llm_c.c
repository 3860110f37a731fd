// llm.c's part of a comparison (turns.h): whole training steps of its GPT-2 at any shape. Its functions come from a
// checkout (INLAY_PEER_LLM_C) and are compiled with its own flags. Its step has no clipping.
//
//   peers_llm_c LAYERS HEADS WIDTH CONTEXT BATCH VOCABULARY

#define TESTING  // no main of its own
#include "train_gpt2.c"

#include "turns.h"

static GPT2 model;
static int *inputs, *targets, batch, context, updates;

static void step(void) {
  gpt2_forward(&model, inputs, targets, (size_t)batch, (size_t)context);
  gpt2_zero_grad(&model);
  gpt2_backward(&model);
  gpt2_update(&model, 1e-3f, 0.9f, 0.99f, 1e-8f, 0.1f, ++updates);
}

int main(int argc, char** argv) {
  if (argc != 7) {
    fprintf(stderr, "usage: peers_llm_c LAYERS HEADS WIDTH CONTEXT BATCH VOCABULARY\n");
    return 2;
  }
  GPT2Config* config = &model.config;
  config->num_layers = atoi(argv[1]);
  config->num_heads = atoi(argv[2]);
  config->channels = atoi(argv[3]);
  config->max_seq_len = context = atoi(argv[4]);
  batch = atoi(argv[5]);
  config->vocab_size = config->padded_vocab_size = atoi(argv[6]);

  // as gpt2_build_from_checkpoint does, with numbers instead of a file
  fill_in_parameter_sizes(model.param_sizes, model.config);
  for (int i = 0; i < NUM_PARAMETER_TENSORS; ++i) model.num_parameters += model.param_sizes[i];
  model.params_memory = malloc_and_point_parameters(&model.params, model.param_sizes);
  srand(1);
  for (size_t i = 0; i < model.num_parameters; ++i)
    model.params_memory[i] = 0.07f * ((float)rand() / (float)RAND_MAX - 0.5f);
  for (int i = 0; i < config->num_layers * config->channels; ++i) model.params.ln1w[i] = model.params.ln2w[i] = 1;
  for (int i = 0; i < config->channels; ++i) model.params.lnfw[i] = 1;
  inputs = malloc(sizeof(int) * (size_t)(batch * context));
  targets = malloc(sizeof(int) * (size_t)(batch * context));
  for (int i = 0; i < batch * context; ++i) {
    inputs[i] = rand() % config->vocab_size;
    targets[i] = rand() % config->vocab_size;
  }

  FILE* const answers = fdopen(dup(1), "w");
  if (answers == NULL || freopen("/dev/null", "w", stdout) == NULL) return 2;  // llm.c prints what it allocates
#ifdef OMP
  fprintf(answers, "{\"name\": \"llm.c\", \"threads\": [1, 2]}\n");
#else
  fprintf(answers, "{\"name\": \"llm.c\", \"threads\": [1]}\n");
#endif
  fflush(answers);
  int threads;
  double seconds;
  while (turns_next(&threads, &seconds)) {
#ifdef OMP
    omp_set_num_threads(threads);
#endif
    fprintf(answers, "{\"step_seconds\": %.9g}\n", turns_step_seconds(step, threads, seconds));
    fflush(answers);
  }
  return 0;
}
