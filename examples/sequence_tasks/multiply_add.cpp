// sequence_tasks --task multiply_add: d = a b + c with two-digit a and c and one-digit b. The lecture's own
// transformer, wider than for sums: it has a table of products to learn.

#include "sequence_tasks/learning.hpp"
#include "sequence_tasks/lecture_model.hpp"

namespace sequence_tasks {
namespace {

constexpr Shape shape{.d = 64, .k = 32, .p = 256, .layers = 2};
using Model = inlay::Gpt<lecture_model<MultiplyAdd>(shape)>;

}  // namespace

bool learn_to_multiply_and_add(const Options& options, const examples::Executor& executor) {
  return learn<MultiplyAdd, Model>(options, executor,
                                   {.problems = "d = a b + c; a and c with two digits, b with one",
                                    .formula = lecture_formula<MultiplyAdd>(shape),
                                    .steps = 10'000,
                                    .batch = 250,
                                    .peak_rate = 2e-3F});
}

}  // namespace sequence_tasks
