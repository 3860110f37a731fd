// A stack of what gives fewer rows than it takes.
// expect: inlay: the layers of a stack give as many rows as they take; a module that gives one row for each sequence
// stands behind the stack
#include <inlay/modules/compose.hpp>
#include <inlay/modules/linear.hpp>
#include <inlay/modules/pool.hpp>
#include <inlay/modules/stack.hpp>

#if defined(INLAY_REPAIRED)
using Layer = inlay::Linear<8, 8>;
#else
using Layer = inlay::Pool<8, inlay::Pooling::mean>;
#endif
using Model = inlay::Stack<Layer, 2>;
inlay::ParametersOf<Model> parameters;
