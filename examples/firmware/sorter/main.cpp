// Learns to sort six digits on the device, from random weights, in less than 200 KB of RAM.
//
// The first steps are trained here; their bits are those of every other target. The whole training is 2000 steps, a
// second's work for a PC: firmware_sorter_training does it, there or on the board, and its result lies in flash. With
// that the program goes on: the bits being the same, it is what this board would have come to.

#include "sorted_weights.hpp"
#include "sorter/sorter.hpp"
#include "support/bits.hpp"
#include "support/board.hpp"
#include "support/training.hpp"

namespace {

constexpr std::uint64_t first_steps = 5;
constexpr std::uint32_t exam = 500;

sorter::Memory memory;
sorter::Generator generator{memory.trainer.parameters()};

void show(std::span<const inlay::Token> digits) {
  for (const inlay::Token digit : digits) {
    board::print(" ");
    board::print(std::uint64_t{digit});
  }
}

void show_exam() {
  board::print("exact answers to questions never trained on: ");
  board::print(std::uint64_t{sorter::right_answers(generator, exam)});
  board::print(" of ");
  board::print(std::uint64_t{exam});
  board::print("\n");
}

}  // namespace

int main() {
  board::note_bits();
  auto& trainer = memory.trainer;
  trainer.initialize(inlay::Seed{1});
  std::uint64_t counted = 0;
  for (std::uint64_t step = 1; step <= first_steps; ++step) {
    const std::uint64_t begin = board::instructions();
    const inlay::StepReport report = sorter::train_step(memory);
    counted += board::instructions() - begin;
    board::print_step(step, report);
  }
  board::print_hash<sorter::Model>("hash of the parameters", trainer.parameters());
  board::print("\nwith the parameters after step ");
  board::print(std::uint64_t{sorter::steps});
  board::print("\n");
  trainer.parameters() = inlay::embedded::sorted<sorter::Model>();
  board::print_hash<sorter::Model>("hash of the parameters", trainer.parameters());
  for (std::uint32_t n = 0; n < 3; ++n) {
    const sorter::Sequence sequence = sorter::sequence_of(sorter::unseen_question(n));
    board::print(" ");
    show(std::span(sequence).first(sorter::digits));
    board::print("  ->");
    show(sorter::answer(generator, sequence));
    board::print("\n");
  }
  show_exam();
  board::measure("instructions per training step", counted / first_steps);
  board::measure_memory();
  return 0;
}
