// masked_language: BERT in small. An encoder learns from text alone, by filling gaps and by saying whether one passage
// follows another; what it has learned is then of use to others.
//
//   masked_language --data shakespeare.txt --fill "to be or not to [MASK]" --like king --differences "king - man +
//   woman"
//
//   gaps         the words that are missing, and how sure it is of them
//   order        a classifier of one text: whether its words stand in their order, or some changed places
//   pairs        a classifier of two texts: whether the second follows the first, as in pre-training
//   neighbours   words and passages that are near each other by the cosine of their vectors; differences of vectors
//
// Both classifiers learn from a few labelled passages, once from the pre-trained encoder and once from random weights.
// The headers of the C++ library: order 93 % instead of 48 %, pairs 76 % instead of 50 %, which is chance.
// Shakespeare's plays (1.1 MB): order 96 % instead of 49 %, pairs no better than chance, for which this text and this
// model are small.

#include <algorithm>
#include <cstdio>
#include <exception>
#include <limits>
#include <stdexcept>

#include "masked_language/report.hpp"
#include "support/command_line.hpp"
#include "support/interrupt.hpp"

namespace {

using namespace masked_language;

int interrupted() {
  std::printf("Interrupted; nothing more is written.\n");
  return 130;  // as of a program that SIGINT ended
}

// What the user asks must be answerable, before the work and not after it.
void check(const Options& options, const Text& text) {
  for (const std::string& fill : options.fill) {
    const std::vector<Token> tokens = text.vocabulary().tokens(fill);
    if (std::ranges::find(tokens, Vocabulary::gap) == tokens.end())
      throw std::runtime_error("--fill: expected a text with " + std::string{Vocabulary::gap_text} + " in it, found '" +
                               fill + "'");
    if (tokens.size() > context - 2)
      throw std::runtime_error("--fill: expected at most " + std::to_string(context - 2) + " words and signs, found " +
                               std::to_string(tokens.size()));
  }
  const auto known = [&](const char* option, const std::string& word) {
    if (text.vocabulary().token(word) == Vocabulary::rare)
      throw std::runtime_error(std::string{option} + ": expected one of the " +
                               std::to_string(text.vocabulary().size() - Vocabulary::first_word) +
                               " most frequent words of the text, found '" + word + "'");
  };
  for (const std::string& word : options.like) {
    const std::vector<std::string> words = words_of(word);
    if (words.size() != 1) throw std::runtime_error("--like: expected one word, found '" + word + "'");
    known("--like", words.front());
  }
  for (const std::string& sum : options.differences)
    for (const Sum::Term& term : parse_sum(sum).terms) known("--differences", term.word);
}

int run(const Options& options) {
  const examples::Corpus corpus = examples::load_corpus(options.data, 1);
  const Text text{corpus.source, words_of({reinterpret_cast<const char*>(corpus.text.data()), corpus.text.size()})};
  check(options, text);
  std::filesystem::create_directories(options.out);
  const examples::Executor executor{options.threads};
  const Experiment experiment{options, text, executor};
  print_plan(experiment, corpus);
  examples::catch_interrupts();
  const auto gaps = pre_train(experiment);
  if (!gaps) return interrupted();
  report_pre_training(experiment, *gaps);
  report_gaps(experiment);
  report_similarity(experiment);
  const auto order = fine_tune(experiment, Question::order);
  if (!order) return interrupted();
  const auto follows = fine_tune(experiment, Question::follows);
  if (!follows) return interrupted();
  report_fine_tuning(experiment, *order, *follows);
  report_result(experiment, *gaps, *order, *follows);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  using examples::whole_number;
  CLI::App app{"BERT in small: an encoder learns from text with gaps, and is then made a classifier.",
               "masked_language"};
  Options options;
  options.data = examples::standard_library_headers();
  options.threads = examples::default_threads();
  std::string data, out;
  app.add_option("--data", data, "A file of text, or a folder of such (default: the C++ headers)")
      ->check(examples::existing_path())
      ->type_name("PATH");
  app.add_option("--steps", options.steps, "How many steps of pre-training")
      ->check(whole_number(1, 1'000'000'000))
      ->type_name("N")
      ->capture_default_str();
  app.add_option("--fine-steps", options.fine_steps, "How many steps for each classifier")
      ->check(whole_number(1, 1'000'000'000))
      ->type_name("N")
      ->capture_default_str();
  app.add_option("--labels", options.labels, "How many labelled passages a classifier learns from")
      ->check(whole_number(1, 1'000'000))
      ->type_name("N")
      ->capture_default_str();
  app.add_option("--fill", options.fill, "A text with [MASK] for each gap that is to be filled")->type_name("TEXT");
  app.add_option("--like", options.like, "A word whose neighbours are wanted")->type_name("WORD");
  app.add_option("--differences", options.differences, "A sum of words, such as 'king - man + woman'")
      ->type_name("SUM");
  app.add_option("--out", out, "The folder for the pictures (default: masked_language_run)")->type_name("DIR");
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
    return run(options);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "masked_language: %s\n", error.what());
    return 2;
  }
}
