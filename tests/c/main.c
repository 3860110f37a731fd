/* The C interface, used from C: results against those of C++ to the bit, blocks, two models in one program, and every
 * mistake that a caller can make and the library can see. It runs on a microcontroller, too. */
#include "tests.h"

int checks, failures;

int main(void) {
  test_training();
  test_inference();
  test_numbers();
  test_blocks();
  test_mistakes();
  test_from_cpp();
  printf("%d checks, %d failed\n", checks, failures);
  return failures == 0 ? 0 : 1;
}
