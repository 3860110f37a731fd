#include "support/executor.hpp"

#include <algorithm>
#include <thread>

namespace examples {

std::size_t default_threads() {
#ifdef INLAY_WITH_TBB
  return std::max<std::size_t>(1, std::thread::hardware_concurrency());
#else
  return 1;
#endif
}

}  // namespace examples
