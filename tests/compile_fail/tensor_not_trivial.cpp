// expect: inlay: a tensor holds trivial values, so that it can lie in .bss or in flash
#include <inlay/tensor/tensor.hpp>

struct Counted {
#if !defined(INLAY_REPAIRED)
  Counted() : count(1) {}
#endif
  int count;
};
inlay::Tensor<Counted, 3> tensor;
