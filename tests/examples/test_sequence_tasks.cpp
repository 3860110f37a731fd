// The problems of sequence_tasks, what is trained on and what is not, and where a model looks.

#include <algorithm>
#include <memory>
#include <set>
#include <vector>

#include "sequence_tasks/learning.hpp"
#include "sequence_tasks/lecture_model.hpp"
#include "support/catch.hpp"

namespace {

using namespace sequence_tasks;

std::vector<Token> list(std::span<const Token> tokens) { return {tokens.begin(), tokens.end()}; }

TEST_CASE("sequence_tasks: problems are written as tokens, numbers from their last digit on", "[lecture-a]") {
  CHECK(list(Sort::sequence_of(951413)) == std::vector<Token>{3, 1, 4, 1, 5, 9, 1, 1, 3, 4, 5, 9});
  CHECK(Sort::text(Sort::sequence_of(951413)) == "3 1 4 1 5 9 -> 1 1 3 4 5 9");
  CHECK(list(Add::sequence_of(27 + 100 * 85)) == std::vector<Token>{7, 2, 5, 8, 2, 1, 1});
  CHECK(Add::text(Add::sequence_of(27 + 100 * 85)) == "27 + 85 = 112");
  CHECK(list(MultiplyAdd::sequence_of(98 + 100 * 7 + 1000 * 65)) == std::vector<Token>{8, 9, 7, 5, 6, 1, 5, 7});
  CHECK(MultiplyAdd::text(MultiplyAdd::sequence_of(98 + 100 * 7 + 1000 * 65)) == "98 * 7 + 65 = 751");
  const auto longest = AddTenDigits::sequence_of({.a = 9'999'999'999, .b = 1});
  CHECK(AddTenDigits::text(longest) == "9999999999 + 0000000001 = 10000000000");
  CHECK(longest[10] == AddTenDigits::plus);
  CHECK(longest[11] == 1);
  CHECK(longest[21] == AddTenDigits::equals);
  CHECK(longest[32] == 1);
}

template <class Task>
void check_split(std::size_t unseen) {
  const std::vector<std::uint64_t> exam = unseen_problems<Task>(unseen);
  CHECK(exam.size() == unseen);
  CHECK(std::set<std::uint64_t>(exam.begin(), exam.end()).size() == unseen);
  CHECK(std::ranges::all_of(exam, [](std::uint64_t problem) { return Task::is_unseen(problem); }));
  std::size_t same = 0;
  for (std::uint64_t row = 0; row < 500; ++row) {
    const std::uint64_t problem = training_problem<Task>(1, 2, row);
    CHECK(!Task::is_unseen(problem));
    same += training_problem<Task>(2, 2, row) == problem || training_problem<Task>(1, 3, row) == problem;
  }
  CHECK(same < 5);
}

TEST_CASE("sequence_tasks: unseen problems are different ones, and none of them is trained on") {
  check_split<Sort>(2000);
  check_split<Add>(1008);
  CHECK(unseen_problems<Add>(5000).size() == 1008);  // all that there are
  check_split<MultiplyAdd>(2000);
  check_split<AddTenDigits>(2000);
  for (const std::uint64_t problem : unseen_problems<AddTenDigits>(100)) {
    const auto [a, b] = AddTenDigits::pair_of(problem);
    CHECK((a < 10'000'000'000 && b < 10'000'000'000));
    CHECK((a >= 100'000 && b >= 100'000));  // drawn from all numbers with ten digits, not from short ones
  }
  // Training has numbers of all lengths.
  std::size_t shorter = 0;
  for (std::uint64_t row = 0; row < 500; ++row)
    shorter += AddTenDigits::pair_of(training_problem<AddTenDigits>(1, 0, row)).a < 100'000;
  CHECK((shorter > 200 && shorter < 300));
}

TEST_CASE("sequence_tasks: a sequence is trained on itself shifted, and its answer alone counts", "[lecture-a]") {
  Exercise<Add> exercise{100};
  const inlay::Batch step = exercise.of_step(1, 0);
  REQUIRE(step.inputs.size() == 100 * 6);
  REQUIRE(step.targets.labels.size() == 100 * 6);
  for (std::size_t row = 0; row < 100; ++row) {
    const auto in = step.inputs.subspan(6 * row, 6), out = step.targets.labels.subspan(6 * row, 6);
    const auto sequence = Add::sequence_of(training_problem<Add>(1, 0, row));
    CHECK(list(in) == std::vector<Token>(sequence.begin(), sequence.end() - 1));
    for (std::size_t i = 0; i < 6; ++i) CHECK(out[i] == (i < 3 ? inlay::ignored_label : sequence[i + 1]));
  }
}

TEST_CASE("sequence_tasks: the number of parameters, and the maps of a model's attention", "[lecture-a]") {
  constexpr Shape shape{.d = 10, .k = 7, .p = 15, .layers = 2};
  using Model = inlay::Gpt<lecture_model<Add>(shape)>;
  const auto parameters = std::make_unique<inlay::ParametersOf<Model>>();
  CHECK(inlay::parameter_count<Model>(*parameters) == lecture_formula<Add>(shape).value);
  CHECK(lecture_formula<Add>(shape).value == 2 * 10 * 10 + 10 * 6 + 2 * (4 * 7 * 10 + 2 * 15 * 10));

  inlay::initialize<Model>(*parameters, inlay::Seed{1});
  inlay::visit<Model>(
      [](const inlay::Path&, auto& tensor) {
        for (float& value : tensor) value *= 30.0F;
      },
      *parameters);
  const inlay::BuffersOf<Model> buffers{};
  const auto maps = std::make_unique<AttentionMaps<Model>>(*parameters, buffers);
  const std::vector<Token> sequence{7, 2, 5, 8, 2};
  const auto drawn = maps->of(sequence);
  REQUIRE(drawn.size() == 2);
  CHECK(drawn[0].title == "layer 1, head 1");
  CHECK(drawn[1].title == "layer 2, head 1");
  CHECK(drawn[0].values != drawn[1].values);
  for (const auto& map : drawn) {
    REQUIRE(map.values.size() == 25);
    for (std::size_t i = 0; i < 5; ++i) {
      double sum = 0;
      for (std::size_t j = 0; j < 5; ++j) {
        sum += map.values[5 * i + j];
        if (j > i) CHECK(map.values[5 * i + j] == 0);
      }
      CHECK(sum > 0.999);
      CHECK(sum < 1.001);
    }
  }
}

}  // namespace
