#pragma once
// Streamer: a sample in, its outputs out, for as long as samples come. Everything that a model computes at each moment
// of a signal, in static memory and with the work of one row a sample.
//
//   static inlay::Streamer<Model> stream{trainer.parameters(), trainer.buffers()};
//   const auto y = stream.push({sample, 1});         // sample: numbers of one row; y(0, j), valid until the next call
//   stream.reset();                                  // the next sample is the first of a new signal
//
// y has the bits of the row that a Predictor gives, where it is given the whole signal up to here and beyond: each
// module with a State keeps what the rows before have left (keys and values, recurrent state, the last rows of a
// convolution). Up to `rows` samples may be pushed at once (StreamerConfig, 1 unless told otherwise), as an audio
// callback has them; the bits do not depend on how a signal is cut.
//
// A model that settles (modules/module.hpp) has no end: recurrent layers, convolutions, and attention that has a window
// and learns of positions by ALiBi, by buckets or not at all. Its memory does not grow, and neither does the work: the
// sample that begins a group of 16 moves the cached keys down in addition, a copy of what attention then reads. Other
// models, those with attention without a window, rotary or absolute positions, end at their context: full() says so,
// and push() then gives no row.
//
// The parameters and the buffers stay where they are, in RAM or flash, and must outlive the streamer.

#include <inlay/config.hpp>
#include <inlay/memory/footprint.hpp>
#include <inlay/memory/in_bss.hpp>
#include <inlay/modules/module.hpp>

namespace inlay::inline INLAY_ABI {

struct StreamerConfig {
  size_t rows = 1;     // that may be pushed at once
  size_t workers = 1;  // that may work inside the kernels at the same time
};

template <class Model, StreamerConfig C = StreamerConfig{}>
class Streamer {
 public:
  using Inputs = typename Model::Input::ConstValues;
  using Outputs = Rows<const float, Model::Output::width>;
  static constexpr size_t rows = C.rows;
  // Whether the stream may go on for ever.
  static constexpr bool endless = detail::settles_at<Model> != never_settles;

  static_assert(C.rows > 0, "inlay: a streamer reads at least one sample at once");
  static_assert(
      !detail::is_image<typename Model::Input>,
      "inlay: a Streamer reads a signal row by row; an image is a sequence of its own, which a Predictor takes");
  static_assert(!detail::gives_one_row_per_sequence<Model>,
                "inlay: a Streamer gives an output for each sample; a model that gives one row for each sequence has "
                "nothing to say before the end");
  static_assert(
      endless || requires { Model::context; },
      "inlay: this model cannot stream for ever, so a Streamer has to know its context: static constexpr "
      "size_t context");

  Streamer(const ParametersOf<Model>& parameters, const BuffersOf<Model>& buffers)
      : parameters_(&parameters), buffers_(&buffers) {
    detail::stay_in_bss(parameters_);
    reset();
  }
  // It keeps references: temporaries would be gone.
  Streamer(ParametersOf<Model>&&, const BuffersOf<Model>&) = delete;
  Streamer(const ParametersOf<Model>&, BuffersOf<Model>&&) = delete;
  Streamer(ParametersOf<Model>&&, BuffersOf<Model>&&) = delete;
  explicit Streamer(ParametersOf<Model>&&) = delete;
  explicit Streamer(const ParametersOf<Model>& parameters) requires(std::is_empty_v<BuffersOf<Model>>)
      : Streamer(parameters, detail::nothing_of<BuffersOf<Model>>) {}

  void reset() { position_ = 0; }
  // Samples that may still be pushed before the end of a model that has one.
  size_t room() const {
    if constexpr (endless)
      return static_cast<size_t>(-1);
    else
      return Model::context - position_;
  }
  bool full() const { return room() == 0; }

  // The outputs of these samples, a row each; none, and nothing is read, where there is no room for all of them.
  template <Executor E = Serial>
  Outputs push(Inputs samples, const E& executor = E{}) {
    const FloatEnvironment environment;
    const size_t count = Model::Input::rows(samples);
    INLAY_ASSERT(count <= rows);
    if (count > room()) return {};
    const std::uint32_t offsets[2] = {0, static_cast<std::uint32_t>(count)};
    const auto start = static_cast<std::uint32_t>(position_);
    const Call call{.packing = {offsets, 1, &start}};
    const Forward<ParametersOf<Model>, BuffersOf<Model>, StateOf<Model, 1>, ActivationsOf<Model, extent>,
                  WorkspaceOf<Model, extent>, E>
        frame{*parameters_, *buffers_, state_, activations_, workspace_, call, executor, Stream{}};
    const Span span(executor, "forward");
    Model::forward(frame, samples, Rows<float, Model::Output::width>(outputs_, count));
    position_ += count;
    if constexpr (endless)
      while (position_ >= 2 * cycle) position_ -= cycle;
    return {outputs_.data(), count};
  }

  static constexpr Footprint footprint() {
    Footprint f;
    f.state = bytes_of<StateOf<Model, 1>>;
    f.activations = bytes_of<ActivationsOf<Model, extent>> + sizeof(outputs_);
    f.scratch = bytes_of<WorkspaceOf<Model, extent>>;
    f.other = sizeof(Streamer) - f.total();
    return f;
  }

 private:
  static constexpr Extent extent{.rows = rows, .workers = C.workers, .training = false};
  // Where all that matters of a position is its place in a group of 16, it goes back by a multiple of 16, and so never
  // overflows. A whole group before that lies behind what settles, because a move of the cache looks back at it.
  static constexpr size_t cycle = endless ? (detail::settles_at<Model> + 16) / 16 * 16 + 16 : 0;

  const ParametersOf<Model>* parameters_;
  const BuffersOf<Model>* buffers_;
  INLAY_NO_UNIQUE_ADDRESS StateOf<Model, 1> state_;
  INLAY_NO_UNIQUE_ADDRESS ActivationsOf<Model, extent> activations_;
  INLAY_NO_UNIQUE_ADDRESS WorkspaceOf<Model, extent> workspace_;
  Tensor<float, rows, Model::Output::width> outputs_;
  size_t position_;
};

}  // namespace inlay::inline INLAY_ABI
