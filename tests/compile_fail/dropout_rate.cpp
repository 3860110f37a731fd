// A dropout rate that is a percentage.
// expect: inlay: a dropout rate is at least 0 and less than 1
#include <inlay/modules/activation.hpp>

#if defined(INLAY_REPAIRED)
using Layer = inlay::Dropout<16, 0.1f>;
#else
using Layer = inlay::Dropout<16, 10.0f>;
#endif
inlay::ParametersOf<Layer> parameters;
