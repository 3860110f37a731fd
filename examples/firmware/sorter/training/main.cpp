// The whole training of the sorter, on a PC or, in some minutes of the emulator, on the board. With a file name, where
// there are files, it writes the parameters that firmware_sorter has in flash:
//
//   firmware_sorter_training examples/firmware/sorter/sorted.safetensors

#include "sorter/sorter.hpp"
#include "support/bits.hpp"
#include "support/board.hpp"
#include "support/training.hpp"

namespace {

constexpr std::uint32_t exam = 1000;

sorter::Memory memory;
sorter::Generator generator{memory.trainer.parameters()};

}  // namespace

int main(int count, char** arguments) {
  board::note_bits();
  memory.trainer.initialize(inlay::Seed{1});
  for (std::size_t step = 1; step <= sorter::steps; ++step) {
    const inlay::StepReport report = sorter::train_step(memory);
    if (step % 200 == 0) board::print_step(step, report);
  }
  const std::uint32_t right = sorter::right_answers(generator, exam);
  board::print("exact answers to questions never trained on: ");
  board::print(std::uint64_t{right});
  board::print(" of ");
  board::print(std::uint64_t{exam});
  board::print("\n");
  if (const auto status = board::save_where_asked<sorter::Model>(count, arguments, memory.trainer.parameters()))
    return *status;
  board::print_hash<sorter::Model>("hash of the parameters", memory.trainer.parameters());
  board::measure_memory();
  return right * 100 > exam * 99 ? 0 : 1;
}
