#pragma once
// Models whose tensors have sizes that are not powers of two, so that there are gaps between them.

#include <inlay/models/gpt.hpp>
#include <inlay/modules/compose.hpp>

using OddGpt = inlay::Gpt<inlay::GptConfig{.vocabulary = 7,
                                           .context = 5,
                                           .width = 6,
                                           .heads = 2,
                                           .layers = 3,
                                           .tied = false,
                                           .placement = inlay::NormPlacement::after}>;
// Its modules are nested: the second is aligned for the third.
using OddChain = inlay::Sequential<inlay::Linear<3, 5>, inlay::Linear<5, 3>, inlay::Linear<3, 16>,
                                   inlay::Residual<inlay::Sequential<inlay::Linear<16, 1>, inlay::Linear<1, 16>>>>;
using OddLinear = inlay::Linear<8, 3>;

// Numbers that tell each element from the others.
template <class Model, class Parameters, class F>
void for_each_element(Parameters& parameters, F&& f) {
  float number = 1.0f;
  inlay::visit<Model>(
      [&](const inlay::Path&, auto& tensor) {
        for (auto& element : tensor) f(element, number++);
      },
      parameters);
}
