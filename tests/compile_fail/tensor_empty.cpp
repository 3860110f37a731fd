// expect: inlay: every dimension of a tensor is at least 1
#include <inlay/tensor/tensor.hpp>

#if defined(INLAY_REPAIRED)
inlay::Tensor<float, 1, 3> tensor;
#else
inlay::Tensor<float, 0, 3> tensor;
#endif
