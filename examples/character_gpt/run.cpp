#include "character_gpt/run.hpp"

#include <charconv>
#include <stdexcept>

#include "support/corpus.hpp"
#include "support/executor.hpp"

namespace character_gpt {
namespace {

std::string text_of(const inlay::io::Metadata& metadata, const std::string& file, std::string_view key) {
  for (const auto& [name, text] : metadata)
    if (name == key) return text;
  throw std::runtime_error(file + ": expected the entry '" + std::string{key} +
                           "' that character_gpt leaves in its checkpoints, found none");
}

std::uint64_t number_of(const inlay::io::Metadata& metadata, const std::string& file, std::string_view key) {
  const std::string text = text_of(metadata, file, key);
  std::uint64_t value = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  if (result.ec != std::errc{} || result.ptr != text.data() + text.size())
    throw std::runtime_error(file + ": expected a whole number in the entry '" + std::string{key} + "', found '" +
                             text + "'");
  return value;
}

}  // namespace

Run make_run(const TrainOptions& options, Trainer& trainer) {
  Run run;
  run.program = options.program;
  run.parameters = inlay::parameter_count<Model>(trainer.parameters());
  run.data = examples::standard_library_headers();
  run.out = "character_gpt_run";
  run.threads = examples::used_threads(options.threads);
  run.save_every = options.save_every;
  if (options.resume) {
    inlay::io::DataPosition data;
    const auto loaded = inlay::io::load_training(*options.resume, trainer, &data);
    if (!loaded) throw std::runtime_error(loaded.message());
    run.data = text_of(*loaded, *options.resume, "data");
    run.seed = trainer.state().seed;
    run.steps = number_of(*loaded, *options.resume, "steps");
    if (!options.data) run.fingerprint = data.fingerprint;
    run.out = std::filesystem::absolute(*options.resume).parent_path();
    if (options.seed && *options.seed != run.seed)
      throw std::runtime_error(*options.resume + ": expected --seed " + std::to_string(run.seed) +
                               ", with which it began, found " + std::to_string(*options.seed));
  }
  if (options.data) run.data = std::filesystem::absolute(*options.data);
  if (options.seed) run.seed = *options.seed;
  if (options.steps) run.steps = *options.steps;
  if (options.out) run.out = *options.out;
  return run;
}

}  // namespace character_gpt
