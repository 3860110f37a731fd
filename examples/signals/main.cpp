// signals: a streaming transformer that names what a noisy three-axis motion signal shows, and forecasts its next
// values, at every sample.
//
//   signals                              trains on made-up signals, then streams unseen ones
//   signals --data FILE.csv              streams a recording of your own (columns x, y, z in g, and label where known)
//   signals --model DIR/model.safetensors --data FILE.csv      the same without training again

#include <cstdio>
#include <exception>
#include <limits>

#include "signals/report.hpp"
#include "support/command_line.hpp"
#include "support/interrupt.hpp"

namespace {

using signals::Options;

// Unseen signals: a minute each.
constexpr std::size_t exams = 20, exam_samples = 60 * signals::rate;

// False where the user has interrupted.
bool run(const Options& options) {
  const examples::Executor executor{options.threads};
  // What may be wrong is found before the work.
  const signals::Recording own = options.data.empty() ? signals::Recording{} : signals::read_recording(options.data);
  if (!options.model.empty()) signals::load(options.model);
  signals::print_plan(options);
  if (options.model.empty()) {
    const auto losses = signals::train(options, executor);
    if (!losses) return false;
    signals::draw_losses(options, *losses);
    signals::save(options.out / "model.safetensors");
  }
  signals::Results results;
  if (!options.data.empty()) {
    const signals::Answers answers = signals::stream(own, results);
    signals::draw_signal(options, own, answers);
    signals::write_answers(options, answers);
  }
  for (std::size_t i = 0; i < exams && options.data.empty(); ++i) {
    if (examples::interrupted()) return false;
    const signals::Recording recording = signals::generate(~std::uint64_t{i}, exam_samples);
    const signals::Answers answers = signals::stream(recording, results);
    if (i == 0) signals::draw_signal(options, recording, answers);
  }
  signals::finish(results);
  if (!options.data.empty()) std::printf("%s  every answer\n", (options.out / "answers.csv").string().c_str());
  signals::report(options, options.data.empty() ? "unseen signals" : options.data.filename().string(), results);
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  using examples::existing_file, examples::whole_number;

  CLI::App app{
      "A streaming transformer names what a motion signal shows and forecasts its next values, at every sample.",
      "signals"};
  Options options;
  options.threads = examples::default_threads();
  app.add_option("--data", options.data,
                 "A recording of your own: a CSV file with the columns x, y, z (acceleration in g, "
                 "50 samples a second), and label where known")
      ->check(existing_file())
      ->type_name("FILE");
  app.add_option("--model", options.model, "Weights of an earlier run, in place of training")
      ->check(existing_file())
      ->type_name("FILE");
  app.add_option("--steps", options.steps, "How many steps of training")
      ->check(whole_number(1, 1'000'000'000))
      ->type_name("N")
      ->capture_default_str();
  app.add_option("--seed", options.seed, "The same seed gives the same weights, signals and result")
      ->check(whole_number(0, std::numeric_limits<std::uint64_t>::max()))
      ->type_name("S")
      ->capture_default_str();
  app.add_option("--threads", options.threads, "How many threads train; the result does not depend on it")
      ->check(whole_number(1, 1024))
      ->type_name("N")
      ->capture_default_str();
  app.add_option("--out", options.out, "The folder for weights and pictures")->type_name("DIR")->capture_default_str();

  if (const auto status = examples::parse(app, argc, argv)) return *status;
  try {
    std::filesystem::create_directories(options.out);
    examples::catch_interrupts();
    if (run(options)) return 0;
    std::printf("Interrupted; nothing more is written.\n");
    return 130;  // as of a program that SIGINT ended
  } catch (const std::exception& error) {
    std::fprintf(stderr, "signals: %s\n", error.what());
    return 2;
  }
}
