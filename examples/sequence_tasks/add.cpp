// sequence_tasks --task add: d = a + b of two-digit numbers. The lecture's own transformer.

#include "sequence_tasks/learning.hpp"
#include "sequence_tasks/lecture_model.hpp"

namespace sequence_tasks {
namespace {

constexpr Shape shape{.d = 32, .k = 16, .p = 64, .layers = 2};
using Model = inlay::Gpt<lecture_model<Add>(shape)>;

}  // namespace

bool learn_to_add(const Options& options, const examples::Executor& executor) {
  return learn<Add, Model>(options, executor,
                           {.problems = "d = a + b with two digits",
                            .formula = lecture_formula<Add>(shape),
                            .steps = 3000,
                            .batch = 250,
                            .peak_rate = 3e-3F});
}

}  // namespace sequence_tasks
