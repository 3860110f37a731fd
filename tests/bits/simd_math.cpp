// The functions of <inlay/simd/math.hpp> over every 257th float from 2^-8 to 2^8, both signs, and over all magnitudes.
// pinned: 5fc7ecc4e34aaea0
// pinned without a fused multiply-add: 15878a17ebee302f
// pinned where denormals are kept
#include <cstdio>

#include <inlay/simd/math.hpp>

namespace {

namespace simd = inlay::simd;

std::uint64_t hash = 14695981039346656037u;

template <class Function>
void add(std::uint64_t first, std::uint64_t last, std::uint32_t step, Function function) {
  for (std::uint64_t bits = first; bits < last; bits += step * simd::width) {
    float lanes[simd::width];
    for (std::size_t i = 0; i < simd::width; ++i)
      lanes[i] = inlay::bit_cast<float>(static_cast<std::uint32_t>(bits + step * i));
    simd::store(lanes, function(simd::load(lanes)));
    for (std::size_t i = 0; i < simd::width && bits + step * i < last; ++i)
      hash = (hash ^ (lanes[i] != lanes[i] ? 0x7fc00000u : inlay::bit_cast<std::uint32_t>(lanes[i]))) * 1099511628211u;
  }
}
template <class Function>
void add(Function function) {
  add(0x3b800000u, 0x43800000u, 257, function);
  add(0xbb800000u, 0xc3800000u, 257, function);
  add(0, std::uint64_t{1} << 32, 100003, function);
}

}  // namespace

int main() {
  add([](auto x) { return simd::exp(x); });
  add([](auto x) { return simd::exp_nonpositive(-simd::abs(x)); });
  add([](auto x) { return simd::log(x); });
  add([](auto x) { return simd::tanh(x); });
  add([](auto x) { return simd::sigmoid(x); });
  add([](auto x) { return simd::erf(x); });
  add([](auto x) { return simd::sin(x); });
  add([](auto x) { return simd::cos(x); });
  std::printf("%016llx\n", static_cast<unsigned long long>(hash));
}
