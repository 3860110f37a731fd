#include "translate/learning.hpp"

namespace translate {

Result plan_lstm() { return plan<Lstm>("LSTM", "1 + 1 layers of width 96, additive attention"); }
Result learn_lstm(const Experiment& experiment) { return learn<Lstm>(experiment, plan_lstm(), 4e-3F); }

}  // namespace translate
