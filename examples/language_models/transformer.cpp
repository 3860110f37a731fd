#include "language_models/learning.hpp"

namespace language_models {

Plan plan_transformer() { return plan<Transformer>("transformer", "3 layers, 4 heads, width 64"); }
Result learn_transformer(const Experiment& experiment) {
  return learn<Transformer>(experiment, plan_transformer(), 3e-3F);
}

}  // namespace language_models
