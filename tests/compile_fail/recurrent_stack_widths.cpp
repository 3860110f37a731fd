// A recurrent layer of another width than its input, stacked.
// expect: inlay: the layers of a stack have the same width at their input and output
#include <inlay/modules/recurrent.hpp>
#include <inlay/modules/stack.hpp>

#if defined(INLAY_REPAIRED)
constexpr inlay::size_t input = 16;
#else
constexpr inlay::size_t input = 8;
#endif
using Layers = inlay::Stack<inlay::Gru<input, 16>, 2>;
inlay::ParametersOf<Layers> parameters;
