// translate: Italian number words into English ones, from 0 to 999 999, by the encoder-decoder transformer of 2017 and
// by what came before it, an LSTM with attention.
//
//   translate --out run --translate duecentoquarantatré
//
// A grammar writes both sides. Numbers that nobody was trained on are translated greedily, by a beam, and by that beam
// with an n-gram model of English rescoring it; once as they are, and once with a typing mistake in each.

#include <cstdio>
#include <exception>
#include <limits>

#include "support/command_line.hpp"
#include "support/interrupt.hpp"
#include "translate/report.hpp"

namespace {

int run(const translate::Options& options) {
  using translate::Result;
  for (const std::string& text : options.translate) translate::letters_of(text);  // before the work, not after it
  const examples::Executor executor{options.threads};
  std::filesystem::create_directories(options.out);
  const translate::Experiment experiment = prepare(options, executor);
  std::vector<Result (*)(const translate::Experiment&)> learners;
  std::vector<Result> plans, results;
  if (options.model != "lstm") {
    plans.push_back(translate::plan_transformer());
    learners.push_back(&translate::learn_transformer);
  }
  if (options.model != "transformer") {
    plans.push_back(translate::plan_lstm());
    learners.push_back(&translate::learn_lstm);
  }
  print_plan(options, experiment, plans);
  translate::count_english(experiment.training);
  examples::catch_interrupts();
  for (const auto learn : learners) {
    results.push_back(learn(experiment));
    if (examples::interrupted()) {
      std::printf("Interrupted; nothing is written.\n");
      return 130;  // as of a program that SIGINT ended
    }
    print_result(results.back());
  }
  report(options, results);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  using examples::one_of, examples::whole_number;

  CLI::App app{"Translates Italian number words into English ones, by a transformer and by an LSTM with attention.",
               "translate"};
  translate::Options options;
  options.threads = examples::default_threads();
  app.add_option("--model", options.model, "transformer, lstm or both")
      ->check(one_of({"transformer", "lstm", "both"}))
      ->type_name("MODEL")
      ->capture_default_str();
  app.add_option("--steps", options.steps, "How many steps of training for each model")
      ->check(whole_number(1, 1'000'000'000))
      ->type_name("N")
      ->capture_default_str();
  app.add_option("--pairs", options.pairs, "How many numbers to learn from")
      ->check(whole_number(100, 100'000))
      ->type_name("N")
      ->capture_default_str();
  app.add_option("--exam", options.exam, "How many unseen numbers to translate")
      ->check(whole_number(1, 10'000))
      ->type_name("N")
      ->capture_default_str();
  app.add_option("--translate", options.translate, "Italian number words to translate after training")
      ->type_name("WORD");
  app.add_option("--seed", options.seed, "The same seed gives the same weights, numbers and result")
      ->check(whole_number(0, std::numeric_limits<std::uint64_t>::max()))
      ->type_name("S")
      ->capture_default_str();
  app.add_option("--threads", options.threads, "How many threads; the result does not depend on it")
      ->check(whole_number(1, 1024))
      ->type_name("N")
      ->capture_default_str();
  app.add_option("--out", options.out, "The folder for the pictures and the table")
      ->type_name("DIR")
      ->capture_default_str();

  if (const auto status = examples::parse(app, argc, argv)) return *status;
  try {
    return run(options);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "translate: %s\n", error.what());
    return 2;
  }
}
