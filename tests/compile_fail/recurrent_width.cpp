// A recurrent layer without a hidden state.
// expect: inlay: a recurrent layer has at least one input and a width of at least 1
#include <inlay/modules/recurrent.hpp>

#if defined(INLAY_REPAIRED)
constexpr inlay::size_t width = 1;
#else
constexpr inlay::size_t width = 0;
#endif
using Layer = inlay::Lstm<8, width>;
static_assert(Layer::gate_count == 4);
