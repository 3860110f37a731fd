// An element of a matrix with one index.
// expect: inlay: an element needs one index for each dimension
#include <inlay/tensor/tensor.hpp>

#if defined(INLAY_REPAIRED)
float first(const inlay::Tensor<float, 2, 3>& tensor) { return tensor(0, 0); }
#else
float first(const inlay::Tensor<float, 2, 3>& tensor) { return tensor(0); }
#endif
