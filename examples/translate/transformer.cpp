#include "translate/learning.hpp"

namespace translate {

Result plan_transformer() { return plan<Transformer>("transformer", "2 + 2 layers of width 64 (4 heads)"); }
Result learn_transformer(const Experiment& experiment) {
  return learn<Transformer>(experiment, plan_transformer(), 2e-3F);
}

}  // namespace translate
