// Writes text with a GPT whose weights stay in flash: trained on the host by character_gpt_small, linked in by
// inlay_embed_weights. The text is that of
//
//   character_gpt_small generate --model shakespeare.safetensors --prompt ROMEO: --tokens 400 --seed 1
//
// to the last character. In RAM there are the keys and values of 64 positions and the activations of 8.

#include <inlay/generation/generator.hpp>

#include "character_gpt/model.hpp"
#include "shakespeare_weights.hpp"
#include "support/bits.hpp"
#include "support/board.hpp"

namespace {

using Model = character_gpt::Model;
constexpr std::size_t tokens = 400;
constexpr inlay::Sampling sampling{
    .temperature = 0.8f, .seed = 1, .past_context = inlay::PastContext::keep_newest_half};

const inlay::ParametersOf<Model>& weights = inlay::embedded::shakespeare<Model>();
inlay::Generator<Model, inlay::GeneratorConfig{.chunk = 8}> generator{weights};

void put(inlay::Token token) { board::print_character(static_cast<char>(token)); }

}  // namespace

int main() {
  if (!board::is_in_flash(&weights)) {
    board::print("the weights were expected in flash, found in RAM\n");
    return 1;
  }
  board::note_bits();
  constexpr std::string_view prompt = "ROMEO:";
  for (const char character : prompt) put(static_cast<unsigned char>(character));
  const std::uint64_t begin = board::instructions();
  generator.write(prompt, 0, sampling, put);
  const std::uint64_t read = board::instructions();
  const std::size_t written = generator.write("", tokens, sampling, put);
  const std::uint64_t end = board::instructions();
  board::print("\n");
  // Reading the newest half again, each time the context is full, is in the average.
  board::measure("instructions per token of the prompt", (read - begin) / prompt.size());
  board::measure("instructions per token", (end - read) / tokens);
  board::measure_memory();
  return written == tokens ? 0 : 1;
}
