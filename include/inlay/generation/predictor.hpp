#pragma once
// Predictor: one forward pass. Rows in, outputs out, in the memory of inference.
//
//   static inlay::Predictor<Model> predictor{trainer.parameters(), trainer.buffers()};
//   const auto y = predictor.predict(x);            // x: one sequence, rows of numbers or tokens
//   const auto y = predictor.predict(x, offsets);   // several, packed: s is rows offsets[s] to offsets[s + 1]
//
// x: at most `rows` rows (PredictorConfig, the model's context unless told otherwise); y: a row for each row of x, or
// for each sequence where the model pools them, valid until the next call. The bits are those of a forward pass of the
// trainer without dropout. The parameters and the buffers (tables, where frozen weights lie) stay where they are, in
// RAM or flash, and must outlive the predictor; a model without buffers is given parameters alone.

#include <inlay/config.hpp>
#include <inlay/memory/footprint.hpp>
#include <inlay/memory/in_bss.hpp>
#include <inlay/modules/module.hpp>

#include <span>

namespace inlay::inline INLAY_ABI {

struct PredictorConfig {
  size_t rows = 0;     // of one call; 0 is the model's context
  size_t workers = 1;  // that may work inside the kernels at the same time
};

template <class Model, PredictorConfig C = PredictorConfig{}>
class Predictor {
 public:
  using Inputs = typename Model::Input::ConstValues;
  using Outputs = Rows<const float, Model::Output::width>;
  static constexpr size_t rows = [] {
    if constexpr (C.rows != 0)
      return C.rows;
    else
      return Model::context;
  }();

  Predictor(const ParametersOf<Model>& parameters, const BuffersOf<Model>& buffers)
      : parameters_(&parameters), buffers_(&buffers) {
    detail::stay_in_bss(parameters_);
  }
  // It keeps references: temporaries would be gone.
  Predictor(ParametersOf<Model>&&, const BuffersOf<Model>&) = delete;
  Predictor(const ParametersOf<Model>&, BuffersOf<Model>&&) = delete;
  Predictor(ParametersOf<Model>&&, BuffersOf<Model>&&) = delete;
  explicit Predictor(ParametersOf<Model>&&) = delete;
  explicit Predictor(const ParametersOf<Model>& parameters) requires(std::is_empty_v<BuffersOf<Model>>)
      : Predictor(parameters, detail::nothing_of<BuffersOf<Model>>) {}

  template <Executor E = Serial>
  Outputs predict(Inputs x, std::span<const std::uint32_t> offsets, const E& executor = E{}) {
    const FloatEnvironment environment;
    INLAY_ASSERT(!offsets.empty());
    const size_t count = offsets.back() - offsets.front();
    INLAY_ASSERT(count == Model::Input::rows(x) && count <= rows);
    const Call call{.packing = {offsets.data(), offsets.size() - 1}};
    const Forward<ParametersOf<Model>, BuffersOf<Model>, Empty, ActivationsOf<Model, extent>,
                  WorkspaceOf<Model, extent>, E>
        frame{*parameters_, *buffers_, detail::nothing, activations_, workspace_, call, executor, Stream{}};
    const Span span(executor, "forward");
    INLAY_ASSERT(detail::is_valid<typename Model::Input>(x, call.packing.count));
    const size_t given = detail::gives_one_row_per_sequence<Model> ? call.packing.count : count;
    INLAY_ASSERT(given <= rows);
    Model::forward(frame, x, Rows<float, Model::Output::width>(outputs_, given));
    return {outputs_.data(), given};
  }
  template <Executor E = Serial>
  Outputs predict(Inputs x, const E& executor = E{}) {
    const std::uint32_t offsets[2] = {0, static_cast<std::uint32_t>(Model::Input::rows(x))};
    return predict(x, offsets, executor);
  }

  static constexpr Footprint footprint() {
    Footprint f;
    f.activations = bytes_of<ActivationsOf<Model, extent>> + sizeof(outputs_);
    f.scratch = bytes_of<WorkspaceOf<Model, extent>>;
    f.other = sizeof(Predictor) - f.total();
    return f;
  }

 private:
  static constexpr Extent extent{
      .rows = rows, .workers = C.workers, .training = false, .memory_rows = detail::memory_rows_for<Model>(rows)};

  const ParametersOf<Model>* parameters_;
  const BuffersOf<Model>* buffers_;
  INLAY_NO_UNIQUE_ADDRESS ActivationsOf<Model, extent> activations_;
  INLAY_NO_UNIQUE_ADDRESS WorkspaceOf<Model, extent> workspace_;
  Tensor<float, rows, Model::Output::width> outputs_;
};

}  // namespace inlay::inline INLAY_ABI
