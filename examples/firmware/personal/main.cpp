// Adapts a classifier of gestures to its wearer, on the device.
//
// The classifier was trained in the factory and lies in flash. This wearer has the device on the arm at another angle
// than anybody in the factory's recordings, so that a shake looks like a nod. From eight recordings of each gesture the
// last layers learn it. Only they are in RAM, with their gradients and moments; the body is read from flash.

#include "gestures_weights.hpp"
#include "personal/classifier.hpp"
#include "support/bits.hpp"
#include "support/board.hpp"

namespace {

using personal::Device, personal::Factory;

constexpr std::size_t recordings = 8 * personal::gestures, steps = 60, exam = 200;
using Trainer =
    inlay::Trainer<Device, inlay::TrainerConfig{
                               .batch = recordings, .slices = 1, .rows_per_pass = personal::moments, .workers = 1}>;
constexpr personal::Wearer wearer{.turn = 1.3f, .speed = 1.2f};

Trainer trainer;
inlay::Predictor<Device> predictor{trainer.parameters(), trainer.buffers()};
personal::Recordings<recordings> recorded;

// Gradients and both moments of the head alone: an eighth of what the whole classifier would need.
constexpr std::size_t trained = sizeof(inlay::ParametersOf<Device>), whole = sizeof(inlay::ParametersOf<Factory>);
static_assert(8 * trained < whole);
static_assert(sizeof(trainer) + sizeof(predictor) + sizeof(recorded) + INLAY_FIRMWARE_STACK <= 112'000,
              "the classifier is to adapt in 112 KB of RAM, its stack included");

void show_exam(std::uint64_t step) {
  board::print("after ");
  board::print(step);
  board::print(" steps: ");
  board::print(std::uint64_t{personal::right_answers(predictor, wearer, exam, 1'000'000)});
  board::print(" of ");
  board::print(std::uint64_t{exam});
  board::print(" new recordings are taken for what they are\n");
}

}  // namespace

int main() {
  board::note_bits();
  const auto& factory = inlay::embedded::gestures<Factory>();
  if (!board::is_in_flash(&factory)) {
    board::print("the weights were expected in flash, found in RAM\n");
    return 1;
  }
  board::print_hash<Factory>("hash of the parameters in flash", factory);
  trainer.initialize(inlay::Seed{1});
  Device::at<0>(trainer.buffers()).parameters = &Factory::at<0>(factory);
  Device::at<1>(trainer.parameters()) = Factory::at<1>(factory);
  board::print("bytes of parameters in flash: ");
  board::print(std::uint64_t{whole});
  board::print(", of those that are trained: ");
  board::print(std::uint64_t{trained});
  board::print("\n");

  for (std::size_t i = 0; i < recordings; ++i) recorded.record(i, wearer, 2'000'000 + i);
  show_exam(0);
  std::uint64_t counted = 0;
  for (std::size_t step = 1; step <= steps; ++step) {
    const std::uint64_t begin = board::instructions();
    trainer.step(recorded.batch(), inlay::AdamW{.learning_rate = 0.01f}, inlay::Serial{});
    counted += board::instructions() - begin;
    if (step % 20 == 0) show_exam(step);
  }
  board::print_hash<Device>("hash of the adapted parameters", trainer.parameters());
  board::measure("instructions per training step", counted / steps);
  board::measure_memory();
  return 0;
}
