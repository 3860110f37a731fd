#pragma once
// Where each head of a Gpt looks while it reads a sequence: a forward pass that keeps every layer's activations, and
// Attention::inspect.

#include <inlay/models/gpt.hpp>

#include <span>
#include <string>
#include <vector>

#include "support/heat_map.hpp"

namespace sequence_tasks {

template <class Model>
class AttentionMaps {
 public:
  AttentionMaps(const inlay::ParametersOf<Model>& parameters, const inlay::BuffersOf<Model>& buffers)
      : parameters_{parameters}, buffers_{buffers} {}

  // A map for each layer and head. The sequence has at most Model::context tokens.
  std::vector<examples::HeatMap> of(std::span<const inlay::Token> sequence) {
    const std::uint32_t offsets[] = {0, static_cast<std::uint32_t>(sequence.size())};
    const inlay::Call call{.packing = {offsets, 1}};
    const inlay::Serial serial;
    const inlay::Forward<inlay::ParametersOf<Model>, inlay::BuffersOf<Model>, inlay::Empty, decltype(activations_),
                         decltype(workspace_), inlay::Serial>
        frame{parameters_, buffers_, nothing_, activations_, workspace_, call, serial, inlay::Stream{}};
    Model::forward(frame, sequence, inlay::Rows<float, Model::vocabulary>(logits_, sequence.size()));
    std::vector<examples::HeatMap> maps;
    for (std::size_t layer = 0; layer < Model::config.layers; ++layer)
      for (std::size_t head = 0; head < Model::config.heads; ++head) {
        const auto block = frame.child(INLAY_PART(blocks)).child(INLAY_PART_AT(layers, layer), layer);
        Model::AttentionType::inspect(block.child(INLAY_PART(attention)), 0, head, weights_);
        examples::HeatMap map{.title = "layer " + std::to_string(layer + 1) + ", head " + std::to_string(head + 1)};
        for (std::size_t i = 0; i < sequence.size(); ++i)
          for (std::size_t j = 0; j < sequence.size(); ++j) map.values.push_back(static_cast<double>(weights_(i, j)));
        maps.push_back(std::move(map));
      }
    return maps;
  }

 private:
  // As in training, because every layer then keeps its own activations.
  static constexpr inlay::Extent extent{.rows = Model::context};

  const inlay::ParametersOf<Model>& parameters_;
  const inlay::BuffersOf<Model>& buffers_;
  inlay::Empty nothing_;
  inlay::ActivationsOf<Model, extent> activations_;
  inlay::WorkspaceOf<Model, extent> workspace_;
  inlay::Tensor<float, Model::context, Model::vocabulary> logits_;
  inlay::Tensor<float, Model::context, Model::context> weights_;
};

}  // namespace sequence_tasks
