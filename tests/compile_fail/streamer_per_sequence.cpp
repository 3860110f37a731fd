// A stream of answers from a model that answers once a sequence.
// expect: inlay: a Streamer gives an output for each sample; a model that gives one row for each sequence has nothing
// to say before the end
#include <inlay/generation/streamer.hpp>
#include <inlay/modules/compose.hpp>
#include <inlay/modules/pool.hpp>
#include <inlay/modules/recurrent.hpp>

#if defined(INLAY_REPAIRED)
using Model = inlay::Lstm<3, 8>;
#else
using Model = inlay::Sequential<inlay::Lstm<3, 8>, inlay::Pool<8, inlay::Pooling::last>>;
#endif
constexpr bool endless = inlay::Streamer<Model>::endless;
