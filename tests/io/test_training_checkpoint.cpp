// Training that stops, or is killed, goes on from its checkpoint to the same bits as if it had never stopped.

#include <inlay/inlay.hpp>
#include <inlay/io/checkpoint.hpp>

#include <bit>
#include <chrono>
#include <cstring>
#include <thread>

#if !defined(_WIN32) && !defined(__EMSCRIPTEN__)
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
#endif

#include "io/support.hpp"

using namespace io_test;

namespace {

constexpr inlay::GptConfig config{.vocabulary = 11, .context = 6, .width = 8, .heads = 2, .layers = 2, .dropout = 0.1F};
constexpr inlay::GptConfig other_heads{
    .vocabulary = 11, .context = 6, .width = 8, .heads = 4, .layers = 2, .dropout = 0.1F};
constexpr inlay::GptConfig other_width{
    .vocabulary = 11, .context = 6, .width = 12, .heads = 2, .layers = 2, .dropout = 0.1F};
constexpr inlay::GptConfig sinusoidal{
    .vocabulary = 11, .context = 6, .width = 8, .heads = 2, .layers = 2, .positions = inlay::Positions::sinusoidal};
using Model = inlay::Gpt<config>;
template <inlay::GptConfig C>
using TrainerOf = inlay::Trainer<inlay::Gpt<C>, inlay::TrainerConfig{.batch = 5}>;
using Trainer = TrainerOf<config>;
constexpr io::DataPosition data_at_start{.position = 0, .fingerprint = 0xFEED};

template <class T>
void train(T& trainer, std::uint64_t last_step) {
  while (trainer.state().step < last_step) {
    std::vector<inlay::Token> inputs, targets;
    for (std::uint64_t row = 0; row < 5 * T::context; ++row) {
      const std::uint64_t number = trainer.state().step * 1000 + row;
      inputs.push_back(static_cast<inlay::Token>(number * number % 11));
      targets.push_back(static_cast<inlay::Token>((number * number + number) % 11));
    }
    trainer.step({.inputs = inputs, .targets = {targets}}, inlay::AdamW{.learning_rate = 1e-2F, .clip_norm = 1.0F},
                 inlay::Serial{});
  }
}

// Everything that training continues from.
template <class T>
std::string bits(const T& trainer) {
  std::string result;
  const auto add = [&](const auto& object) { result.append(reinterpret_cast<const char*>(&object), sizeof(object)); };
  add(trainer.parameters());
  for (std::size_t index = 0; index < T::moments; ++index) add(trainer.moment(index));
  const auto& state = trainer.state();
  for (const std::uint64_t number : {state.seed, state.step, state.skipped_steps, state.optimizer.updates}) add(number);
  add(state.optimizer.beta1_power);
  add(state.optimizer.beta2_power);
  return result;
}

Trainer straight, stopped, resumed;

}  // namespace

TEST_CASE("training goes on from a checkpoint to the same bits", "[io]") {
  const Folder folder;
  const std::string path = folder.file("training.safetensors");
  straight.initialize(inlay::Seed{3});
  train(straight, 12);
  stopped.initialize(inlay::Seed{3});
  train(stopped, 7);
  const io::Status saved =
      io::save_training(path, stopped, {{"note", "seven"}}, {.position = 77, .fingerprint = 0xFEED});
  INFO(saved.message());
  REQUIRE(saved);

  resumed.initialize(inlay::Seed{4});
  train(resumed, 2);
  io::DataPosition data = data_at_start;
  const auto loaded = io::load_training(path, resumed, &data);
  INFO(loaded.message());
  REQUIRE(loaded);
  CHECK(*loaded == io::Metadata{{"note", "seven"}});
  CHECK(data.position == 77);
  CHECK(data.fingerprint == 0xFEED);
  CHECK((bits(resumed) == bits(stopped)));
  train(resumed, 12);
  CHECK((bits(resumed) == bits(straight)));

  SECTION("it serves as weights, too") {
    static inlay::ParametersOf<Model> weights;
    const io::Status refused = io::load_weights<Model>(path, weights);
    CHECK_FALSE(refused);
    CHECK(refused.message().find("found a training checkpoint") != std::string::npos);
    const io::Status status = io::load_weights<Model>(path, weights, io::Unexpected::ignore);
    INFO(status.message());
    REQUIRE(status);
    CHECK(std::memcmp(&weights, &stopped.parameters(), sizeof(weights)) == 0);
  }
}

TEST_CASE("the file of a training has the same bytes on every target, whatever its byte order", "[io]") {
  if (!inlay::simd::has_fused_multiply_add || !inlay::simd::keeps_denormals) return;  // the numbers are others there
  const Folder folder;
  const std::string path = folder.file("training.safetensors");
  stopped.initialize(inlay::Seed{3});
  train(stopped, 7);
  REQUIRE(io::save_training(path, stopped, {{"note", "seven"}}, {.position = 77, .fingerprint = 0xFEED}));
  inlay::Hash hash;
  for (const std::byte byte : read_file(path)) hash.byte(static_cast<std::uint8_t>(byte));
  CHECK(hash.value() == 0xa982229e0c9b4c2aU);
}

TEST_CASE("a trainer that was never initialized goes on from a checkpoint, with the tables of its model", "[io]") {
  using TableTrainer = TrainerOf<sinusoidal>;
  static TableTrainer began, went_on;
  const Folder folder;
  const std::string path = folder.file("training.safetensors");
  began.initialize(inlay::Seed{3});
  train(began, 2);
  REQUIRE(io::save_training(path, began));
  REQUIRE(io::load_training(path, went_on));
  train(began, 4);
  train(went_on, 4);
  CHECK((bits(went_on) == bits(began)));
}

TEST_CASE("a checkpoint that does not belong to this training changes nothing", "[io]") {
  const Folder folder;
  const std::string path = folder.file("training.safetensors");
  stopped.initialize(inlay::Seed{3});
  train(stopped, 3);
  REQUIRE(io::save_training(path, stopped, {}, {.position = 1, .fingerprint = 0xFEED}));
  resumed.initialize(inlay::Seed{4});
  train(resumed, 2);
  const std::string before = bits(resumed);

  SECTION("other data") {
    io::DataPosition data{.position = 5, .fingerprint = 0xBEEF};
    const std::string message = io::load_training(path, resumed, &data).message();
    CHECK(contains(
        message,
        "\"data.fingerprint\": expected 000000000000beef, found 000000000000feed: the training had other data"));
    CHECK(data.position == 5);
  }
  SECTION("weights alone") {
    REQUIRE(io::save_weights<Model>(path, stopped.parameters()));
    CHECK(contains(io::load_training(path, resumed).message(), "this is no training checkpoint"));
  }
  SECTION("a model with other heads, which has the same shapes") {
    static TrainerOf<other_heads> other;
    other.initialize(inlay::Seed{1});
    const std::string other_before = bits(other);
    CHECK(contains(io::load_training(path, other).message(), "metadata \"inlay.model_fingerprint\": expected"));
    CHECK((bits(other) == other_before));
  }
  SECTION("a model of another width") {
    static TrainerOf<other_width> other;
    other.initialize(inlay::Seed{1});
    const std::string other_before = bits(other);
    CHECK_FALSE(io::load_training(path, other));
    CHECK((bits(other) == other_before));
  }
  SECTION("damage at any place, and any length") {
    const Bytes whole = read_file(path);
    for (std::size_t index = 0; index < whole.size(); index += 1 + whole.size() / 200) {
      CAPTURE(index);
      Bytes damaged = whole;
      damaged[index] ^= std::byte{4};
      write_file(path, damaged);
      const auto loaded = io::load_training(path, resumed);
      if (loaded) {  // a blank of the header, or the name of the checksum: nothing that counts
        CHECK((bits(resumed) == bits(stopped)));
        resumed.initialize(inlay::Seed{4});
        train(resumed, 2);
      }
      CHECK((bits(resumed) == before));
      write_file(path, std::span(whole).first(index));
      CHECK_FALSE(io::load_training(path, resumed));
      CHECK((bits(resumed) == before));
    }
  }
  SECTION("no file") { CHECK(contains(io::load_training(folder.file("absent"), resumed).message(), "no such file")); }
  CHECK((bits(resumed) == before));
}

#if !defined(_WIN32) && !defined(__EMSCRIPTEN__)  // no fork there
TEST_CASE("training that is killed again and again ends with the same bits", "[io]") {
  const Folder folder;
  const std::string path = folder.file("training.safetensors");
  constexpr std::uint64_t last = 400;
  straight.initialize(inlay::Seed{9});
  REQUIRE(io::save_training(path, straight));
  train(straight, last);

  std::uint64_t kills = 0, steps_seen = 0;
  for (int attempt = 0; attempt < 200; ++attempt) {
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      if (!io::load_training(path, resumed)) ::_exit(2);
      while (resumed.state().step < last) {
        train(resumed, resumed.state().step + 1);
        if (!io::save_training(path, resumed)) ::_exit(3);
      }
      ::_exit(0);
    }
    // The first few are given a little time, at moments that differ; later ones may finish.
    if (attempt < 12) {
      std::this_thread::sleep_for(std::chrono::microseconds(8000 + 1700 * attempt));
      ::kill(child, SIGKILL);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    const auto loaded = io::load_training(path, resumed);
    INFO(loaded.message());
    REQUIRE(loaded);
    CHECK(resumed.state().step >= steps_seen);
    steps_seen = resumed.state().step;
    if (WIFSIGNALED(status)) {
      ++kills;
      continue;
    }
    REQUIRE(WEXITSTATUS(status) == 0);
    break;
  }
  CHECK(kills > 0);
  CHECK(resumed.state().step == last);
  CHECK((bits(resumed) == bits(straight)));
  CHECK(folder.list() == "training.safetensors ");
}
#endif
