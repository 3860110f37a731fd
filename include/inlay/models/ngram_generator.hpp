#pragma once
// NGramGenerator: writes with an n-gram model, token by token, like a die whose faces have the weights p(w | h).
//
//   static Model model;                                                  // an NGram, counted and finished
//   static inlay::NGramGenerator<Model> generator{model};
//   generator.write("The ", 200, inlay::Sampling{.temperature = 0.8f}, [](auto token) { ... });
//
// As Generator (generation/generator.hpp), and with the same Sampling: it delivers the new tokens and returns how many;
// a callback that returns bool stops it by false; it goes on from what was read and written before, and reset() begins
// a sequence anew. A temperature T makes the weights p^(1/T); a repetition penalty looks at the last n - 1 tokens. Its
// context moves along with the text, so Sampling::past_context has nothing to say.

#include <inlay/config.hpp>
#include <inlay/generation/sampling.hpp>
#include <inlay/memory/in_bss.hpp>
#include <inlay/models/ngram.hpp>

#include <string_view>

namespace inlay::inline INLAY_ABI {

template <class Model>
class NGramGenerator {
 public:
  static constexpr size_t vocabulary = Model::vocabulary;

  explicit NGramGenerator(const Model& model) : model_(&model) {
    detail::stay_in_bss(model_);
    reset();
  }

  void reset() {
    context_ = Model::start();
    length_ = 0;
    drawn_ = 0;
  }
  // The last tokens that have been read and written, as many as the model looks at.
  std::span<const Token> tokens() const { return {tokens_.data(), length_}; }

  void read(std::span<const Token> prompt) {
    for (const Token token : prompt) take(token);
  }

  template <class Callback>
  size_t write(std::span<const Token> prompt, size_t count, const Sampling& sampling, Callback&& callback) {
    read(prompt);
    return go_on(count, sampling, callback);
  }
  // A prompt of bytes, for models whose tokens are bytes.
  template <class Callback>
  size_t write(std::string_view prompt, size_t count, const Sampling& sampling, Callback&& callback) {
    static_assert(vocabulary >= 256,
                  "inlay: a prompt of text is read byte by byte; this vocabulary has fewer than 256 tokens");
    for (const char character : prompt) take(static_cast<Token>(static_cast<unsigned char>(character)));
    return go_on(count, sampling, callback);
  }

 private:
  static constexpr size_t room = Model::order > 1 ? Model::order - 1 : 1;

  void take(Token token) {
    context_ = model_->after(context_, token);
    if (length_ == room) {
      for (size_t i = 1; i < room; ++i) tokens_(i - 1) = tokens_(i);
      --length_;
    }
    tokens_(length_++) = token;
  }

  template <class Callback>
  size_t go_on(size_t count, const Sampling& sampling, Callback&& callback) {
    const FloatEnvironment environment;
    for (size_t written = 0; written < count;) {
      float* const logits = logits_.data();
      model_->probabilities(context_, {logits, vocabulary});
      kernels::for_each_vector(vocabulary, [&](auto at) { at.store(logits, simd::log(at.load(logits))); });
      const Token token = sampler_.choose(logits, tokens(), sampling, drawn_++);
      for (const Token stop : sampling.stop)
        if (token == stop) return written;
      ++written;
      take(token);
      if constexpr (std::is_same_v<decltype(callback(token)), bool>) {
        if (!callback(token)) return written;
      } else {
        callback(token);
      }
    }
    return count;
  }

  const Model* model_;
  typename Model::Context context_;
  Sampler<vocabulary> sampler_;
  Tensor<float, vocabulary> logits_;
  Tensor<Token, room> tokens_;
  size_t length_;        // of them
  std::uint64_t drawn_;  // by sampling, since the beginning
};

}  // namespace inlay::inline INLAY_ABI
