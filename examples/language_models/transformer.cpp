#include "language_models/learning.hpp"

namespace language_models {

Plan plan_transformer() { return plan<Transformer>("transformer", "3 layers of width 64 (4 heads)"); }
Result learn_transformer(const Experiment& experiment) {
  return learn<Transformer>(experiment, plan_transformer(), 4e-3F);
}

}  // namespace language_models
