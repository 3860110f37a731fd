// A residual around what gives fewer rows than it takes.
// expect: inlay: a Residual adds its input to its output; a module that gives one row for each sequence has fewer of
// them
#include <inlay/modules/compose.hpp>
#include <inlay/modules/linear.hpp>
#include <inlay/modules/pool.hpp>
#include <inlay/modules/stack.hpp>

#if defined(INLAY_REPAIRED)
using Layer = inlay::Linear<8, 8>;
#else
using Layer = inlay::Pool<8, inlay::Pooling::mean>;
#endif
using Model = inlay::Residual<Layer>;
inlay::ParametersOf<Model> parameters;
