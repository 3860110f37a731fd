// classify: points of the plane in two classes, learned by a perceptron and by multilayer perceptrons.
//
//   classify --task perceptron       a line that separates two classes
//   classify --task xor              what one layer cannot learn, and two can
//   classify --task spirals          two spirals, by four ways of descending

#include <cstdio>
#include <exception>
#include <limits>

#include "classify/tasks.hpp"
#include "support/command_line.hpp"

int main(int argc, char** argv) {
  using examples::one_of, examples::whole_number;

  CLI::App app{"Points of the plane in two classes, learned by a perceptron and by multilayer perceptrons.",
               "classify"};
  classify::Options options;
  app.add_option("--task", options.task, "perceptron: a line; xor: one layer and two; spirals: four optimizers")
      ->required()
      ->check(one_of({"perceptron", "xor", "spirals"}))
      ->type_name("TASK");
  app.add_option("--points", options.points, "How many to learn from (default: perceptron 100, spirals 400)")
      ->check(whole_number(2, 100'000))
      ->type_name("N");
  app.add_option("--epochs", options.epochs,
                 "How often each point is seen (default: xor 500, spirals 100; perceptron until no mistake is left, at "
                 "most 1000 epochs)")
      ->check(whole_number(1, 1'000'000))
      ->type_name("N");
  app.add_option("--seed", options.seed, "The same seed gives the same points, weights and result")
      ->check(whole_number(0, std::numeric_limits<std::uint64_t>::max()))
      ->type_name("S")
      ->capture_default_str();
  app.add_option("--out", options.out, "The folder for the pictures")->type_name("DIR")->capture_default_str();

  if (const auto status = examples::parse(app, argc, argv)) return *status;
  try {
    std::filesystem::create_directories(options.out);
    if (options.task == "perceptron")
      classify::learn_perceptron(options);
    else if (options.task == "xor")
      classify::learn_exclusive_or(options);
    else
      classify::learn_spirals(options);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "classify: %s\n", error.what());
    return 2;
  }
}
