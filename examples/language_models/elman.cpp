#include "language_models/learning.hpp"

namespace language_models {

Plan plan_elman() { return plan<Elman>("Elman", "2 layers of width 176"); }
Result learn_elman(const Experiment& experiment) { return learn<Elman>(experiment, plan_elman(), 4e-3F); }

}  // namespace language_models
