#include "step_table/measure.hpp"

namespace bench {

// On one thread only: handing work over costs more than such a step.
bool measure_micro(const std::string& preset, double seconds, Done done, void* context) {
  const auto run = [&]<class P>(P) { done(measure<P>(preset, Text::names, inlay::Serial{}, seconds), context); };
  if (preset == "micro16")
    run(presets::Micro16{});
  else if (preset == "micro32")
    run(presets::Micro32{});
  else if (preset == "micro64")
    run(presets::Micro64{});
  else
    return false;
  return true;
}

}  // namespace bench
