// The factory's training of the classifier, on recordings of many people who wear the device nearly as it is meant.
// With a file name, where there are files, it writes the parameters that firmware_personal has in flash:
//
//   firmware_personal_training examples/firmware/personal/gestures.safetensors

#include <inlay/training/schedule.hpp>

#include "personal/classifier.hpp"
#include "support/bits.hpp"
#include "support/board.hpp"
#include "support/training.hpp"

namespace {

using personal::Factory;

constexpr std::size_t batch = 32, steps = 1000, exam = 400;
inlay::Trainer<Factory, inlay::TrainerConfig{.batch = batch, .slices = 1}> trainer;
inlay::Predictor<Factory> predictor{trainer.parameters(), trainer.buffers()};
personal::Recordings<batch> recorded;

}  // namespace

int main(int count, char** arguments) {
  board::note_bits();
  trainer.initialize(inlay::Seed{1});
  for (std::size_t step = 0; step < steps; ++step) {
    for (std::size_t i = 0; i < batch; ++i) {
      personal::Randoms random(7'000'000 + batch * step + i);
      const float turn = 0.35f * random.next(), speed = 1.0f + 0.2f * random.next();
      recorded.record(i, {.turn = turn, .speed = speed}, batch * step + i);
    }
    const float rate = inlay::warmup_cosine(step, {.peak = 3e-3f, .last = 1e-4f, .warmup = 20, .total = steps});
    const inlay::StepReport report =
        trainer.step(recorded.batch(), inlay::AdamW{.learning_rate = rate, .clip_norm = 1.0f}, inlay::Serial{});
    if ((step + 1) % 200 == 0) board::print_step(step + 1, report);
  }
  const std::size_t right = personal::right_answers(predictor, {.turn = 0.1f, .speed = 1.05f}, exam, 5'000'000);
  board::print(std::uint64_t{right});
  board::print(" of ");
  board::print(std::uint64_t{exam});
  board::print(" new recordings are taken for what they are\n");
  if (const auto status = board::save_where_asked<Factory>(count, arguments, trainer.parameters())) return *status;
  board::print_hash<Factory>("hash of the parameters", trainer.parameters());
  return right * 100 > exam * 95 ? 0 : 1;
}
