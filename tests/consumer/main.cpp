// A user's program: the core, and the compiled components as far as they were installed.
#include <inlay/inlay.hpp>
#include <inlay/version.hpp>

#include "model.hpp"
#if defined(CONSUMER_TBB)
#include <inlay/tbb.hpp>
#endif
#if defined(CONSUMER_IO)
#include <inlay/io/safetensors.hpp>
#endif
#if defined(CONSUMER_WEIGHTS)
#include "embedded_weights.hpp"
#endif

#include <cstdio>

static tiny::Trainer trainer;

int main() {
  std::printf("inlay %d.%d.%d\n", INLAY_VERSION_MAJOR, INLAY_VERSION_MINOR, INLAY_VERSION_PATCH);
  static const inlay::Tensor<inlay::Token, 2, 8> tokens{};
  trainer.initialize(inlay::Seed{1});
  const auto serial = trainer.step({tokens, {tokens}}, inlay::AdamW{.learning_rate = 1e-3f}, inlay::Serial{});
  std::printf("loss %f\n", static_cast<double>(serial.loss));
  if (!(serial.loss > 1.0f && serial.loss < 5.0f)) return 1;
#if defined(CONSUMER_TBB)
  const inlay::Tbb executor{2};
  int calls[100] = {};
  executor.for_each(100, [&](std::size_t task, std::size_t) { ++calls[task]; });
  for (const int count : calls)
    if (count != 1) return 1;
#endif
#if defined(CONSUMER_IO)
  const auto file = inlay::io::SafetensorsReader::open("no such file.safetensors");
  if (file) return 1;
  std::printf("%s\n", file.message().c_str());
#endif
#if defined(CONSUMER_WEIGHTS)
  using Writer = inlay::Gpt<inlay::GptConfig{.vocabulary = 256,
                                             .context = 64,
                                             .width = 32,
                                             .heads = 4,
                                             .layers = 2,
                                             .biases = false,
                                             .activation = inlay::Activation::gelu_erf}>;
  if (inlay::embedded::embedded_mismatch<Writer>() != nullptr) return 1;
#endif
  return 0;
}
