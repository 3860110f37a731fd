#ifndef INLAY_TESTS_C_TESTS_H
#define INLAY_TESTS_C_TESTS_H
/* The generated headers come first, and bring all that they need. */
#include "curve.h"
#include "odd.h"
#include "reader.h"
#include "writer.h"

#include "support.h"

#ifdef __cplusplus
extern "C" {
#endif
void test_training(void);
void test_inference(void);
void test_numbers(void);
void test_blocks(void);
void test_mistakes(void);
void test_from_cpp(void);

/* A writer after WRITER_STEPS steps, the same for every caller; `memory` as for writer_trainer_create. */
writer_trainer* trained_writer(void* memory, size_t bytes);

/* What the other tests borrow. */
extern unsigned char trainer_memory[WRITER_TRAINER_BYTES];
extern unsigned char weights_memory[WRITER_WEIGHTS_BYTES];
#ifdef __cplusplus
}
#endif
#endif
