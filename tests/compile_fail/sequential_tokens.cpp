// Tokens in the middle of a Sequential.
// expect: inlay: only the first module of a Sequential can take tokens
#include <inlay/modules/compose.hpp>
#include <inlay/modules/embedding.hpp>
#include <inlay/modules/linear.hpp>

#if defined(INLAY_REPAIRED)
using Network = inlay::Sequential<inlay::Embedding<50, 16>, inlay::Linear<16, 8>>;
#else
using Network = inlay::Sequential<inlay::Linear<8, 16>, inlay::Embedding<50, 16>>;
#endif
inlay::ParametersOf<Network> parameters;
