// An image pushed as a sample.
// expect: inlay: a Streamer reads a signal row by row; an image is a sequence of its own, which a Predictor takes
#include <inlay/generation/streamer.hpp>
#include <inlay/modules/linear.hpp>
#include <inlay/modules/patches.hpp>

#if defined(INLAY_REPAIRED)
using Model = inlay::Linear<16, 8>;
#else
using Model = inlay::PatchEmbedding<inlay::ImageConfig{.height = 4, .width = 4, .patch = 2}, 8>;
#endif
constexpr bool endless = inlay::Streamer<Model>::endless;
