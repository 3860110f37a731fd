#pragma once
// Initializer: the values a new model begins with.
//
//   initializer.normal(path, tensor, deviation)   N(0, deviation^2) by Box-Muller from counter-based uniforms
//   initializer.fill(path, tensor, value)
//
// Every value is a function of the seed, the tensor's path and the element's index, so adding a module to a model
// leaves the others as they were, and all targets begin with the same bits.
//
// Source: Box, Muller, "A Note on the Generation of Random Normal Deviates", 1958.

#include <inlay/config.hpp>
#include <inlay/kernels/random.hpp>
#include <inlay/kernels/vectors.hpp>
#include <inlay/memory/hash.hpp>
#include <inlay/modules/module.hpp>
#include <inlay/parallel/float_environment.hpp>
#include <inlay/simd/math.hpp>

namespace inlay::inline INLAY_ABI {

class Initializer {
 public:
  explicit Initializer(Seed seed) : seed_(seed) {}

  template <class T>
  void normal(const Path& path, T& tensor, float deviation) const {
    normal_values(path, tensor.data(), tensor.size(), deviation);
  }
  template <class T>
  void fill(const Path&, T& tensor, float value) const {
    kernels::fill(tensor.size(), value, tensor.data());
  }

 private:
  void normal_values(const Path& path, float* values, size_t count, float deviation) const {
    Hash hash;
    hash.text(path.text().c_str());
    const RandomKey key{seed_.value ^ hash.value(), 0};
    for (size_t i = 0; i < count; i += 4) {
      const kernels::RandomWords words = kernels::random_words(key, 0, i / 4, 0);
      for (size_t pair = 0; pair < 4; pair += 2) {
        // 1 - u lies in (0, 1], where the logarithm is finite.
        const float radius = simd::sqrt(-2.0f * simd::log(1.0f - kernels::uniform(words.word[pair])));
        const float angle = 6.2831853f * kernels::uniform(words.word[pair + 1]);
        if (i + pair < count) values[i + pair] = deviation * radius * simd::cos(angle);
        if (i + pair + 1 < count) values[i + pair + 1] = deviation * radius * simd::sin(angle);
      }
    }
  }

  Seed seed_;
};

// Begins the parameters of M anew. What M does not initialize is zero.
template <class M, class P>
void initialize_at(P& parameters, const Initializer& initializer, const Path& path) {
  if constexpr (requires { M::initialize(parameters, initializer, path); })
    M::initialize(parameters, initializer, path);
}
template <class M, class P>
void initialize(P& parameters, Seed seed) {
  const FloatEnvironment environment;
  // Not by assigning P{}: that would be a second model, on the stack.
  visit<M>([](const Path&, auto& tensor) { kernels::fill(tensor.size(), 0.0f, tensor.data()); }, parameters);
  const Initializer initializer(seed);
  initialize_at<M>(parameters, initializer, Path{});
}

}  // namespace inlay::inline INLAY_ABI
