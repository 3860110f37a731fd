// The whole training of the sorter, on a PC or, in some minutes of the emulator, on the board. With a file name, where
// there are files, it writes the parameters that firmware_sorter has in flash:
//
//   firmware_sorter_training examples/firmware/sorter/sorted.safetensors

#include "sorter/sorter.hpp"
#include "support/bits.hpp"
#include "support/board.hpp"

#if defined(SORTER_SAVES)
#include <inlay/io/checkpoint.hpp>
#endif

namespace {

constexpr std::uint32_t exam = 1000;

sorter::Memory memory;
sorter::Generator generator{memory.trainer.parameters()};

}  // namespace

int main([[maybe_unused]] int count, [[maybe_unused]] char** arguments) {
  board::note_bits();
  memory.trainer.initialize(inlay::Seed{1});
  for (std::size_t step = 1; step <= sorter::steps; ++step) {
    const inlay::StepReport report = sorter::train_step(memory);
    if (step % 200 != 0) continue;
    board::print("step ");
    board::print(std::uint64_t{step});
    board::print("  loss ");
    board::print_decimal(report.loss, 6);
    board::print("\n");
  }
  const std::uint32_t right = sorter::right_answers(generator, exam);
  board::print("exact answers to questions never trained on: ");
  board::print(std::uint64_t{right});
  board::print(" of ");
  board::print(std::uint64_t{exam});
  board::print("\n");
#if defined(SORTER_SAVES)
  if (count > 1) {
    const inlay::io::Status saved = inlay::io::save_weights<sorter::Model>(arguments[1], memory.trainer.parameters());
    if (!saved) {
      board::print(saved.message().c_str());
      board::print("\n");
      return 2;
    }
    return 0;
  }
#endif
  board::print_hash<sorter::Model>("hash of the parameters", memory.trainer.parameters());
  board::measure_memory();
  return right * 100 > exam * 99 ? 0 : 1;
}
