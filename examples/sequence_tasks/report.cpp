#include "sequence_tasks/report.hpp"

#include <cstdio>
#include <stdexcept>

#include "support/format.hpp"
#include "support/plot.hpp"

namespace sequence_tasks {
namespace {

using examples::fixed, examples::grouped;

void draw_losses(const Options& options, const std::vector<double>& losses, const std::string& result) {
  examples::write_svg(options.picture("loss"), examples::Plot{.title = "sequence_tasks: " + options.task,
                                                              .subtitle = result,
                                                              .x_label = "step",
                                                              .y_label = "nats for a digit of the answer",
                                                              .series = examples::series_of_losses(losses)});
}

}  // namespace

void print_plan(const Options& options, const Plan& plan) {
  if (plan.formula.value != plan.counted)
    throw std::runtime_error("the model of " + options.task + " has " + grouped(plan.counted) +
                             " parameters, and not the " + grouped(plan.formula.value) + " of the formula " +
                             plan.formula.text);
  std::printf("Problems    %s; a tenth is never trained on\n", plan.problems.c_str());
  std::printf("Model       %s\n", plan.formula.model.c_str());
  std::printf("Parameters  %s = %s by formula, %s by count; all of training in %s\n", plan.formula.text.c_str(),
              grouped(plan.formula.value).c_str(), grouped(plan.counted).c_str(), examples::bytes(plan.bytes).c_str());
  std::printf("Work        %s steps of %s problems by Adam, learning rate %g, falling; seed %llu\n\n",
              grouped(plan.steps).c_str(), grouped(plan.batch).c_str(), static_cast<double>(plan.peak_rate),
              static_cast<unsigned long long>(options.seed));
}

void report(const Options& options, const Plan& plan, const Outcome& outcome) {
  const Examination& exam = outcome.examination;
  const std::string result = grouped(exam.right) + " of " + grouped(exam.problems) + " unseen problems exact (" +
                             fixed(exam.percent(), 2) + " %) after " + grouped(plan.steps) + " steps";
  draw_losses(options, outcome.losses, result);
  examples::write_svg(options.picture("attention"), outcome.attention);
  std::printf("Trained in %s\n", examples::duration(outcome.seconds).c_str());
  for (const std::string& wrong : exam.wrong) std::printf("  wrong: %s\n", wrong.c_str());
  std::printf("%s  the loss\n%s  where each head looks\n\n", options.picture("loss").c_str(),
              options.picture("attention").c_str());
  std::printf("%s: %s\n", options.task.c_str(), result.c_str());
}

}  // namespace sequence_tasks
