// Names what a motion signal shows and forecasts its next values, at each sample as it comes: the model of
// examples/signals with its weights in flash, and a stream that may go on for ever in 34 KB of RAM.
//
// The signal is one that the model was not trained on, made on the device. A sensor's interrupt would call push() in
// place of the loop. What is measured is the work of an average sample, and of the one that took most.

#include "motion_weights.hpp"
#include "signals/model.hpp"
#include "support/bits.hpp"
#include "support/board.hpp"

namespace {

using signals::Activity, signals::ahead, signals::axes, signals::Model, signals::rate;

constexpr std::size_t samples = 40 * rate;
const inlay::ParametersOf<Model>& weights = inlay::embedded::motion<Model>();
inlay::BuffersOf<Model> tables;  // of positions
signals::Stream stream{weights, tables};

static_assert(sizeof(stream) + sizeof(tables) + INLAY_FIRMWARE_STACK <= 43'000,
              "the stream is to run in 43 KB of RAM, its stack included");

// "12.34 s: walking" where what is named changes.
void show(std::size_t sample, Activity activity) {
  board::print_decimal(static_cast<float>(sample) / static_cast<float>(rate), 2);
  board::print(" s: ");
  board::print(signals::names[static_cast<std::size_t>(activity)]);
  board::print("\n");
}

// Root mean square over the axes, of `count` forecasts.
void show_error(const char* what, float squares, std::size_t count) {
  board::print(what);
  board::print_decimal(inlay::simd::sqrt(squares / static_cast<float>(count * axes)), 3);
  board::print(" g\n");
}

}  // namespace

int main() {
  if (!board::is_in_flash(&weights)) {
    board::print("the weights were expected in flash, found in RAM\n");
    return 1;
  }
  board::note_bits();
  inlay::initialize_buffers_at<Model>(tables);

  signals::Motion motion{~std::uint64_t{7}};
  inlay::Hash hash;
  std::size_t right = 0;
  std::uint64_t counted = 0, most = 0;
  float forecasts[ahead][axes], last_values[ahead][axes];  // of the last samples, at sample mod ahead
  float squares = 0.0f, squares_of_last_value = 0.0f;
  Activity named{};
  for (std::size_t i = 0; i < samples; ++i) {
    const signals::Motion::Sample sample = motion.next();
    const std::uint64_t begin = board::instructions();
    const auto outputs = stream.push({sample.acceleration, 1});
    const std::uint64_t taken = board::instructions() - begin;
    counted += taken;
    most = taken > most ? taken : most;

    const signals::Answer answer(outputs.row(0));
    hash.reals({outputs.data(), Model::Output::width});
    if (i == 0 || answer.activity() != named) show(i, answer.activity());
    named = answer.activity();
    right += named == sample.activity;
    for (std::size_t axis = 0; axis < axes; ++axis) {
      float& expected = forecasts[i % ahead][axis];
      float& last = last_values[i % ahead][axis];
      const float now = sample.acceleration[axis];
      if (i >= ahead) {
        squares += (expected - now) * (expected - now);
        squares_of_last_value += (last - now) * (last - now);
      }
      expected = answer.next(sample.acceleration, ahead, axis);
      last = now;
    }
  }
  board::print(std::uint64_t{right});
  board::print(" of ");
  board::print(std::uint64_t{samples});
  board::print(" samples named right\n");
  show_error("error of the forecast 80 ms ahead: ", squares, samples - ahead);
  show_error("error of the last value: ", squares_of_last_value, samples - ahead);
  board::print("hash of all outputs: ");
  board::print_hexadecimal(hash.value(), 16);
  board::print("\n");
  board::measure("instructions per sample", counted / samples);
  board::measure("instructions of the longest sample", most);
  board::measure_memory();
  return 0;
}
