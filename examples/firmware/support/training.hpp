#pragma once
// What the programs that train have in common: a line for a step, and weights to a file where there are files.

#include <inlay/training/trainer.hpp>

#include <optional>

#include "support/board.hpp"

#if defined(INLAY_FIRMWARE_SAVES)
#include <inlay/io/checkpoint.hpp>
#endif

namespace board {

inline void print_step(std::uint64_t step, const inlay::StepReport& report) {
  print("step ");
  print(step);
  print("  loss ");
  print_decimal(report.loss, 6);
  print("\n");
}

// With a file name as the first argument: the parameters go there, and this is the program's status.
template <class Model>
std::optional<int> save_where_asked([[maybe_unused]] int count, [[maybe_unused]] char** arguments,
                                    [[maybe_unused]] const inlay::ParametersOf<Model>& parameters) {
#if defined(INLAY_FIRMWARE_SAVES)
  if (count > 1) {
    const inlay::io::Status saved = inlay::io::save_weights<Model>(arguments[1], parameters);
    if (saved) return 0;
    print(saved.message().c_str());
    print("\n");
    return 2;
  }
#endif
  return std::nullopt;
}

}  // namespace board
