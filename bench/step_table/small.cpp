#ifdef INLAY_WITH_TBB
#include <inlay/tbb.hpp>
#endif

#include "step_table/measure.hpp"

namespace bench {

bool measure_small(const std::string& preset, double seconds, Done done, void* context) {
  const auto run = [&]<class P>(P) {
    done(measure<P>(preset, Text::random, inlay::Serial{}, seconds), context);
#ifdef INLAY_WITH_TBB
    const inlay::Tbb executor{2};
    done(measure<P>(preset, Text::random, executor, seconds), context);
#endif
  };
  if (preset == "mcu")
    run(presets::Mcu{});
  else if (preset == "nano")
    run(presets::Nano{});
  else if (preset == "gpt2")
    run(presets::Gpt2{});
  else
    return false;
  return true;
}

}  // namespace bench
