// character_gpt generate: streams text, a character as soon as it is there.

#include <unistd.h>
#include <inlay/io/checkpoint.hpp>

#include <cstdio>
#include <stdexcept>
#include <string_view>

#include "character_gpt/commands.hpp"
#include "character_gpt/model.hpp"
#include "support/format.hpp"

namespace character_gpt {
namespace {

inlay::ParametersOf<Model> parameters;
inlay::Generator<Model> generator{parameters};

}  // namespace

int generate(const GenerateOptions& options) {
  const inlay::io::Status loaded =
      inlay::io::load_weights<Model>(options.model, parameters, inlay::io::Unexpected::ignore);
  if (!loaded) throw std::runtime_error(loaded.message());

  // A file or a pipe gets the bytes as they are; a terminal is spared what could confuse it.
  const bool terminal = isatty(STDOUT_FILENO) != 0;
  const auto put = [&](inlay::Token token) {
    const char character = static_cast<char>(token);
    std::putchar(terminal ? examples::printable(character) : character);
    std::fflush(stdout);
  };
  // Something has to be read before something can be written.
  const std::string_view prompt = options.prompt.empty() ? "\n" : std::string_view{options.prompt};
  for (const char character : prompt) put(static_cast<unsigned char>(character));
  generator.write(prompt, options.tokens,
                  inlay::Sampling{.temperature = options.temperature,
                                  .top_k = options.top_k,
                                  .top_p = options.top_p,
                                  .seed = options.seed,
                                  .past_context = inlay::PastContext::keep_newest_half},
                  put);
  if (terminal) std::putchar('\n');
  return 0;
}

}  // namespace character_gpt
