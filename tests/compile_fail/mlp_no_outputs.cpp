// expect: inlay: an Mlp has at least one input, one output and a context of one row
#include <inlay/models/mlp.hpp>

#if defined(INLAY_REPAIRED)
using Model = inlay::Mlp<inlay::MlpConfig{.inputs = 2, .hidden = {16}, .outputs = 1}>;
#else
using Model = inlay::Mlp<inlay::MlpConfig{.inputs = 2, .hidden = {16}, .outputs = 0}>;
#endif
constexpr inlay::size_t layers = Model::layers;
