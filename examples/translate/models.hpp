#pragma once
// The two models, of about the same size. Both read a number letter by letter and write it word by word.
//
//   transformer   the encoder-decoder of 2017, two layers of width 64 on either side
//   LSTM          an LSTM of width 96 on either side, with Bahdanau's additive attention

#include <inlay/models/encoder_decoder.hpp>
#include <inlay/models/ngram.hpp>
#include <inlay/models/recurrent_encoder_decoder.hpp>

#include "translate/words.hpp"

namespace translate {

inline constexpr std::size_t batch = 64, beams = 4;
inline constexpr std::size_t longest_target = 1 + longest_english;  // with start, or with end

using Transformer = inlay::EncoderDecoder<inlay::EncoderDecoderConfig{.source_vocabulary = letter_count,
                                                                      .vocabulary = english_vocabulary,
                                                                      .source_context = longest_italian,
                                                                      .context = longest_target,
                                                                      .width = 64,
                                                                      .heads = 4,
                                                                      .layers = 2,
                                                                      .hidden = 128}>;
using Lstm = inlay::RecurrentEncoderDecoder<inlay::RecurrentEncoderDecoderConfig{.source_vocabulary = letter_count,
                                                                                 .vocabulary = english_vocabulary,
                                                                                 .source_context = longest_italian,
                                                                                 .context = longest_target,
                                                                                 .width = 96,
                                                                                 .layers = 1}>;

// What English numbers sound like: how words follow one another, and where a number ends.
using EnglishModel = inlay::NGram<inlay::NGramConfig{.vocabulary = english_vocabulary, .order = 4, .capacity = 40'000}>;

}  // namespace translate
