// No heap: every function of the C library and of C++ that allocates is replaced here by one that counts, while a
// trainer and a generator work.
#include <inlay/generation/generator.hpp>
#include <inlay/generation/streamer.hpp>
#include <inlay/models/ngram_generator.hpp>
#include <inlay/models/recurrent.hpp>
#include <inlay/modules/attention.hpp>
#include <inlay/modules/compose.hpp>
#include <inlay/modules/convolution.hpp>
#include <inlay/training/beside.hpp>
#include <inlay/training/real_loss.hpp>
#include <inlay/training/schedule.hpp>

#include "support/catch.hpp"
#include "support/training.hpp"

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <new>

#if defined(INLAY_TEST_TBB)
#include <inlay/tbb.hpp>
#endif

// A sanitizer brings allocation functions of its own; glibc lends its own under other names.
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define INLAY_TEST_SANITIZED
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define INLAY_TEST_SANITIZED
#endif
#if defined(__GLIBC__) && !defined(INLAY_TEST_SANITIZED)
#define INLAY_TEST_TRAPS
#endif

#if defined(INLAY_TEST_TRAPS)

namespace {
std::atomic<bool> armed{false};
std::atomic<long> counted{0};
void count() {
  if (armed.load(std::memory_order_relaxed)) counted.fetch_add(1, std::memory_order_relaxed);
}
}  // namespace

extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);
void __libc_free(void*);

void* malloc(std::size_t size) {
  count();
  return __libc_malloc(size);
}
void* calloc(std::size_t number, std::size_t size) {
  count();
  return __libc_calloc(number, size);
}
void* realloc(void* old, std::size_t size) {
  count();
  return __libc_realloc(old, size);
}
void* memalign(std::size_t alignment, std::size_t size) {
  count();
  return __libc_memalign(alignment, size);
}
void* aligned_alloc(std::size_t alignment, std::size_t size) {
  count();
  return __libc_memalign(alignment, size);
}
void* valloc(std::size_t size) {
  count();
  return __libc_memalign(4096, size);
}
void* pvalloc(std::size_t size) {
  count();
  return __libc_memalign(4096, (size + 4095) / 4096 * 4096);
}
int posix_memalign(void** result, std::size_t alignment, std::size_t size) {
  count();
  *result = __libc_memalign(alignment, size);
  return *result == nullptr ? ENOMEM : 0;
}
void* reallocarray(void* old, std::size_t number, std::size_t size) {
  count();
  return __libc_realloc(old, number * size);
}
void free(void* block) {
  if (block != nullptr) count();
  __libc_free(block);
}
}  // extern "C"

// The operators, in case the library's own do not go through malloc.
void* operator new(std::size_t size) {
  if (void* block = malloc(size)) return block;
  std::abort();
}
void* operator new[](std::size_t size) { return operator new(size); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return malloc(size); }
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept { return malloc(size); }
void* operator new(std::size_t size, std::align_val_t alignment) {
  if (void* block = memalign(static_cast<std::size_t>(alignment), size)) return block;
  std::abort();
}
void* operator new[](std::size_t size, std::align_val_t alignment) { return operator new(size, alignment); }
void operator delete(void* block) noexcept { free(block); }
void operator delete[](void* block) noexcept { free(block); }
void operator delete(void* block, std::size_t) noexcept { free(block); }
void operator delete[](void* block, std::size_t) noexcept { free(block); }
void operator delete(void* block, std::align_val_t) noexcept { free(block); }
void operator delete[](void* block, std::align_val_t) noexcept { free(block); }
void operator delete(void* block, std::size_t, std::align_val_t) noexcept { free(block); }
void operator delete[](void* block, std::size_t, std::align_val_t) noexcept { free(block); }

namespace {

// The allocations that f() made, in this thread or in any other.
template <class F>
long allocations_of(F&& f) {
  counted = 0;
  armed = true;
  f();
  armed = false;
  return counted;
}

using Model = inlay::Gpt<inlay::GptConfig{.vocabulary = 256,
                                          .context = 16,
                                          .width = 48,
                                          .heads = 4,
                                          .layers = 2,
                                          .activation = inlay::Activation::gelu_erf,
                                          .positions = inlay::Positions::sinusoidal,
                                          .dropout = 0.1f}>;
using Sliced = inlay::Trainer<Model, inlay::TrainerConfig{.batch = 8, .slices = 4}>;
using Whole = inlay::Trainer<Model, inlay::TrainerConfig{.batch = 8, .slices = 1, .rows_per_pass = 128}>;
using Recurrent = inlay::Trainer<
    inlay::RecurrentLanguageModel<inlay::RecurrentLanguageModelConfig{
        .vocabulary = 256, .context = 16, .width = 48, .layers = 2, .cell = inlay::Cell::gru, .dropout = 0.1f}>,
    inlay::TrainerConfig{.batch = 8, .slices = 4}>;
static_assert(Whole::rows_per_pass * 48 * 48 > inlay::parallel::least_multiply_adds, "too small to be cut");

// Everything a program does with a trainer and a generator.
template <class T>
struct Work {
  T trainer;
  inlay::Generator<typename T::ModelType> generator{trainer.parameters()};
  OwnedBatch owned{128, 256, 1};
  inlay::Batch batch = owned.view();
  inlay::Sampling sampling{
      .top_k = 20, .top_p = 0.9f, .repetition_penalty = 1.1f, .past_context = inlay::PastContext::keep_newest_half};

  template <class E>
  void step(const E& executor) {
    const float rate = inlay::warmup_cosine(trainer.state().step, {.peak = 1e-3f, .warmup = 3, .total = 100});
    trainer.accumulate(batch, executor);
    trainer.accumulate(batch, executor);
    trainer.update(inlay::AdamW{.learning_rate = rate, .clip_norm = 1.0f}, executor);
    trainer.step(batch, inlay::Sgd{.momentum = 0.9f}, executor);
    (void)trainer.evaluate(batch, executor);
  }
  template <class E>
  void write(const E& executor) {
    std::size_t total = 0;
    generator.write(
        "A prompt that is longer than the context. ", 40, sampling, [&](auto token) { total += token; }, executor);
    generator.reset();
    REQUIRE(total > 0);
  }
};

}  // namespace

TEST_CASE("The traps work") {
  // Clang leaves out an allocation whose result goes nowhere.
  static void* volatile block;
  CHECK(allocations_of([] {}) == 0);
  CHECK(allocations_of([] {
          block = new int;
          delete static_cast<int*>(block);
        }) == 2);
  CHECK(allocations_of([] {
          volatile std::size_t size = 100;
          block = calloc(size, 1);
          block = realloc(block, 2 * size);
          free(block);
          block = aligned_alloc(64, size);
          free(block);
          void* aligned = nullptr;
          if (posix_memalign(&aligned, 64, size) == 0) block = aligned;
          free(block);
        }) == 7);
  CHECK(allocations_of([] { std::vector<int> numbers(1000); }) >= 2);
}

TEST_CASE("No allocation in training and generation") {
  static Work<Sliced> sliced;
  static Work<Whole> whole;
  static Work<Recurrent> recurrent;
  CHECK(allocations_of([] {
          sliced.trainer.initialize(inlay::Seed{1});
          whole.trainer.initialize(inlay::Seed{1});
          recurrent.trainer.initialize(inlay::Seed{1});
        }) == 0);
  CHECK(allocations_of([] {
          sliced.step(inlay::Serial{});
          sliced.write(inlay::Serial{});
          whole.step(inlay::Serial{});
          recurrent.step(inlay::Serial{});
          recurrent.write(inlay::Serial{});
        }) == 0);
  // A step that is skipped names a tensor: text, and still nothing allocated.
  OwnedBatch bad = sliced.owned;
  bad.weights.assign(128, __builtin_inff());
  inlay::StepReport report;
  CHECK(allocations_of([&] { report = sliced.trainer.step(bad.view(), inlay::AdamW{}, inlay::Serial{}); }) == 0);
  CHECK(report.skipped);
}

TEST_CASE("No allocation in counting") {
  static inlay::NGram<inlay::NGramConfig{.vocabulary = 256, .order = 3, .capacity = 100}> model;
  static inlay::NGramGenerator<std::remove_cvref_t<decltype(model)>> generator{model};
  inlay::Token tokens[300];
  for (std::size_t i = 0; i < 300; ++i) tokens[i] = static_cast<inlay::Token>(i * i % 37);
  std::size_t total = 0;
  CHECK(allocations_of([&] {
          const bool all = model.count(tokens);
          model.finish();
          total += all + static_cast<std::size_t>(model.perplexity(tokens));
          generator.write("A prompt. ", 40, {.temperature = 0.8f}, [&](inlay::Token token) { total += token; });
        }) == 0);
  CHECK(total > 0);
}

namespace {
struct OfSignals
    : inlay::Sequential<
          inlay::Convolution<inlay::ConvolutionConfig{.in = 3, .out = 8, .kernel = 3}>,
          inlay::Attention<inlay::AttentionConfig{
              .width = 8, .heads = 2, .context = 16, .window = 4, .positions = inlay::RelativePositions::alibi}>,
          inlay::Linear<8, 5>> {
  static constexpr std::size_t context = 16;
};
}  // namespace

TEST_CASE("No allocation in training with two losses, and in streaming") {
  using Loss = inlay::Beside<inlay::SoftmaxCrossEntropy<2>, inlay::Huber<3>>;
  static inlay::Trainer<OfSignals, inlay::TrainerConfig{.batch = 1}, Loss> trainer;
  static inlay::Streamer<OfSignals> stream{trainer.parameters(), trainer.buffers()};
  static const float samples[16 * 3] = {1.0f, -1.0f};
  static const inlay::Token labels[16] = {1};
  const inlay::Rows<const float, 3> x(samples, 16);
  float total = 0.0f;
  CHECK(allocations_of([&] {
          trainer.initialize(inlay::Seed{1});
          trainer.step({x, {{labels}, {x}}}, inlay::AdamW{}, inlay::Serial{});
          for (std::size_t i = 0; i < 100; ++i) total += stream.push(x.part(i % 16, 1))(0, 0);
        }) == 0);
  CHECK(total != 0.0f);
}

#if defined(INLAY_TEST_TBB)
TEST_CASE("None with Tbb either, after a warm-up") {
  static Work<Sliced> sliced;
  static Work<Whole> whole;
  sliced.trainer.initialize(inlay::Seed{1});
  whole.trainer.initialize(inlay::Seed{1});
  const inlay::Tbb executor{2};
  const auto work = [&] {
    sliced.step(executor);
    sliced.write(executor);
    whole.step(executor);
  };
  for (int repeat = 0; repeat < 20; ++repeat) work();
  CHECK(allocations_of([&] {
          for (int repeat = 0; repeat < 10; ++repeat) work();
        }) == 0);
}
#endif

#else
TEST_CASE("No allocation in training and generation") {
  SUCCEED("not here: allocation functions cannot be replaced under a sanitizer or without glibc");
}
#endif
