// sequence_tasks: a transformer learns to sort and to calculate, from nothing but problems with their answers.
//
//   sequence_tasks --task sort           six digits in order
//   sequence_tasks --task add            d = a + b with two digits
//   sequence_tasks --task multiply_add   d = a b + c; a and c with two digits, b with one
//   sequence_tasks --task add10          a + b with ten digits, by a model of 1 088 parameters

#include <cstdio>
#include <exception>
#include <limits>

#include "sequence_tasks/tasks.hpp"
#include "support/command_line.hpp"
#include "support/interrupt.hpp"

namespace {

bool learn(const sequence_tasks::Options& options) {
  const examples::Executor executor{options.threads};
  if (options.task == "sort") return learn_to_sort(options, executor);
  if (options.task == "add") return learn_to_add(options, executor);
  if (options.task == "multiply_add") return learn_to_multiply_and_add(options, executor);
  return learn_to_add_ten_digits(options, executor);
}

}  // namespace

int main(int argc, char** argv) {
  using examples::one_of, examples::whole_number;

  CLI::App app{"A transformer learns to sort digits and to calculate with numbers, digit by digit.", "sequence_tasks"};
  sequence_tasks::Options options;
  options.threads = examples::default_threads();
  app.add_option("--task", options.task,
                 "sort: six digits; add: two-digit a + b; multiply_add: a b + c; add10: ten-digit a + b")
      ->required()
      ->check(one_of({"sort", "add", "multiply_add", "add10"}))
      ->type_name("TASK");
  app.add_option("--steps", options.steps, "How many steps of training (default: multiply_add 6000, others 3000)")
      ->check(whole_number(1, 1'000'000'000))
      ->type_name("N");
  app.add_option("--batch", options.batch, "How many problems a step (default: sort and add 250, others 128)")
      ->check(whole_number(100, 500))
      ->type_name("N");
  app.add_option("--exam", options.exam, "How many unseen problems to answer, or all where there are fewer")
      ->check(whole_number(1, 10'000'000))
      ->type_name("N")
      ->capture_default_str();
  app.add_option("--seed", options.seed, "The same seed gives the same weights, problems and result")
      ->check(whole_number(0, std::numeric_limits<std::uint64_t>::max()))
      ->type_name("S")
      ->capture_default_str();
  app.add_option("--threads", options.threads, "How many threads; the result does not depend on it")
      ->check(whole_number(1, 1024))
      ->type_name("N")
      ->capture_default_str();
  app.add_option("--out", options.out, "The folder for the pictures")->type_name("DIR")->capture_default_str();

  if (const auto status = examples::parse(app, argc, argv)) return *status;
  try {
    std::filesystem::create_directories(options.out);
    examples::catch_interrupts();
    if (learn(options)) return 0;
    std::printf("Interrupted; nothing is written.\n");
    return 130;  // as of a program that SIGINT ended
  } catch (const std::exception& error) {
    std::fprintf(stderr, "sequence_tasks: %s\n", error.what());
    return 2;
  }
}
