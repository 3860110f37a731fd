// expect: inlay: a C interface has no way to say where the weights of a Frozen module lie; use the model in C++
#include <inlay/c_interface.hpp>
#include <inlay/inlay.hpp>
#include <inlay/modules/frozen.hpp>

template <class Body>
struct Model : inlay::Sequential<Body, inlay::Linear<4, 2>> {
  static constexpr std::size_t context = 4;
};

#if defined(INLAY_REPAIRED)
using Body = inlay::Linear<3, 4>;
#else
using Body = inlay::Frozen<inlay::Linear<3, 4>>;
#endif

constexpr auto bytes = inlay::c::Interface<Model<Body>>::description.predictor_bytes;

int main() { return bytes == 0; }
