#pragma once
// Trainer: everything that training needs, in one object whose sizeof is all the memory there is.
//
//   using Trainer = inlay::Trainer<Model, inlay::TrainerConfig{.batch = 12}>;
//   static Trainer trainer;                                   // .bss
//   trainer.initialize(inlay::Seed{1});
//   const inlay::StepReport report = trainer.step(batch, inlay::AdamW{.learning_rate = 1e-3f}, executor);
//
// One step: accumulate(batch) runs forward and backward and adds to the gradients; update(optimizer) merges, clips and
// applies them. step() is both. accumulate() may be called several times before an update: the gradient is the mean
// over all rows of all of them. It has the bits of one large batch where both are cut into the same passes.
//
// Work is cut in two levels. A batch is cut by sequences into `slices`, each with gradients of its own, and a slice
// runs in passes of at most `rows_per_pass` rows, whose parameter gradients continue the same chains (but for a tensor
// that is used twice, as tied embeddings are, and trained buckets of attention: their sums are grouped by pass). Slices
// run in parallel, each the whole network in one core's cache, and are merged in order; with one slice the executor
// works inside the kernels instead. Both numbers follow from the shape alone, so the bits are the same for any number
// of threads. Memory for activations exists once for each of `workers`.
//
// A step whose gradient is not finite changes no parameter: it is counted, and the report names the tensor.

#include <inlay/config.hpp>
#include <inlay/memory/footprint.hpp>
#include <inlay/modules/initialize.hpp>
#include <inlay/modules/module.hpp>
#include <inlay/training/loss.hpp>
#include <inlay/training/optimizer.hpp>

namespace inlay::inline INLAY_ABI {

struct TrainerConfig {
  size_t batch;              // sequences of a usual batch; a batch may have more or fewer
  size_t slices = 0;         // 0: two, or one for large models; a small model uses as many cores as slices
  size_t rows_per_pass = 0;  // 0: chosen from the shape; at least the context
  size_t workers = 0;        // 0: chosen from the shape
  size_t moments = 2;        // copies of the parameters that the optimizer needs
  Recompute recompute = Recompute::none;
};

// Packed sequences and what each row should predict, or each sequence where the model pools its rows. Without offsets
// all sequences have the model's context length.
template <class Inputs, class Targets>
struct TrainingBatch {
  Inputs inputs;
  Targets targets;
  std::span<const std::uint32_t> offsets = {};
};
using Batch = TrainingBatch<std::span<const Token>, TokenTargets>;

struct StepReport {
  float loss;           // mean over the rows, before the update
  float gradient_norm;  // of the mean gradient, before clipping
  float learning_rate;
  bool skipped;               // the gradient was not finite
  Path::Text skipped_tensor;  // where; empty otherwise
};

// All that training continues from besides parameters and moments. All-zero at the start.
struct TrainingState {
  OptimizerState optimizer;
  std::uint64_t seed;
  std::uint64_t step;  // updates asked for, skipped ones included: the counter of dropout
  std::uint64_t skipped_steps;
};

template <class Model, TrainerConfig C, class Loss = SoftmaxCrossEntropy<Model::Output::width>>
class Trainer {
 public:
  using Parameters = ParametersOf<Model>;
  using ModelType = Model;
  using Inputs = typename Model::Input::ConstValues;
  using BatchType = TrainingBatch<Inputs, typename Loss::Targets>;

  static_assert(C.batch > 0, "inlay: a trainer's batch has at least one sequence");
  static_assert(C.moments > 0,
                "inlay: a trainer holds at least one moment, which is what every optimizer here asks for");
  static_assert(C.rows_per_pass == 0 || C.rows_per_pass >= Model::context,
                "inlay: rows_per_pass is less than the model's context; a pass has room for one whole sequence");

  static constexpr size_t context = Model::context;
  static constexpr size_t parameter_floats = bytes_of<Parameters> / sizeof(float);
  static constexpr size_t slices = C.slices != 0 ? C.slices : [] {
    // Gradients are kept for each slice: two of them where the model is small enough for a core's cache to matter, one
    // and parallel kernels where it is not. As many slices as cores are best; two cost least on one and on two.
    const size_t most = bytes_of<Parameters> <= 16 * 1024 * 1024 ? 2 : 1;
    return C.batch < most ? C.batch : most;
  }();
  static constexpr size_t rows_per_pass = C.rows_per_pass != 0 ? C.rows_per_pass : [] {
    // Each pass reads the weights and reads and writes the gradients once: 64 rows took nano 9 % more time than 192 do,
    // 384 rows 3 %, because the activations then leave the cache. Parallel kernels want more rows.
    const size_t wanted = slices > 1 ? 192 : 512;
    const size_t slice_sequences = (C.batch + slices - 1) / slices;
    const size_t sequences = wanted / context > 1 ? wanted / context : 1;
    const size_t passes = (slice_sequences + sequences - 1) / sequences;
    return context * ((slice_sequences + passes - 1) / passes);
  }();
  static constexpr size_t workers = C.workers != 0 ? C.workers : slices > 1 ? slices : 8;
  static constexpr size_t moments = C.moments;

  // Begins anew: parameters from the seed, everything else zero.
  void initialize(Seed seed) {
    const FloatEnvironment environment;
    clear(parameters_);
    inlay::initialize<Model>(parameters_, seed);
    reset_optimizer();
    initialize_buffers_at<Model>(buffers_);
    state_ = TrainingState{};
    state_.seed = seed.value;
    discard_accumulated();
  }

  template <class Optimizer, Executor E>
  StepReport step(const BatchType& batch, const Optimizer& optimizer, const E& executor) {
    accumulate(batch, executor);
    return update(optimizer, executor);
  }

  // Forward and backward; adds to the gradients.
  template <Executor E>
  void accumulate(const BatchType& batch, const E& executor) {
    const FloatEnvironment environment;
    Loss::add_weight(batch.targets, weight_);
    run(batch, true, executor, losses_);
    rows_ += rows_of(batch);
    sequences_ += sequences_of(batch);
    memory_rows_ += memory_rows(batch, 0, sequences_of(batch));
  }

  // Forgets what was accumulated since the last update.
  void discard_accumulated() {
    for (auto& gradient : gradients_) clear(gradient);
    begin_accumulation();
  }

  // Moments and the optimizer's state as at the beginning. Due before another kind of optimizer goes on: the moments of
  // one mean nothing to the other, and Adam would take the run for one whose first steps are past.
  void reset_optimizer() {
    for (auto& moment : moments_) clear(moment);
    state_.optimizer = OptimizerState{};
  }

  // The mean gradient of what was accumulated: clipped, applied, and zero again.
  template <class Optimizer, Executor E>
  StepReport update(const Optimizer& optimizer, const E& executor) {
    static_assert(Optimizer::moments <= moments,
                  "inlay: this optimizer needs more moments than the trainer holds; set TrainerConfig::moments");
    const FloatEnvironment environment;
    StepReport report{};
    double loss = 0.0;
    for (size_t s = 0; s < slices; ++s) loss += losses_[s];
    const float mean = weight_ > 0.0 ? static_cast<float>(1.0 / weight_) : 0.0f;
    report.loss = environment.settle(static_cast<float>(loss) * mean);
    report.learning_rate = optimizer.learning_rate;
    const float squares = merge(executor);
    report.gradient_norm = environment.settle(simd::sqrt(squares) * mean);
    ++state_.step;
    if (kernels::is_finite(report.gradient_norm)) {
      const float clip = optimizer.clip_norm > 0.0f ? optimizer.clip_norm / (report.gradient_norm + 1e-6f) : 1.0f;
      optimizer.advance(state_.optimizer);
      apply(optimizer, clip < 1.0f ? mean * clip : mean, executor);
    } else {
      report.skipped = true;
      report.skipped_tensor = first_not_finite();
      ++state_.skipped_steps;
      clear(gradients_[0]);
    }
    begin_accumulation();
    return report;
  }

  // The mean loss of a batch, without dropout; gradients stay as they are.
  template <Executor E>
  float evaluate(const BatchType& batch, const E& executor) {
    const FloatEnvironment environment;
    double weight = 0.0;
    double losses[slices] = {};
    Loss::add_weight(batch.targets, weight);
    run(batch, false, executor, losses);
    double loss = 0.0;
    for (size_t s = 0; s < slices; ++s) loss += losses[s];
    return environment.settle(weight > 0.0 ? static_cast<float>(loss / weight) : 0.0f);
  }

  const Parameters& parameters() const { return parameters_; }
  Parameters& parameters() { return parameters_; }
  const BuffersOf<Model>& buffers() const { return buffers_; }
  BuffersOf<Model>& buffers() { return buffers_; }
  // What accumulate() has gathered, before the division by the weight of the rows.
  const Parameters& gradients(size_t slice = 0) const { return gradients_[slice]; }
  Parameters& moment(size_t index) { return moments_[index]; }
  const Parameters& moment(size_t index) const { return moments_[index]; }
  const TrainingState& state() const { return state_; }
  TrainingState& state() { return state_; }

  static constexpr Footprint footprint() {
    Footprint f;
    f.parameters = bytes_of<Parameters>;
    f.buffers = bytes_of<BuffersOf<Model>>;
    f.gradients = slices * bytes_of<Parameters>;
    f.slices = slices;
    f.optimizer = moments * bytes_of<Parameters>;
    f.activations = workers_held * (bytes_of<ActivationsOf<Model, extent>> + sizeof(Lane::outputs));
    f.scratch = workers_held * bytes_of<WorkspaceOf<Model, extent>>;
    f.workers = workers_held;
    f.other = sizeof(Trainer) - f.total();
    return f;
  }

 private:
  static constexpr bool slices_in_parallel = slices > 1;
  // With one slice the workers are inside the kernels, and the activations exist once.
  static constexpr Extent extent{rows_per_pass, slices_in_parallel ? 1 : workers, true, C.recompute,
                                 detail::memory_rows_for<Model>(rows_per_pass)};
  static constexpr bool per_sequence = detail::gives_one_row_per_sequence<Model>;
  static constexpr size_t workers_held = slices_in_parallel ? workers : 1;
  static constexpr size_t chunk = 8192;  // floats that one task merges or updates
  static constexpr size_t chunks = (parameter_floats + chunk - 1) / chunk;

  struct Lane {
    INLAY_NO_UNIQUE_ADDRESS ActivationsOf<Model, extent> activations;
    INLAY_NO_UNIQUE_ADDRESS WorkspaceOf<Model, extent> workspace;
    typename Loss::template Workspace<extent> loss;
    Tensor<float, rows_per_pass, Model::Output::width> outputs;  // then their gradients
    Tensor<std::uint32_t, rows_per_pass + 1> offsets;            // where a batch gives none
  };

  static size_t sequences_of(const BatchType& batch) {
    return batch.offsets.empty() ? rows_of(batch) / context : batch.offsets.size() - 1;
  }
  static size_t rows_of(const BatchType& batch) { return Model::Input::rows(batch.inputs); }
  static size_t memory_rows(const BatchType& batch, size_t first, size_t end) {
    return detail::memory_rows_of<typename Model::Input>(batch.inputs, first, end);
  }
  static size_t offset_of(const BatchType& batch, size_t sequence) {
    return batch.offsets.empty() ? sequence * context : batch.offsets[sequence];
  }

  template <Executor E>
  void run(const BatchType& batch, bool backward, const E& executor, double* losses) {
    const size_t sequences = sequences_of(batch);
    INLAY_ASSERT(offset_of(batch, sequences) == rows_of(batch));
    INLAY_ASSERT(detail::is_valid<typename Model::Input>(batch.inputs, sequences));
    const auto slice = [&](size_t s, size_t lane, const auto& inner) {
      run_slice(batch, s, sequences * s / slices, sequences * (s + 1) / slices, backward, lanes_[lane], inner,
                losses[s]);
    };
    if constexpr (slices_in_parallel)
      for_each_in_lanes(executor, slices, workers,
                        [&](size_t s, size_t lane) { slice(s, lane, executor_in_lane<workers>(executor, lane)); });
    else
      slice(0, 0, executor);
  }

  template <class E>
  void run_slice(const BatchType& batch, size_t slice, size_t first, size_t end, bool backward, Lane& lane,
                 const E& executor, double& loss) {
    while (first < end) {
      // As many sequences as the pass has rows for.
      const size_t begin = offset_of(batch, first);
      size_t last = first + 1;
      while (last < end && offset_of(batch, last + 1) - begin <= rows_per_pass &&
             memory_rows(batch, first, last + 1) <= extent.memory_rows)
        ++last;
      const size_t rows = offset_of(batch, last) - begin;
      INLAY_ASSERT(rows <= rows_per_pass && memory_rows(batch, first, last) <= extent.memory_rows);
      Call call{.packing = {nullptr, last - first}};
      if (batch.offsets.empty()) {
        for (size_t i = 0; i <= last - first; ++i) lane.offsets(i) = static_cast<std::uint32_t>(i * context);
        call.packing.offsets = lane.offsets.data();
      } else {
        call.packing.offsets = batch.offsets.data() + first;
      }
      call.training = backward;
      call.random = {state_.seed, state_.step};
      call.first_row = rows_ + begin;
      call.first_sequence = sequences_ + first;
      call.memory.first_row = memory_rows_ + memory_rows(batch, 0, first);
      const Cut cut{first, last - first, begin, rows};
      const auto inputs = Model::Input::part(batch.inputs, cut);
      const auto targets =
          per_sequence ? Loss::part(batch.targets, first, last - first) : Loss::part(batch.targets, begin, rows);
      const Rows<float, Model::Output::width> outputs(lane.outputs, per_sequence ? last - first : rows);
      const Forward<Parameters, BuffersOf<Model>, Empty, ActivationsOf<Model, extent>, WorkspaceOf<Model, extent>, E>
          forward{parameters_, buffers_, detail::nothing, lane.activations, lane.workspace, call, executor, Stream{}};
      Span forward_span(executor, "forward");
      Model::forward(forward, inputs, outputs);
      forward_span.end();
      Span loss_span(executor_at(executor, "loss"), "loss", {0, 8 * outputs.count() * Model::Output::width});
      if (backward) {
        Loss::backward(executor, lane.loss, outputs, targets, loss);
        loss_span.end();
        const Span backward_span(executor, "backward");
        const Backward<Parameters, BuffersOf<Model>, ActivationsOf<Model, extent>, WorkspaceOf<Model, extent>, E> frame{
            parameters_, gradients_[slice], buffers_, lane.activations, lane.workspace, call, executor, Stream{}};
        Model::backward(frame, inputs, outputs, no_gradient);
      } else {
        Loss::forward(executor, lane.loss, outputs, targets, loss);
      }
      first = last;
    }
  }

  // Parameters are floats and, between them, at most padding that stays zero: one array for what does not ask for
  // names.
  static float* floats(Parameters& parameters) { return reinterpret_cast<float*>(&parameters); }
  static void clear(Parameters& parameters) { kernels::fill(parameter_floats, 0.0f, floats(parameters)); }
  void begin_accumulation() {
    weight_ = 0.0;
    rows_ = 0;
    sequences_ = 0;
    memory_rows_ = 0;
    for (double& loss : losses_) loss = 0.0;
  }

  // All slices into the first, in order; the sum of squares.
  template <Executor E>
  float merge(const E& executor) {
    const Span span(executor_at(executor, "update"), "merge",
                    {2 * slices * parameter_floats, 8 * slices * parameter_floats});
    parallel::for_each_block(executor, chunks, 1, [&](size_t first, size_t count) {
      for (size_t c = first; c < first + count; ++c) {
        const size_t begin = c * chunk;
        const size_t size = parameter_floats - begin < chunk ? parameter_floats - begin : chunk;
        float* const total = floats(gradients_[0]) + begin;
        for (size_t s = 1; s < slices; ++s) kernels::take(size, floats(gradients_[s]) + begin, total);
        squares_(c) = kernels::sum_of_squares(size, total);
      }
    });
    return kernels::sum(chunks, [&](auto at) { return at.load(squares_.data()); });
  }

  template <class Optimizer, Executor E>
  void apply(const Optimizer& optimizer, float factor, const E& executor) {
    const Span span(executor_at(executor, "update"), "optimizer",
                    {0, (16 + 8 * Optimizer::moments) * parameter_floats});
    const size_t tasks = is_serial<E> ? 1 : executor.max_workers();
    const auto task = [&](size_t index, size_t) {
      size_t turn = 0;
      const auto update = [&](const Path&, auto& p, auto& g, auto&... m) {
        using T = std::remove_reference_t<decltype(p)>;
        static_assert(std::is_same_v<typename T::value_type, float>, "inlay: what is trained is a Tensor of float");
        constexpr bool matrix = T::rank >= 2;
        for (size_t begin = 0; begin < p.size(); begin += chunk) {
          if (turn++ % tasks != index) continue;
          const size_t size = p.size() - begin < chunk ? p.size() - begin : chunk;
          float* const pointers[] = {m.data() + begin..., nullptr};
          optimizer.update(state_.optimizer, matrix, size, factor, p.data() + begin, g.data() + begin, pointers);
        }
      };
      [&]<size_t... I>(std::index_sequence<I...>) { visit<Model>(update, parameters_, gradients_[0], moments_[I]...); }
      (std::make_index_sequence<Optimizer::moments>{});
    };
    for_each_in_lanes(executor, tasks, tasks, task);
  }

  // The first tensor with a gradient that is infinite or NaN; "all together" where only the norm overflows.
  Path::Text first_not_finite() {
    Path::Text name{"all together"};
    bool found = false;
    visit<Model>(
        [&](const Path& path, const auto& gradient) {
          for (size_t i = 0; i < gradient.size() && !found; ++i) {
            if (kernels::is_finite(gradient.values[i])) continue;
            found = true;
            name = path.text();
          }
        },
        gradients_[0]);
    return name;
  }

  Parameters parameters_;
  INLAY_NO_UNIQUE_ADDRESS BuffersOf<Model> buffers_;
  Parameters gradients_[slices];  // zero between steps
  Parameters moments_[moments];
  Lane lanes_[workers_held];
  Tensor<float, chunks> squares_;
  TrainingState state_;
  double losses_[slices];  // of many rows: a float would stop counting at 2^24
  double weight_;          // of the rows accumulated so far
  size_t rows_;            // accumulated so far
  size_t sequences_;       // likewise
  size_t memory_rows_;     // of second sequences, likewise
};

}  // namespace inlay::inline INLAY_ABI
