#pragma once
// Generator: writes with a language model, one token's work for one token.
//
//   static inlay::Generator<Model> generator{trainer.parameters()};
//   generator.write("The ", 200, inlay::Sampling{.temperature = 0.8f, .top_k = 40}, [](auto token) { ... });
//
// Keys and values of what has been read stay in a cache of the model's context; a prompt is read in chunks of
// `chunk` tokens; only the last position's logits are computed. The logits have the bits of the full forward pass over
// the same tokens.
//
// write() delivers the new tokens, not the prompt, and returns how many. A callback that returns bool stops it by
// false. It goes on from what was read and written before; reset() forgets it. read() takes a prompt alone and
// logits() gives the logits after it. Past the context: Sampling::past_context.

#include <inlay/config.hpp>
#include <inlay/generation/sampling.hpp>
#include <inlay/memory/footprint.hpp>
#include <inlay/memory/in_bss.hpp>
#include <inlay/modules/module.hpp>

#include <string_view>

namespace inlay::inline INLAY_ABI {

struct GeneratorConfig {
  size_t chunk = 32;   // tokens of a prompt that are read at once
  size_t workers = 1;  // that may work inside the kernels at the same time
};

template <class Model, GeneratorConfig C = GeneratorConfig{}>
class Generator {
 public:
  static constexpr size_t context = Model::context;
  static constexpr size_t vocabulary = Model::vocabulary;
  static constexpr size_t chunk = C.chunk < context ? C.chunk : context;
  static_assert(C.chunk > 0, "inlay: a generator reads at least one token at once");
  static_assert(
      requires { requires Model::selects_logits; },
      "inlay: a Generator needs a model that computes the logits of the last row alone where a call asks for it "
      "(Call::logits), as Gpt does, and says so: static constexpr bool selects_logits = true");

  explicit Generator(const ParametersOf<Model>& parameters) : parameters_(&parameters) {
    detail::stay_in_bss(parameters_);
    initialize_buffers_at<Model>(buffers_);
    reset();
  }

  // As a new one: the same prompt and the same seed give the same text again.
  void reset() {
    length_ = 0;
    waiting_ = 0;
    drawn_ = 0;
  }
  // What has been read and written, as far as it is still in the cache.
  std::span<const Token> tokens() const { return {tokens_.data(), length_}; }
  // Of the token after the last one that was read.
  Rows<const float, vocabulary> logits() const { return {logits_.data(), 1}; }

  // Reads tokens into the cache. False, and nothing is read, where they do not fit into the context.
  template <Executor E = Serial>
  bool read(std::span<const Token> prompt, const E& executor = E{}) {
    if (prompt.size() > context - length_) return false;
    const FloatEnvironment environment;
    while (!prompt.empty()) {
      const size_t count = prompt.size() < chunk ? prompt.size() : chunk;
      forward(prompt.first(count), prompt.size() == count, executor);
      prompt = prompt.subspan(count);
    }
    return true;
  }

  template <class Callback, Executor E = Serial>
  size_t write(std::span<const Token> prompt, size_t count, const Sampling& sampling, Callback&& callback,
               const E& executor = E{}) {
    for (size_t i = 0; i < prompt.size(); ++i)
      if (!take(prompt[i], sampling, executor)) return 0;
    return go_on(count, sampling, callback, executor);
  }
  // A prompt of bytes, for models whose tokens are bytes.
  template <class Callback, Executor E = Serial>
  size_t write(std::string_view prompt, size_t count, const Sampling& sampling, Callback&& callback,
               const E& executor = E{}) {
    static_assert(vocabulary >= 256,
                  "inlay: a prompt of text is read byte by byte; this vocabulary has fewer than 256 tokens");
    for (const char character : prompt)
      if (!take(static_cast<Token>(static_cast<unsigned char>(character)), sampling, executor)) return 0;
    return go_on(count, sampling, callback, executor);
  }

  static constexpr Footprint footprint() {
    Footprint f;
    f.buffers = bytes_of<BuffersOf<Model>>;
    f.state = bytes_of<StateOf<Model, 1>>;
    f.activations = bytes_of<ActivationsOf<Model, extent>>;
    f.scratch = bytes_of<WorkspaceOf<Model, extent>> + sizeof(Sampler<vocabulary>);
    f.other = sizeof(Generator) - f.total();
    return f;
  }

 private:
  static constexpr Extent extent{.rows = chunk, .workers = C.workers, .training = false};

  // One more token of a prompt: gathered, and read when a chunk is full.
  template <Executor E>
  bool take(Token token, const Sampling& sampling, const E& executor) {
    for (;;) {
      if (length_ == context && !make_room(sampling, executor)) return false;
      if (waiting_ < chunk && length_ + waiting_ < context) break;
      flush(executor);
    }
    pending_(waiting_++) = token;
    return true;
  }
  template <Executor E>
  void flush(const E& executor) {
    const size_t count = waiting_;
    waiting_ = 0;
    read({pending_.data(), count}, executor);
  }
  // The newest half of the text, read anew from position 0.
  template <Executor E>
  bool make_room(const Sampling& sampling, const E& executor) {
    if (sampling.past_context == PastContext::stop) return false;
    const size_t kept = context / 2;
    const size_t first = length_ - kept;
    for (size_t i = 0; i < kept; ++i) tokens_(i) = tokens_(first + i);
    length_ = 0;
    return read({tokens_.data(), kept}, executor);
  }

  template <class Callback, Executor E>
  size_t go_on(size_t count, const Sampling& sampling, Callback&& callback, const E& executor) {
    const FloatEnvironment environment;
    if (waiting_ > 0) {
      if (length_ == context && !make_room(sampling, executor)) return 0;
      flush(executor);
    }
    size_t written = 0;
    while (written < count && length_ > 0) {  // without anything read there is nothing to go on from
      Span span(executor, "sampling");
      const Token token = sampler_.choose(logits_.data(), tokens(), sampling, drawn_++);
      span.end();
      for (const Token stop : sampling.stop)
        if (token == stop) return written;
      ++written;
      bool more = true;
      if constexpr (std::is_same_v<decltype(callback(token)), bool>)
        more = callback(token);
      else
        callback(token);
      if (length_ == context && !make_room(sampling, executor)) {
        pending_(waiting_++) = token;  // read when there is room: after reset() never, otherwise by another policy
        return written;
      }
      read({&token, 1}, executor);
      if (!more) break;
    }
    return written;
  }

  template <Executor E>
  void forward(std::span<const Token> tokens, bool wants_logits, const E& executor) {
    const std::uint32_t offsets[2] = {0, static_cast<std::uint32_t>(tokens.size())};
    const auto start = static_cast<std::uint32_t>(length_);
    const Call call{.packing = {offsets, 1, &start},
                    .logits = wants_logits ? Logits::last_of_each_sequence : Logits::none};
    const Forward<ParametersOf<Model>, BuffersOf<Model>, StateOf<Model, 1>, ActivationsOf<Model, extent>,
                  WorkspaceOf<Model, extent>, E>
        frame{*parameters_, buffers_, state_, activations_, workspace_, call, executor, Stream{}};
    const Span span(executor, "forward");
    Model::forward(frame, tokens, Rows<float, vocabulary>(logits_.data(), wants_logits ? 1 : 0));
    for (size_t i = 0; i < tokens.size(); ++i) tokens_(length_ + i) = tokens[i];
    length_ += tokens.size();
  }

  const ParametersOf<Model>* parameters_;
  INLAY_NO_UNIQUE_ADDRESS BuffersOf<Model> buffers_;
  StateOf<Model, 1> state_;
  ActivationsOf<Model, extent> activations_;
  WorkspaceOf<Model, extent> workspace_;
  Sampler<vocabulary> sampler_;
  Tensor<float, 1, vocabulary> logits_;
  Tensor<Token, context> tokens_;  // in the cache
  Tensor<Token, chunk> pending_;   // of a prompt, not read yet
  size_t length_;                  // tokens in the cache
  size_t waiting_;                 // tokens pending
  std::uint64_t drawn_;            // by sampling, since the beginning
};

}  // namespace inlay::inline INLAY_ABI
