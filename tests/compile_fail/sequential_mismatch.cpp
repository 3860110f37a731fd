// Two layers whose widths do not meet.
// expect: inlay: two neighbours in a Sequential do not fit: the second takes rows of another width than the first gives
#include <inlay/modules/activation.hpp>
#include <inlay/modules/compose.hpp>
#include <inlay/modules/linear.hpp>

#if defined(INLAY_REPAIRED)
constexpr inlay::size_t hidden = 32;
#else
constexpr inlay::size_t hidden = 33;
#endif
using Network =
    inlay::Sequential<inlay::Linear<16, 32>, inlay::Activate<inlay::Activation::relu, 32>, inlay::Linear<hidden, 10>>;
inlay::ParametersOf<Network> parameters;
