#pragma once
// What the program can do.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace character_gpt {

struct TrainOptions {
  std::string program;              // as it was called, for the commands that are shown at the end
  std::optional<std::string> data;  // a file or a folder; without: the C++ standard library's headers
  std::optional<std::uint64_t> steps, seed;
  std::optional<std::string> out, resume;
  std::size_t threads = 1;
  double save_every = 60;  // seconds
};

struct GenerateOptions {
  std::string model;
  std::string prompt = "\n";
  std::size_t tokens = 500;
  float temperature = 0.8F;
  std::size_t top_k = 0;  // 0: all
  float top_p = 1;
  std::uint64_t seed = 1;
};

// Both return the exit status and throw std::runtime_error, with a full sentence, when something outside is wrong.
int train(const TrainOptions& options);
int generate(const GenerateOptions& options);

}  // namespace character_gpt
