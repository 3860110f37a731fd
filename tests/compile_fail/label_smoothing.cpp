// expect: inlay: label smoothing is at least 0 and less than 1
#include <inlay/training/loss.hpp>

#if defined(INLAY_REPAIRED)
using Loss = inlay::SoftmaxCrossEntropy<10, 0.1f>;
#else
using Loss = inlay::SoftmaxCrossEntropy<10, 1.0f>;
#endif
constexpr inlay::size_t classes = Loss::width;
