// How a batch is cut does not matter: passes, micro-batches, packing and recomputation.
#include "parallel/thread_pool.hpp"
#include "support/catch.hpp"
#include "support/training.hpp"

#include <memory>

namespace {

using inlay::Serial;

constexpr inlay::GptConfig untied{.vocabulary = 29,
                                  .context = 10,
                                  .width = 20,
                                  .heads = 2,
                                  .layers = 2,
                                  .tied = false,
                                  .activation = inlay::Activation::gelu_erf,
                                  .dropout = 0.2f};
constexpr inlay::GptConfig tied{.vocabulary = 29, .context = 10, .width = 20, .heads = 2, .layers = 1, .dropout = 0.2f};
constexpr inlay::GptConfig post_norm{.vocabulary = 29,
                                     .context = 10,
                                     .width = 20,
                                     .heads = 2,
                                     .layers = 2,
                                     .tied = false,
                                     .activation = inlay::Activation::relu,
                                     .norm = inlay::NormKind::root_mean_square,
                                     .placement = inlay::NormPlacement::after,
                                     .positions = inlay::Positions::sinusoidal,
                                     .dropout = 0.2f};

template <inlay::GptConfig C, std::size_t Slices, std::size_t RowsPerPass = 0,
          inlay::Recompute R = inlay::Recompute::none>
using Trainer =
    inlay::Trainer<inlay::Gpt<C>,
                   inlay::TrainerConfig{.batch = 6, .slices = Slices, .rows_per_pass = RowsPerPass, .recompute = R}>;

template <class T>
std::unique_ptr<T> make() {
  auto trainer = std::make_unique<T>();
  trainer->initialize(inlay::Seed{11});
  return trainer;
}

const inlay::AdamW optimizer{.learning_rate = 1e-2f, .clip_norm = 1.0f};

// Two steps, so that the second begins from what the first left; everything that is kept, and the losses.
struct Outcome {
  std::vector<float> gradients, kept, reports;
};
template <class T, class Accumulate>
Outcome two_steps(Accumulate&& accumulate) {
  const auto trainer = make<T>();
  Outcome result;
  for (int step = 0; step < 2; ++step) {
    accumulate(*trainer);
    if (step == 0) result.gradients = numbers_of<typename T::ModelType>(trainer->gradients());
    const auto report = trainer->update(optimizer, Serial{});
    REQUIRE_FALSE(report.skipped);
    result.reports.push_back(report.loss);
    result.reports.push_back(report.gradient_norm);
  }
  result.kept = numbers_kept_by(*trainer);
  return result;
}
// Of several slices' gradients only the first slice's are compared, so the slices have to be cut alike.
void check_same(const Outcome& a, const Outcome& b) {
  CHECK(same_bits(a.gradients, b.gradients));
  CHECK(same_bits(a.kept, b.kept));
  CHECK(same_bits(a.reports, b.reports));
}

template <class T>
std::vector<float> first_moment(const T& trainer) {
  return numbers_of<typename T::ModelType>(trainer.moment(0));
}

const OwnedBatch large(120, 29, 1);  // twelve sequences

template <class T>
void check_micro_batches(std::initializer_list<std::size_t> sizes) {
  const auto at_once = two_steps<T>([](T& trainer) { trainer.accumulate(large.view(), Serial{}); });
  const auto in_parts = two_steps<T>([&](T& trainer) {
    std::size_t first = 0;
    for (const std::size_t sequences : sizes) {
      trainer.accumulate(large.part(first, 10 * sequences).view(), Serial{});
      first += 10 * sequences;
    }
    REQUIRE(first == large.inputs.size());
  });
  check_same(at_once, in_parts);
}

}  // namespace

TEST_CASE("Micro-batches give the bits of the large batch") {
  SECTION("untied, before") { check_micro_batches<Trainer<untied, 1>>({4, 4, 4}); }
  SECTION("of different sizes") { check_micro_batches<Trainer<untied, 1>>({1, 5, 2, 3, 1}); }
  SECTION("post-norm") { check_micro_batches<Trainer<post_norm, 1>>({7, 5}); }
  // An embedding that is also the output layer gathers two kinds of gradient, pass by pass: the passes have to agree.
  SECTION("tied, cut where the passes are cut") { check_micro_batches<Trainer<tied, 1, 20>>({2, 4, 6}); }
}

TEST_CASE("The number of rows in a pass does not change a bit") {
  const auto run = []<class T>(T*) {
    return two_steps<T>([](T& trainer) { trainer.accumulate(large.view(), Serial{}); });
  };
  const auto reference = run(static_cast<Trainer<untied, 1, 10>*>(nullptr));
  check_same(reference, run(static_cast<Trainer<untied, 1, 20>*>(nullptr)));
  check_same(reference, run(static_cast<Trainer<untied, 1, 37>*>(nullptr)));
  check_same(reference, run(static_cast<Trainer<untied, 1, 120>*>(nullptr)));
  check_same(run(static_cast<Trainer<untied, 3, 10>*>(nullptr)), run(static_cast<Trainer<untied, 3, 40>*>(nullptr)));
}

TEST_CASE("Dropout does not depend on slices or passes") {
  // A different mask would move the loss by parts in a hundred; the order of additions moves it by parts in a million.
  const auto whole = make<Trainer<untied, 1, 120>>();
  const auto sliced = make<Trainer<untied, 5, 10>>();
  whole->accumulate(large.view(), Serial{});
  sliced->accumulate(large.view(), ThreadPool{3});
  const auto one = whole->update(optimizer, Serial{});
  const auto five = sliced->update(optimizer, Serial{});
  CHECK(one.loss - five.loss < 1e-5f);
  CHECK(five.loss - one.loss < 1e-5f);
  CHECK(relative_difference(first_moment(*whole), first_moment(*sliced)) < 1e-4);

  // It does depend on the step, and on the seed.
  const auto other = make<Trainer<untied, 1, 120>>();
  other->state().seed += 1;
  CHECK(other->step(large.view(), optimizer, Serial{}).loss != one.loss);
  const auto later = make<Trainer<untied, 1, 120>>();
  later->state().step += 1;
  CHECK(later->step(large.view(), optimizer, Serial{}).loss != one.loss);
}

TEST_CASE("What backward computes again has the bits of what it could have kept") {
  const auto check = []<inlay::GptConfig C>() {
    const auto run = []<class T>(T*) {
      return two_steps<T>([](T& trainer) { trainer.accumulate(large.view(), Serial{}); });
    };
    const auto kept = run(static_cast<Trainer<C, 2, 0, inlay::Recompute::none>*>(nullptr));
    check_same(kept, run(static_cast<Trainer<C, 2, 0, inlay::Recompute::cheap>*>(nullptr)));
    check_same(kept, run(static_cast<Trainer<C, 2, 0, inlay::Recompute::block>*>(nullptr)));
  };
  check.operator()<untied>();
  check.operator()<tied>();
  check.operator()<post_norm>();
  CHECK(sizeof(Trainer<untied, 2, 60, inlay::Recompute::block>) <
        sizeof(Trainer<untied, 2, 60, inlay::Recompute::cheap>));
  CHECK(sizeof(Trainer<untied, 2, 60, inlay::Recompute::cheap>) <
        sizeof(Trainer<untied, 2, 60, inlay::Recompute::none>));
}

TEST_CASE("Packed sequences of different lengths are the sequences one by one") {
  using T = Trainer<untied, 1, 30>;
  const OwnedBatch packed = OwnedBatch::packed({10, 3, 1, 7, 7, 10, 2}, 29, 4);
  const auto at_once = two_steps<T>([&](T& trainer) { trainer.accumulate(packed.view(), Serial{}); });
  const auto one_by_one = two_steps<T>([&](T& trainer) {
    for (std::size_t s = 0; s + 1 < packed.offsets.size(); ++s) {
      OwnedBatch one = packed.part(packed.offsets[s], packed.offsets[s + 1] - packed.offsets[s]);
      one.offsets = {0, static_cast<std::uint32_t>(one.inputs.size())};
      trainer.accumulate(one.view(), Serial{});
    }
  });
  check_same(at_once, one_by_one);

  // Offsets that say what is the case anyway change nothing.
  OwnedBatch explicit_offsets = large;
  explicit_offsets.offsets.clear();
  for (std::uint32_t offset = 0; offset <= 120; offset += 10) explicit_offsets.offsets.push_back(offset);
  check_same(two_steps<T>([&](T& trainer) { trainer.accumulate(large.view(), Serial{}); }),
             two_steps<T>([&](T& trainer) { trainer.accumulate(explicit_offsets.view(), Serial{}); }));
}

TEST_CASE("Batches larger and smaller than usual") {
  using T = Trainer<untied, 4, 10>;
  using Reference = Trainer<untied, 1, 10>;
  for (const std::size_t sequences : {1u, 2u, 3u, 6u, 12u}) {
    CAPTURE(sequences);
    const auto trainer = make<T>();
    const auto reference = make<Reference>();
    const OwnedBatch batch = large.part(0, 10 * sequences);
    const auto report = trainer->step(batch.view(), optimizer, ThreadPool{2});
    const auto expected = reference->step(batch.view(), optimizer, Serial{});
    CHECK_FALSE(report.skipped);
    CHECK(report.loss - expected.loss < 1e-5f);
    CHECK(expected.loss - report.loss < 1e-5f);
    CHECK(relative_difference(first_moment(*reference), first_moment(*trainer)) < 1e-4);
  }
  // No sequence at all: nothing to learn from, nothing breaks.
  const auto trainer = make<T>();
  const auto report = trainer->step(inlay::Batch{}, inlay::Sgd{}, Serial{});
  CHECK(report.loss == 0.0f);
  CHECK(report.gradient_norm == 0.0f);
  CHECK_FALSE(report.skipped);
  CHECK(same_bits(numbers_kept_by(*trainer), numbers_kept_by(*make<T>())));
}
