// A layer that is trained below a frozen one, which was told that there is none.
// expect: inlay: something below this Frozen module is trained; make it Frozen<M, InputGradient::yes>
#include <inlay/modules/frozen.hpp>
#include <inlay/modules/gradient_check.hpp>
#include <inlay/modules/linear.hpp>

#if defined(INLAY_REPAIRED)
constexpr auto below = inlay::InputGradient::yes;
#else
constexpr auto below = inlay::InputGradient::no;
#endif
using Model = inlay::Sequential<inlay::Linear<3, 4>, inlay::Frozen<inlay::Linear<4, 5>, below>>;
bool check() { return inlay::check_gradients<Model>().passed(); }
