#pragma once
// Translator: the best target that an encoder-decoder finds for a source, greedily or by beam search.
//
//   static inlay::Translator<Model, inlay::TranslatorConfig{.beams = 4}> translator{trainer.parameters()};
//   const auto words = translator.translate(source, {.start = 1, .end = 2});
//
// One beam is greedy decoding: the likeliest token at each step. With more, the `beams` likeliest beginnings are
// followed side by side; one that ends leaves its place to the others, and the best `beams` that ended are kept. The
// search is over when nothing that is still open could come in among them, or when the context is full: a sure model
// has unlikely early ends long before its long right answer, and they must not end the search. Of those that ended the
// one with the greatest score wins,
//
//   score(Y) = log P(Y | X) / ((5 + |Y|) / 6)^length_penalty       |Y| counts the end token; 0: no normalisation
//
// The encoder runs once, the cross-attention's keys and values are computed once, and each token costs one token's work
// a beam and, with more than one, a copy of its caches. translate() returns the target without start and end, valid
// until the next call; hypotheses() has all that were found, best first, for whoever scores them again
// (generation/noisy_channel.hpp). Equal scores: the earlier beam, the lower token.
//
// Source: Wu et al., "Google's Neural Machine Translation System", 2016, section 7, eq. 14 (without coverage).

#include <inlay/config.hpp>
#include <inlay/kernels/softmax.hpp>
#include <inlay/memory/footprint.hpp>
#include <inlay/memory/in_bss.hpp>
#include <inlay/modules/module.hpp>

#include <span>

namespace inlay::inline INLAY_ABI {

struct TranslatorConfig {
  size_t beams = 1;    // at most
  size_t workers = 1;  // that may work inside the kernels at the same time
};

struct Translation {
  Token start;
  Token end;
  size_t beams = 0;             // 0: as many as the translator has
  float length_penalty = 0.6f;  // with one beam without effect
};

template <class Model, TranslatorConfig C = TranslatorConfig{}>
class Translator {
 public:
  static constexpr size_t context = Model::context;
  static constexpr size_t vocabulary = Model::vocabulary;
  static constexpr size_t beams = C.beams;
  static_assert(C.beams > 0, "inlay: a translator follows at least one beam");
  static_assert(
      std::is_same_v<typename Model::Input, TokenPairs>,
      "inlay: a Translator needs a model from one sequence to another, as EncoderDecoder is; what goes on with "
      "a text is a Generator");

  struct Hypothesis {
    Tensor<Token, context> tokens;  // without start and end
    size_t length;
    float log_probability;
    float score;
    bool ended;  // false where the context was full before

    std::span<const Token> text() const { return {tokens.data(), length}; }
  };

  explicit Translator(const ParametersOf<Model>& parameters) : parameters_(&parameters) {
    detail::stay_in_bss(parameters_);
    initialize_buffers_at<Model>(buffers_);
  }
  // It keeps a reference: a temporary would be gone.
  explicit Translator(ParametersOf<Model>&&) = delete;

  template <Executor E = Serial>
  std::span<const Token> translate(std::span<const Token> source, const Translation& how, const E& executor = E{}) {
    INLAY_ASSERT(!source.empty() && source.size() <= Model::memory_context && how.beams <= beams);
    const FloatEnvironment environment;
    const size_t wanted = how.beams == 0 ? beams : how.beams;
    finished_ = 0;
    live_ = 1;
    now_ = 0;
    beam_(0) = Beam{0, how.start, 0.0f};
    texts_[0][0].length = 0;
    for (size_t step = 0; step < context && live_ > 0; ++step) {
      forward(step == 0 ? source : std::span<const Token>{}, step, executor);
      choose(how, wanted);
    }
    // What was still open when the context was full.
    for (size_t b = 0; b < live_ && finished_ < wanted; ++b)
      finish(texts_[now_][b], beam_(b).log_probability, how, wanted, false);
    return found_[0].text();
  }

  // Of the last translation, best first.
  std::span<const Hypothesis> hypotheses() const { return {found_, finished_}; }

  static constexpr Footprint footprint() {
    Footprint f;
    f.buffers = bytes_of<BuffersOf<Model>>;
    f.state = 2 * bytes_of<StateOf<Model, beams>>;
    f.activations = bytes_of<ActivationsOf<Model, extent>>;
    f.scratch = bytes_of<WorkspaceOf<Model, extent>>;
    f.other = sizeof(Translator) - f.total();
    return f;
  }

 private:
  static constexpr Extent extent{beams, C.workers, false, Recompute::none, Model::memory_context};

  struct Text {
    Tensor<Token, context> tokens;
    size_t length;
  };
  struct Beam {
    size_t parent;
    Token token;
    float log_probability;
  };

  // Each live beam's last token into its part of the state; log-probabilities of the next.
  template <Executor E>
  void forward(std::span<const Token> source, size_t position, const E& executor) {
    std::uint32_t offsets[beams + 1];
    std::uint32_t starts[beams];
    Token tokens[beams];
    for (size_t b = 0; b < beams && b < live_; ++b) {  // the first bound is for a compiler that knows beams = 1
      offsets[b] = static_cast<std::uint32_t>(b);
      starts[b] = static_cast<std::uint32_t>(position);
      tokens[b] = beam_(b).token;
    }
    offsets[live_] = static_cast<std::uint32_t>(live_);
    const std::uint32_t source_offsets[2] = {0, static_cast<std::uint32_t>(source.size())};
    const Call call{.packing = {offsets, live_, starts}};
    const Forward<ParametersOf<Model>, BuffersOf<Model>, StateOf<Model, beams>, ActivationsOf<Model, extent>,
                  WorkspaceOf<Model, extent>, E>
        frame{*parameters_, buffers_, states_[now_], activations_, workspace_, call, executor, Stream{}};
    const Span span(executor, "forward");
    const Rows<float, vocabulary> logits(logits_, live_);
    Model::forward(frame, SourceAndTarget{source, source_offsets, {tokens, live_}}, logits);
    kernels::log_softmax(live_, vocabulary, logits.data(), logits.data());
  }

  // The best continuations: those that end are set down, the others live on.
  void choose(const Translation& how, size_t wanted) {
    // Twice as many as wanted: at most one of each beam ends.
    Beam best[2 * beams];
    const size_t most = 2 * wanted;
    size_t count = 0;
    for (size_t b = 0; b < live_; ++b) {
      const float* const row = logits_.data() + b * vocabulary;
      for (size_t token = 0; token < vocabulary; ++token) {
        const float total = beam_(b).log_probability + row[token];
        if (count == most && !(total > best[count - 1].log_probability)) continue;
        size_t place = count < most ? count++ : count - 1;
        for (; place > 0 && total > best[place - 1].log_probability; --place) best[place] = best[place - 1];
        best[place] = Beam{b, static_cast<Token>(token), total};
      }
    }
    const size_t then = now_;
    const size_t next = wanted == 1 ? now_ : 1 - now_;  // a single beam goes on where it is
    size_t going_on = 0;
    for (size_t i = 0; i < count && going_on < wanted; ++i) {
      const Text& text = texts_[then][best[i].parent];
      if (best[i].token == how.end) {
        // An end counts where it is one of the best `wanted`. With one beam the likeliest token decides.
        if (i < wanted) finish(text, best[i].log_probability, how, wanted, true);
        if (wanted == 1 && finished_ == 1) break;
        continue;
      }
      Text& continued = texts_[next][going_on];
      if (next != then) {
        continued = text;
        copy_sequence<Model>(states_[then], best[i].parent, states_[next], going_on);
      }
      continued.tokens(continued.length++) = best[i].token;
      beam_next_(going_on++) = best[i];
    }
    for (size_t b = 0; b < going_on; ++b) beam_(b) = beam_next_(b);
    live_ = going_on > 0 && finished_ == wanted && best_to_come(how, next) <= found_[wanted - 1].score ? 0 : going_on;
    now_ = next;
  }

  static float score_of(float log_probability, size_t length, const Translation& how) {
    if (how.length_penalty == 0.0f) return log_probability;
    return log_probability / simd::exp(how.length_penalty * simd::log((5.0f + static_cast<float>(length)) / 6.0f));
  }
  // No continuation of what is open scores higher: it loses nothing more, and is as long as pays best.
  float best_to_come(const Translation& how, size_t next) const {
    const float log_probability = beam_(0).log_probability;
    return score_of(log_probability, how.length_penalty > 0.0f ? context : texts_[next][0].length + 1, how);
  }

  // Into its place among the best that ended.
  void finish(const Text& text, float log_probability, const Translation& how, size_t wanted, bool ended) {
    const float score = score_of(log_probability, text.length + (ended ? 1 : 0), how);
    const auto better = [&](const Hypothesis& than) { return ended != than.ended ? ended : score > than.score; };
    if (finished_ == wanted && !better(found_[wanted - 1])) return;
    size_t place = finished_ < wanted ? finished_++ : wanted - 1;
    for (; place > 0 && place < beams && better(found_[place - 1]); --place) found_[place] = found_[place - 1];
    found_[place].tokens = text.tokens;
    found_[place].length = text.length;
    found_[place].log_probability = log_probability;
    found_[place].score = score;
    found_[place].ended = ended;
  }

  const ParametersOf<Model>* parameters_;
  INLAY_NO_UNIQUE_ADDRESS BuffersOf<Model> buffers_;
  StateOf<Model, beams> states_[2];  // of this step and the next
  ActivationsOf<Model, extent> activations_;
  WorkspaceOf<Model, extent> workspace_;
  Tensor<float, beams, vocabulary> logits_;
  Text texts_[2][beams];
  Tensor<Beam, beams> beam_, beam_next_;
  Hypothesis found_[beams];
  size_t finished_, live_, now_;
};

}  // namespace inlay::inline INLAY_ABI
