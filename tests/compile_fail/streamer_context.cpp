// A stream whose end nobody knows, of a model that cannot go on for ever.
// expect: inlay: this model cannot stream for ever, so a Streamer has to know its context: static constexpr size_t
// context
#include <inlay/generation/streamer.hpp>
#include <inlay/modules/attention.hpp>

using Layer = inlay::Attention<inlay::AttentionConfig{.width = 8, .heads = 2, .context = 16}>;
#if defined(INLAY_REPAIRED)
struct Model : Layer {
  static constexpr inlay::size_t context = 16;
};
#else
using Model = Layer;
#endif
constexpr bool endless = inlay::Streamer<Model>::endless;
