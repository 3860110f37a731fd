// A second loss that counts for nothing.
// expect: inlay: the share of the second loss in a Beside is greater than 0; with 0 its head learns nothing
#include <inlay/training/beside.hpp>
#include <inlay/training/real_loss.hpp>

#if defined(INLAY_REPAIRED)
using Loss = inlay::Beside<inlay::SoftmaxCrossEntropy<3>, inlay::Huber<2>, 0.5f>;
#else
using Loss = inlay::Beside<inlay::SoftmaxCrossEntropy<3>, inlay::Huber<2>, 0.0f>;
#endif
constexpr inlay::size_t width = Loss::width;
