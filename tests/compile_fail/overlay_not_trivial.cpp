// expect: inlay: only trivial values can share bytes
#include <inlay/memory/overlay.hpp>

struct Counted {
#if !defined(INLAY_REPAIRED)
  Counted() : count(1) {}
#endif
  int count;
};
inlay::Overlay<float, Counted> overlay;
