#ifndef INLAY_TESTS_C_SUPPORT_H
#define INLAY_TESTS_C_SUPPORT_H
/* What the tests in C and their counterpart in C++ share: checks, data, and what is compared. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

extern int checks, failures;
static inline void check(int good, const char* condition, const char* file, int line) {
  ++checks;
  if (good) return;
  ++failures;
  printf("%s:%d: %s does not hold\n", file, line, condition);
}
#define CHECK(condition) check((condition) ? 1 : 0, #condition, __FILE__, __LINE__)

enum { WRITER_VOCABULARY = 32, WRITER_CONTEXT = 16, WRITER_BATCH = 4, WRITER_ROWS = WRITER_CONTEXT * WRITER_BATCH };
enum { WRITER_STEPS = 12, WRITER_TOKENS = 40 };
enum { CURVE_CONTEXT = 4, CURVE_ROWS = 7, CURVE_STEPS = 30 };

/* A text with something to learn: each token follows from the one before. */
static inline uint32_t writer_token(size_t at) { return (uint32_t)((at * at + 3 * at) % 29); }
static inline void writer_data(size_t step, uint32_t* tokens, uint32_t* labels) {
  for (size_t i = 0; i < WRITER_ROWS; ++i) {
    tokens[i] = writer_token(5 * step + i);
    labels[i] = writer_token(5 * step + i + 1);
  }
  labels[0] = UINT32_C(0xffffffff);
}
/* Two sequences of 4 and 3 rows. */
static inline void curve_data(float* inputs, float* targets, float* weights, uint32_t* offsets) {
  for (size_t i = 0; i < CURVE_ROWS; ++i) {
    const float x = (float)i / 4.0f - 0.75f;
    inputs[3 * i] = x;
    inputs[3 * i + 1] = 1.0f - x;
    inputs[3 * i + 2] = x * x;
    targets[2 * i] = 2.0f * x;
    targets[2 * i + 1] = -x;
    weights[i] = i == 2 ? 0.5f : 1.0f;
  }
  offsets[0] = 0;
  offsets[1] = 4;
  offsets[2] = CURVE_ROWS;
}

/* FNV-1a, of the bytes as they lie in memory. */
static inline uint64_t hash_of(const void* bytes, size_t count) {
  uint64_t hash = UINT64_C(0xcbf29ce484222325);
  for (size_t i = 0; i < count; ++i) hash = (hash ^ ((const unsigned char*)bytes)[i]) * UINT64_C(0x100000001b3);
  return hash;
}

/* What the same work gives in C++ (reference.cpp). */
typedef struct writer_results {
  uint64_t weights; /* hash of all parameters after the steps */
  float losses[WRITER_STEPS];
  float norms[WRITER_STEPS];
  float evaluated;
  uint32_t tokens[WRITER_TOKENS];
  size_t written;
  uint64_t logits; /* hash of the generator's, after the tokens */
} writer_results;
typedef struct curve_results {
  size_t bytes; /* of all parameters */
  uint64_t weights;
  float losses[CURVE_STEPS];
  float outputs[2 * CURVE_ROWS];
  uint64_t lion; /* the weights after one step of Lion, from the beginning */
} curve_results;
void writer_reference(writer_results* results);
void curve_reference(curve_results* results);

#ifdef __cplusplus
}
#endif
#endif
