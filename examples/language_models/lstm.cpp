#include "language_models/learning.hpp"

namespace language_models {

Plan plan_lstm() { return plan<Lstm>("LSTM", "2 layers of width 96"); }
Result learn_lstm(const Experiment& experiment) { return learn<Lstm>(experiment, plan_lstm(), 5e-3F); }

}  // namespace language_models
