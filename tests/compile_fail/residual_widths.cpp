// A residual connection around a layer that changes the width.
// expect: inlay: a Residual adds its input to its output, so both have the same width
#include <inlay/modules/compose.hpp>
#include <inlay/modules/linear.hpp>

#if defined(INLAY_REPAIRED)
using Layer = inlay::Residual<inlay::Linear<16, 16>>;
#else
using Layer = inlay::Residual<inlay::Linear<16, 17>>;
#endif
inlay::ParametersOf<Layer> parameters;
