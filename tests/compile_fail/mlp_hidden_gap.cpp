// expect: inlay: a hidden width of an Mlp stands after a width of 0
#include <inlay/models/mlp.hpp>

#if defined(INLAY_REPAIRED)
using Model = inlay::Mlp<inlay::MlpConfig{.inputs = 2, .hidden = {16, 8}, .outputs = 1}>;
#else
using Model = inlay::Mlp<inlay::MlpConfig{.inputs = 2, .hidden = {16, 0, 8}, .outputs = 1}>;
#endif
constexpr inlay::size_t layers = Model::layers;
