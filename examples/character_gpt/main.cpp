// character_gpt: a small GPT that learns to write like the text it is given.
//
//   character_gpt train --data shakespeare.txt --out run
//   character_gpt generate --model run/model.safetensors --prompt "ROMEO:"

#include <cstdio>
#include <exception>
#include <limits>

#include "character_gpt/commands.hpp"
#include "character_gpt/model.hpp"
#include "support/command_line.hpp"
#include "support/executor.hpp"

int main(int argc, char** argv) {
  using examples::existing_file, examples::existing_path, examples::real_number, examples::whole_number;
  constexpr auto any = std::numeric_limits<std::uint64_t>::max();

  CLI::App app{"A small GPT that learns to write like the text it is given, byte by byte.",
               character_gpt::program_name};
  app.require_subcommand(1);

  character_gpt::TrainOptions training;
  training.program = argv[0];
  training.threads = examples::default_threads();
  CLI::App* train = app.add_subcommand("train", "Learn from text");
  train->add_option("--data", training.data, "A file of text, or a folder of such (default: the C++ headers)")
      ->check(existing_path())
      ->type_name("PATH");
  train->add_option("--steps", training.steps, "How many steps (default: 2000)")
      ->check(whole_number(1, 1'000'000'000))
      ->type_name("N");
  train->add_option("--out", training.out, "The folder for what is made (default: character_gpt_run)")
      ->type_name("DIR");
  train->add_option("--resume", training.resume, "Go on from a training.safetensors")
      ->check(existing_file())
      ->type_name("FILE");
  train->add_option("--seed", training.seed, "The same seed gives the same bits (default: 1)")
      ->check(whole_number(0, any))
      ->type_name("S");
  train->add_option("--threads", training.threads, "How many threads; the result does not depend on it")
      ->check(whole_number(1, 1024))
      ->type_name("N")
      ->capture_default_str();
  train->add_option("--save-every", training.save_every, "Seconds from one checkpoint to the next; 0 saves each step")
      ->check(real_number(0, 1e9))
      ->type_name("SECONDS")
      ->capture_default_str();

  character_gpt::GenerateOptions writing;
  CLI::App* generate = app.add_subcommand("generate", "Write text with a trained model");
  generate->add_option("--model", writing.model, "A model.safetensors that train has made")
      ->required()
      ->check(existing_file())
      ->type_name("FILE");
  generate->add_option("--prompt", writing.prompt, "What the text begins with (default: a new line)")
      ->type_name("TEXT");
  generate->add_option("--tokens", writing.tokens, "How many characters to write")
      ->check(whole_number(1, 1'000'000'000))
      ->type_name("N")
      ->capture_default_str();
  generate->add_option("--temperature", writing.temperature, "0 takes the likeliest character, 1 follows the model")
      ->check(real_number(0, 100))
      ->type_name("T")
      ->capture_default_str();
  generate->add_option("--top-k", writing.top_k, "Choose among the K likeliest (default: all)")
      ->check(whole_number(1, 256))
      ->type_name("K");
  generate->add_option("--top-p", writing.top_p, "Choose among the likeliest that make up this probability")
      ->check(real_number(0, 1))
      ->type_name("P")
      ->capture_default_str();
  generate->add_option("--seed", writing.seed, "The same seed writes the same text")
      ->check(whole_number(0, any))
      ->type_name("S")
      ->capture_default_str();

  if (const auto status = examples::parse(app, argc, argv)) return *status;
  try {
    return train->parsed() ? character_gpt::train(training) : character_gpt::generate(writing);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s: %s\n", character_gpt::program_name, error.what());
    return 2;
  }
}
