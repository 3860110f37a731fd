// llama2.c's part of a comparison (turns.h): greedy decoding into an empty cache. Its functions come from a checkout
// (INLAY_PEER_LLAMA2_C). Its feed-forward has three matrices where GPT's has two: the hidden width that it is given
// makes the number of weights equal.
//
//   peers_llama2_c LAYERS HEADS WIDTH CONTEXT VOCABULARY HIDDEN

#define TESTING  // no main of its own
#include "run.c"

#include "turns.h"

static Transformer transformer;

static void step(void) {
  int token = 'T';
  for (int position = 0; position + 1 < transformer.config.seq_len; ++position) {
    float* const logits = forward(&transformer, token, position);
    token = sample_argmax(logits, transformer.config.vocab_size);
  }
}

int main(int argc, char** argv) {
  if (argc != 7) {
    fprintf(stderr, "usage: peers_llama2_c LAYERS HEADS WIDTH CONTEXT VOCABULARY HIDDEN\n");
    return 2;
  }
  Config* const c = &transformer.config;
  c->n_layers = atoi(argv[1]);
  c->n_heads = c->n_kv_heads = atoi(argv[2]);
  c->dim = atoi(argv[3]);
  c->seq_len = atoi(argv[4]);
  c->vocab_size = atoi(argv[5]);
  c->hidden_dim = atoi(argv[6]);

  // as build_transformer does, with numbers instead of a file
  const size_t layer =
      4 * (size_t)c->dim * (size_t)c->dim + 3 * (size_t)c->dim * (size_t)c->hidden_dim + 2 * (size_t)c->dim;
  const size_t count = (size_t)c->vocab_size * (size_t)c->dim + (size_t)c->n_layers * layer + (size_t)c->dim +
                       (size_t)c->seq_len * (size_t)(c->dim / c->n_heads);
  float* const weights = malloc(count * sizeof(float));
  if (weights == NULL) return 2;
  srand(1);
  for (size_t i = 0; i < count; ++i) weights[i] = 0.07f * ((float)rand() / (float)RAND_MAX - 0.5f);
  memory_map_weights(&transformer.weights, c, weights, 1);
  malloc_run_state(&transformer.state, c);

  printf("{\"name\": \"llama2.c\", \"threads\": [1]}\n");
  fflush(stdout);
  int threads;
  double seconds;
  while (turns_next(&threads, &seconds)) {
    printf("{\"step_seconds\": %.9g}\n", turns_step_seconds(step, threads, seconds));
    fflush(stdout);
  }
  return 0;
}
