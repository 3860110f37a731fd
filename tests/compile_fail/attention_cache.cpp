// A key/value cache for attention that looks ahead.
// expect: inlay: a key/value cache belongs to causal attention
#include <inlay/modules/attention.hpp>

#if defined(INLAY_REPAIRED)
constexpr bool causal = true;
#else
constexpr bool causal = false;
#endif
using Layer = inlay::Attention<inlay::AttentionConfig{.width = 8, .heads = 2, .context = 4, .causal = causal}>;
constexpr inlay::Extent extent{.rows = 1, .training = false};
inlay::ParametersOf<Layer> parameters;
inlay::StateOf<Layer, 1> cache;
inlay::ActivationsOf<Layer, extent> activations;
inlay::WorkspaceOf<Layer, extent> workspace;
inlay::Empty buffers;

void decode(inlay::Rows<const float, 8> x, inlay::Rows<float, 8> y, const inlay::Call& call) {
  const inlay::Serial executor;
  const inlay::Forward<inlay::ParametersOf<Layer>, inlay::Empty, inlay::StateOf<Layer, 1>,
                       inlay::ActivationsOf<Layer, extent>, inlay::WorkspaceOf<Layer, extent>, inlay::Serial>
      frame{parameters, buffers, cache, activations, workspace, call, executor, {}};
  Layer::forward(frame, x, y);
}
