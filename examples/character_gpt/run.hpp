#pragma once
// A run: what it is made of, and where it leaves what. What a resumed one has to know stands in its checkpoint.

#include <inlay/io/checkpoint.hpp>

#include <filesystem>
#include <string>
#include <vector>

#include "character_gpt/commands.hpp"
#include "character_gpt/model.hpp"

namespace character_gpt {

struct Run {
  std::string program;
  std::filesystem::path data, out;
  std::uint64_t fingerprint = 0;  // of the text that an earlier part of the run has read; 0: any text will do
  std::uint64_t seed = 1, steps = 2000;
  std::uint64_t parameters = 0;  // trained numbers of the model
  std::size_t threads = 1;
  double save_every = 60;  // seconds

  std::filesystem::path model_file() const { return out / "model.safetensors"; }
  std::filesystem::path training_file() const { return out / "training.safetensors"; }
  std::filesystem::path metrics_file() const { return out / "metrics.csv"; }
  std::filesystem::path picture_file() const { return out / "loss.svg"; }

  // What a checkpoint says beside the state of training.
  inlay::io::Metadata metadata() const { return {{"data", data.string()}, {"steps", std::to_string(steps)}}; }

  // A line of metrics.csv every so many steps; every tenth line has a validation loss.
  std::uint64_t record_interval() const { return steps < 400 ? 1 : steps / 200; }
  std::uint64_t validation_interval() const { return 10 * record_interval(); }
};

// From the command line, and, where it says --resume, from that checkpoint, which also fills the trainer.
Run make_run(const TrainOptions& options, Trainer& trainer);

}  // namespace character_gpt
