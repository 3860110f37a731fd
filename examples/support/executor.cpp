#include "support/executor.hpp"

#include <algorithm>
#include <thread>

namespace examples {

std::size_t default_threads() { return used_threads(std::max<std::size_t>(1, std::thread::hardware_concurrency())); }

std::size_t used_threads(std::size_t wanted) {
#ifdef INLAY_WITH_TBB
  return wanted;
#else
  return std::min<std::size_t>(wanted, 1);
#endif
}

}  // namespace examples
