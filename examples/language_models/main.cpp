// language_models: what four kinds of language model make of the same text: n-grams, Elman's recurrent network, an LSTM
// and a transformer; those that learn have the same number of parameters.
//
//   language_models --data shakespeare.txt --out run
//
// On Shakespeare's plays (1.1 MB), bits a character of the held-out text (curves.svg):
//   5-gram       2.274   195 111 counts, each character read once
//   LSTM         2.300   172 800 parameters, 3.84 million characters read, as by the next two
//   Elman        2.406   169 312 parameters
//   transformer  2.512   168 384 parameters
// A transformer of this size needs more text than that: character_gpt has five times the parameters. On seven kilobytes
// the order is the same, and a test holds it for the first three.

#include <cstdio>
#include <exception>
#include <limits>

#include "language_models/models.hpp"
#include "language_models/report.hpp"
#include "support/command_line.hpp"
#include "support/interrupt.hpp"

namespace {

// Text that holds two windows in the tenth that is kept back.
constexpr std::size_t least_text = 20 * (language_models::context + 1);

int compare(const language_models::Options& options) {
  using language_models::Result;
  const examples::Corpus corpus = examples::load_corpus(options.data, least_text);
  std::filesystem::create_directories(options.out);
  const examples::Executor executor{options.threads};
  const language_models::Experiment experiment{options, corpus, executor};
  print_plan(experiment,
             {language_models::plan_elman(), language_models::plan_lstm(), language_models::plan_transformer()});
  examples::catch_interrupts();
  const language_models::Counted counted = count_n_grams(experiment);
  std::vector<Result> learned;
  if (!examples::interrupted()) print_result(counted.five);
  for (const auto learn :
       {&language_models::learn_elman, &language_models::learn_lstm, &language_models::learn_transformer}) {
    if (!examples::interrupted()) learned.push_back(learn(experiment));
    if (examples::interrupted()) {
      std::printf("Interrupted; nothing is written.\n");
      return 130;  // as of a program that SIGINT ended
    }
    print_result(learned.back());
  }
  report(experiment, counted, learned);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  using examples::whole_number;
  CLI::App app{"n-grams, Elman's network, an LSTM and a transformer on the same text, byte by byte.",
               "language_models"};
  language_models::Options options;
  options.data = examples::standard_library_headers();
  options.threads = examples::default_threads();
  std::string data, out;
  app.add_option("--data", data, "A file of text, or a folder of such (default: the C++ headers)")
      ->check(examples::existing_path())
      ->type_name("PATH");
  app.add_option("--steps", options.steps, "How many steps for each model that learns")
      ->check(whole_number(1, 1'000'000'000))
      ->type_name("N")
      ->capture_default_str();
  app.add_option("--out", out, "The folder for what is made (default: language_models_run)")->type_name("DIR");
  app.add_option("--sample", options.sample, "How many characters each model writes at each temperature")
      ->check(whole_number(0, 1'000'000))
      ->type_name("N")
      ->capture_default_str();
  app.add_option("--seed", options.seed, "The same seed gives the same bits")
      ->check(whole_number(0, std::numeric_limits<std::uint64_t>::max()))
      ->type_name("S")
      ->capture_default_str();
  app.add_option("--threads", options.threads, "How many threads; the result does not depend on it")
      ->check(whole_number(1, 1024))
      ->type_name("N")
      ->capture_default_str();
  if (const auto status = examples::parse(app, argc, argv)) return *status;
  if (!data.empty()) options.data = data;
  if (!out.empty()) options.out = out;
  try {
    return compare(options);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "language_models: %s\n", error.what());
    return 2;
  }
}
