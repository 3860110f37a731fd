// sequence_tasks --task sort: six digits in order. The lecture's own transformer.

#include "sequence_tasks/learning.hpp"
#include "sequence_tasks/lecture_model.hpp"

namespace sequence_tasks {
namespace {

constexpr Shape shape{.d = 32, .k = 16, .p = 64, .layers = 2};
using Model = inlay::Gpt<lecture_model<Sort>(shape)>;

}  // namespace

bool learn_to_sort(const Options& options, const examples::Executor& executor) {
  return learn<Sort, Model>(options, executor,
                            {.problems = "six digits in order",
                             .formula = lecture_formula<Sort>(shape),
                             .steps = 3000,
                             .batch = 250,
                             .peak_rate = 3e-3F});
}

}  // namespace sequence_tasks
