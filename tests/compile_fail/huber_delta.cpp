// expect: inlay: the delta of a Huber loss is greater than 0
#include <inlay/training/real_loss.hpp>

#if defined(INLAY_REPAIRED)
using Loss = inlay::Huber<3, 0.5f>;
#else
using Loss = inlay::Huber<3, 0.0f>;
#endif
constexpr inlay::size_t width = Loss::width;
