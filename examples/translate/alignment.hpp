#pragma once
// Where a model looks in the source while it writes: a forward pass over a sentence and its translation, and the
// weights of cross-attention, or of the alignment of a recurrent model.

#include <inlay/modules/module.hpp>

#include <algorithm>
#include <span>
#include <string>
#include <vector>

#include "support/heat_map.hpp"
#include "translate/words.hpp"

namespace translate {

template <class Model>
class AlignmentMaps {
 public:
  AlignmentMaps(const inlay::ParametersOf<Model>& parameters, const inlay::BuffersOf<Model>& buffers)
      : parameters_{parameters}, buffers_{buffers} {}

  examples::HeatMaps of(std::span<const Token> letters, std::span<const Token> words) {
    words = words.first(std::min(words.size(), Model::context - 1));  // one that did not end fills the context
    std::vector<Token> target{start};
    target.insert(target.end(), words.begin(), words.end());
    const std::uint32_t offsets[] = {0, static_cast<std::uint32_t>(target.size())};
    const std::uint32_t source_offsets[] = {0, static_cast<std::uint32_t>(letters.size())};
    const inlay::SourceAndTarget x{letters, source_offsets, target};
    const inlay::Call call{.packing = {offsets, 1}, .memory = {.packing = {source_offsets, 1}}};
    const inlay::Serial serial;
    const inlay::Forward<inlay::ParametersOf<Model>, inlay::BuffersOf<Model>, inlay::Empty, decltype(activations_),
                         decltype(workspace_), inlay::Serial>
        frame{parameters_, buffers_, nothing_, activations_, workspace_, call, serial, inlay::Stream{}};
    Model::forward(frame, x, inlay::Rows<float, Model::vocabulary>(logits_, target.size()));

    examples::HeatMaps maps{.title = text_of_letters(letters) + " \u2192 " + text_of_words(words),
                            .subtitle = "rows: the word that is written next; columns: the letters it looks at",
                            .maps_in_line = 1};
    for (const Token letter : letters) maps.columns.push_back(name_of_letter(letter));
    for (const Token word : words) maps.rows.push_back(name_of_word(word));
    maps.rows.push_back("end");
    const auto add = [&](std::string title, auto&& weight) {
      examples::HeatMap map{.title = std::move(title)};
      for (std::size_t i = 0; i < target.size(); ++i)
        for (std::size_t j = 0; j < letters.size(); ++j) map.values.push_back(static_cast<double>(weight(i, j)));
      maps.maps.push_back(std::move(map));
    };
    if constexpr (requires { typename Model::CrossAttentionType; }) {
      constexpr std::size_t layer = Model::config.layers - 1, heads = Model::config.heads;
      inlay::Tensor<float, Model::context, Model::memory_context> mean{};
      for (std::size_t head = 0; head < heads; ++head) {
        const auto block = frame.child(INLAY_PART(decoder)).child(INLAY_PART_AT(layers, layer), layer);
        Model::CrossAttentionType::inspect(block.child(INLAY_PART(cross_attention)).child(INLAY_PART(module)), 0, head,
                                           weights_);
        for (std::size_t i = 0; i < mean.size(); ++i) mean.values[i] += weights_.values[i] / static_cast<float>(heads);
      }
      add("last layer, mean of its heads", mean);
    } else {
      add("additive attention", activations_.attention.weights);
    }
    return maps;
  }

 private:
  // As in training, because every layer then keeps its own activations.
  static constexpr inlay::Extent extent{.rows = Model::context, .memory_rows = Model::memory_context};

  const inlay::ParametersOf<Model>& parameters_;
  const inlay::BuffersOf<Model>& buffers_;
  inlay::Empty nothing_;
  inlay::ActivationsOf<Model, extent> activations_;
  inlay::WorkspaceOf<Model, extent> workspace_;
  inlay::Tensor<float, Model::context, Model::vocabulary> logits_;
  inlay::Tensor<float, Model::context, Model::memory_context> weights_;
};

}  // namespace translate
