// A stack of a layer that changes the width.
// expect: inlay: the layers of a stack have the same width at their input and output
#include <inlay/modules/linear.hpp>
#include <inlay/modules/stack.hpp>

#if defined(INLAY_REPAIRED)
using Layers = inlay::Stack<inlay::Linear<16, 16>, 3>;
#else
using Layers = inlay::Stack<inlay::Linear<16, 17>, 3>;
#endif
inlay::ParametersOf<Layers> parameters;
