#pragma once
// NGram: a language model that counts. The next token depends on the n - 1 tokens before it.
//
//   static inlay::NGram<inlay::NGramConfig{.vocabulary = 256, .order = 5, .capacity = 200'000}> model;   // .bss
//   bool all = model.count(text);          // false: the table was full; report() says what found no place
//   model.finish();                        // or finish(Smoothing::witten_bell): the counts stay
//   float p = model.probability(context, token);
//
// With a(h w) the count of token w after the context h, A(h) = sum_w a(h w), and h' the context without its oldest
// token:
//
//   maximum_likelihood   p(w | h) = a(h w) / A(h), for the longest end of the context that was ever seen
//   witten_bell          p(w | h) = (a(h w) + T(h) p(w | h')) / (A(h) + T(h)),   T(h): how many tokens followed h
//   kneser_ney           p(w | h) = (a(h w) - D(a(h w)) + R(h) p(w | h')) / A(h),   R(h) = sum_w D(a(h w))
//                        where, below the highest order, a(h w) is no count but a number of contexts: how many tokens
//                        stood before h w. What begins a sequence has none before it and keeps its count.
//
// p(w | nothing at all) = 1 / V, so that every token has a probability, but with maximum_likelihood; where h was never
// seen, p(w | h) = p(w | h'). Over the vocabulary they sum to 1, but for the rounding of R, a sum of floats in the
// order of the table. The discount of an order is D(a) = Y where Y = n1 / (n1 + 2 n2) and n_i is how many of its
// n-grams have a = i; modified_kneser_ney has D(1) = 1 - 2 Y n2 / n1, D(2) = 2 - 3 Y n3 / n2, and for all others D = 3
// - 4 Y n4 / n3. Where an n_i of them is 0, or they lie outside (0, i], as in a small vocabulary, they are 0.5 for
// kneser_ney and 0.5, 1, 1.5: discounts() says so.
//
// begin, a token of its own that is never predicted, stands before the first token of a sequence; count() puts it
// there. A context without it is the end of something longer. Who wants to predict where a sequence ends appends a
// token for it.
//
// Memory: 16 bytes for each token of the vocabulary, 36 for each of the `capacity` different n-grams of two and more
// tokens. Open addressing, linear probing, two thirds full at most; the n-gram (h, w) is found by the number of h and
// by w, so nothing is taken for something else. All-zero is a model that has counted nothing. Once the table is full,
// n-grams that are in it are still counted and new ones are not: the probabilities still sum to 1. Work: n - 1 searches
// a token for counting and for probability(), (n - 1) V for probabilities().
//
// Source: Jurafsky, Martin, "Speech and Language Processing", chapter 3; Witten, Bell, "The zero-frequency problem",
// 1991; Kneser, Ney, "Improved backing-off for m-gram language modeling", 1995; Chen, Goodman, "An empirical study of
// smoothing techniques for language modeling", 1998, sections 2 and 3 (interpolated, modified, the discounts); Heafield
// et al., "Scalable modified Kneser-Ney language model estimation", 2013 (the beginning of a sequence).

#include <inlay/config.hpp>
#include <inlay/kernels/vectors.hpp>
#include <inlay/memory/footprint.hpp>
#include <inlay/modules/call.hpp>
#include <inlay/parallel/float_environment.hpp>
#include <inlay/simd/math.hpp>
#include <inlay/tensor/tensor.hpp>

namespace inlay::inline INLAY_ABI {

enum class Smoothing : std::uint8_t { maximum_likelihood, witten_bell, kneser_ney, modified_kneser_ney };

struct NGramConfig {
  size_t vocabulary;
  size_t order;         // n: the tokens of the longest n-gram
  size_t capacity = 0;  // different n-grams of two and more tokens
  Smoothing smoothing = Smoothing::modified_kneser_ney;
};

// What has been counted, and what has not.
struct NGramReport {
  std::uint64_t tokens;   // counted
  std::uint64_t n_grams;  // different ones of two and more tokens, in the table
  std::uint64_t lost;     // occurrences of n-grams that found no place in a full table
  std::uint64_t refused;  // tokens beyond NGram::most_tokens
};

// What is taken off a count of 1, of 2, and of more.
struct Discounts {
  float one, two, more;
  bool estimated;  // from the counts of counts; otherwise the constants above, or 0 without discounts
};

template <NGramConfig C>
class NGram {
 public:
  static constexpr NGramConfig config = C;
  static constexpr size_t vocabulary = C.vocabulary;
  static constexpr size_t order = C.order;
  static constexpr size_t capacity = C.order > 1 ? C.capacity : 0;
  static constexpr Token begin = static_cast<Token>(C.vocabulary);
  static constexpr std::uint64_t most_tokens = 0x7fffffffu;  // no sum of counts overflows 32 bits
  static_assert(C.vocabulary > 0 && C.order > 0, "inlay: an NGram needs a vocabulary and an order of at least 1");
  static_assert(
      C.order == 1 || C.capacity > 0,
      "inlay: an NGram of order 2 and more needs a capacity: the number of different n-grams it has room for");
  static_assert(C.vocabulary < 0x7fffffffu && C.capacity < 0x40000000u,
                "inlay: an NGram numbers its n-grams by 32 bits; vocabulary and capacity are too large for that");

  // What the tokens before the next one amount to: the number of the n-gram that the last k of them are, 0 where it was
  // never counted. An empty one knows nothing of what came before.
  struct Context {
    std::uint32_t of_last[C.order];  // k = 1 ... n - 1
  };

  // As a new one.
  void clear() {
    root_ = Counts{};
    for (Counts& one : unigrams_) one = Counts{};
    for (Slot& slot : slots_) slot = Slot{};
    counting_ = Context{};
    position_ = 0;
    report_ = NGramReport{};
    finished_ = false;
  }

  // Counts a sequence. False where something found no place.
  [[nodiscard]] bool count(std::span<const Token> tokens) {
    counting_ = start();
    position_ = 1;
    return go_on_counting(tokens);
  }
  // Counts more of the same sequence: pieces are counted as the whole would be.
  [[nodiscard]] bool go_on_counting(std::span<const Token> tokens) {
    if (position_ == 0) return count(tokens);
    finished_ = false;
    const std::uint64_t lost_before = report_.lost;
    for (size_t i = 0; i < tokens.size(); ++i) {
      if (report_.tokens == most_tokens) {
        report_.refused += tokens.size() - i;
        return false;
      }
      count_one(tokens[i]);
    }
    return report_.lost == lost_before;
  }
  const NGramReport& report() const { return report_; }

  // Due before the first question after counting. Two passes over the table.
  void finish(Smoothing smoothing = C.smoothing) {
    const FloatEnvironment environment;
    smoothing_ = smoothing;
    estimate_discounts();
    clear_sums(root_);
    for (Counts& one : unigrams_) clear_sums(one);
    for (Slot& slot : slots_) clear_sums(slot.counts);
    for (size_t token = 0; token < vocabulary; ++token) add_to_sums(root_, unigrams_[token], 1);
    for (const Slot& slot : slots_)
      if (slot.parent != 0) add_to_sums(node(slot.parent), slot.counts, order_of(slot));
    finished_ = true;
  }
  const Discounts& discounts(size_t of_order) const {
    INLAY_ASSERT(finished_ && of_order >= 1 && of_order <= order);
    return discounts_[of_order - 1];
  }

  // Of a sequence that begins, and of what follows tokens.
  static constexpr Context start() {
    Context context{};
    if constexpr (order > 1) context.of_last[1] = unigram(begin);
    return context;
  }
  Context after(std::span<const Token> tokens, Context context = {}) const {
    for (const Token token : tokens.size() < order ? tokens : tokens.last(order - 1)) context = after(context, token);
    return context;
  }
  Context after(const Context& context, Token token) const {
    INLAY_ASSERT(token <= vocabulary);
    Context next{};
    if constexpr (order > 1) next.of_last[1] = unigram(token);
    for (size_t k = 1; k + 1 < order && context.of_last[k] != 0; ++k)
      next.of_last[k + 1] = find(context.of_last[k], token);
    return next;
  }

  float probability(const Context& context, Token token) const {
    const FloatEnvironment environment;
    return environment.settle(probability_of(context, token));
  }
  float probability(std::span<const Token> context, Token token) const { return probability(after(context), token); }

  // Of each token of the vocabulary.
  void probabilities(const Context& context, std::span<float> p) const {
    INLAY_ASSERT(p.size() == vocabulary);
    const FloatEnvironment environment;
    for (size_t token = 0; token < vocabulary; ++token) p[token] = probability_of(context, static_cast<Token>(token));
  }

  // log p(w_1 ... w_N) in nats, by the chain rule; minus infinity where one of them is impossible.
  float log_probability(std::span<const Token> tokens, Context context = start()) const {
    const FloatEnvironment environment;
    double sum = 0.0;  // of many tokens: a float would lose the last ones
    for (const Token token : tokens) {
      sum += static_cast<double>(simd::log(probability_of(context, token)));
      context = after(context, token);
    }
    return environment.settle(static_cast<float>(sum));
  }
  // -log2 p / N, and 2 to that power.
  float bits_per_token(std::span<const Token> tokens, const Context& context = start()) const {
    const float nats = nats_per_token(tokens, context);
    const FloatEnvironment environment;
    return environment.settle(nats * 1.44269504f);
  }
  float perplexity(std::span<const Token> tokens, const Context& context = start()) const {
    const float nats = nats_per_token(tokens, context);
    const FloatEnvironment environment;
    return environment.settle(simd::exp(nats));
  }

  static constexpr Footprint footprint() {
    Footprint f;
    f.parameters = sizeof(NGram::slots_) + sizeof(NGram::unigrams_);
    f.other = sizeof(NGram) - f.total();
    return f;
  }

 private:
  struct Counts {
    std::uint32_t count;
    std::uint32_t contexts;  // different tokens that stood before; the count where none can or none are asked for
    std::uint32_t total;     // of what follows: the denominator. This and the next are filled by finish().
    float rest;              // of the numerator: what goes to the shorter context
  };
  struct Slot {
    std::uint32_t parent;  // the n-gram without its last token; 0: the slot is empty
    Token token;
    Counts counts;
  };
  // One in three is empty, so that a search ends after a few.
  static constexpr size_t slot_count = capacity + capacity / 2 + 1;

  // Numbers of n-grams: 0 is none, then the single tokens and begin, then the slots.
  static constexpr std::uint32_t unigram(Token token) { return token + 1; }
  static constexpr std::uint32_t first_slot = static_cast<std::uint32_t>(C.vocabulary) + 2;

  Counts& node(std::uint32_t number) {
    return number < first_slot ? unigrams_[number - 1] : slots_[number - first_slot].counts;
  }
  const Counts& node(std::uint32_t number) const { return const_cast<NGram*>(this)->node(number); }

  // The slot of an n-gram, or the empty one where it would go.
  size_t search(std::uint32_t parent, Token token) const {
    // Two rounds of multiplication mix all 64 bits; the upper half, scaled, is the place.
    std::uint64_t hash = (std::uint64_t{parent} << 32 | token) * 0x9e3779b97f4a7c15u;
    hash = (hash ^ hash >> 32) * 0xd6e8feb86659fd93u;
    size_t place = static_cast<size_t>((hash >> 32) * slot_count >> 32);
    while (slots_[place].parent != 0 && (slots_[place].parent != parent || slots_[place].token != token))
      place = place + 1 == slot_count ? 0 : place + 1;
    return place;
  }
  std::uint32_t find(std::uint32_t parent, Token token) const {
    const size_t place = search(parent, token);
    return slots_[place].parent == 0 ? 0 : first_slot + static_cast<std::uint32_t>(place);
  }

  // Shorter n-grams first: whatever is in the table, its end is in it, too, and so is its beginning.
  void count_one(Token token) {
    INLAY_ASSERT(token < vocabulary);
    ++report_.tokens;
    Counts& single = unigrams_[token];
    ++single.count;
    if (order == 1) ++single.contexts;
    Context next{};
    if constexpr (order > 1) next.of_last[1] = unigram(token);
    std::uint32_t end = unigram(token);  // the n-gram without its first token
    for (size_t k = 1; k < order && k <= position_; ++k) {
      const std::uint32_t parent = counting_.of_last[k];
      const size_t place = parent == 0 ? 0 : search(parent, token);
      const bool is_new = parent != 0 && slots_[place].parent == 0;
      if (parent == 0 || (is_new && report_.n_grams == capacity)) {
        ++report_.lost;
        continue;
      }
      Slot& slot = slots_[place];
      if (is_new) {
        slot.parent = parent;
        slot.token = token;
        ++report_.n_grams;
        ++node(end).contexts;
      }
      ++slot.counts.count;
      if (k + 1 == order || k == position_) ++slot.counts.contexts;  // the longest, and those that begin a sequence
      end = first_slot + static_cast<std::uint32_t>(place);
      if (k + 1 < order) next.of_last[k + 1] = end;
    }
    counting_ = next;
    if (position_ < order) ++position_;
  }

  bool discounted() const {
    return smoothing_ == Smoothing::kneser_ney || smoothing_ == Smoothing::modified_kneser_ney;
  }
  std::uint32_t amount(const Counts& counts) const { return discounted() ? counts.contexts : counts.count; }
  float discount(std::uint32_t amount, size_t of_order) const {
    const Discounts& d = discounts_[of_order - 1];
    return amount == 0 ? 0.0f : amount == 1 ? d.one : amount == 2 ? d.two : d.more;
  }
  size_t order_of(const Slot& slot) const {
    size_t tokens = 2;
    for (std::uint32_t at = slot.parent; at >= first_slot; at = slots_[at - first_slot].parent) ++tokens;
    return tokens;
  }

  static void clear_sums(Counts& counts) {
    counts.total = 0;
    counts.rest = 0.0f;
  }
  void add_to_sums(Counts& context, const Counts& followed_by, size_t of_order) const {
    const std::uint32_t a = amount(followed_by);
    if (a == 0) return;
    context.total += a;
    if (discounted()) context.rest += discount(a, of_order);
    if (smoothing_ == Smoothing::witten_bell) {
      ++context.total;
      context.rest += 1.0f;
    }
  }

  void estimate_discounts() {
    std::uint32_t n[order][5] = {};  // how many n-grams of each order have 1, 2, 3 and 4
    for (Discounts& d : discounts_) d = Discounts{};
    if (!discounted()) return;
    for (size_t token = 0; token < vocabulary; ++token)
      if (const std::uint32_t a = amount(unigrams_[token]); a < 5) ++n[0][a];
    for (const Slot& slot : slots_)
      if (const std::uint32_t a = amount(slot.counts); slot.parent != 0 && a < 5) ++n[order_of(slot) - 1][a];
    for (size_t k = 0; k < order; ++k)
      discounts_[k] = smoothing_ == Smoothing::kneser_ney ? one_discount(n[k]) : three_discounts(n[k]);
  }
  static Discounts one_discount(const std::uint32_t (&n)[5]) {
    if (n[1] == 0 || n[2] == 0) return {0.5f, 0.5f, 0.5f, false};
    const float y = static_cast<float>(n[1]) / (static_cast<float>(n[1]) + 2.0f * static_cast<float>(n[2]));
    return {y, y, y, true};
  }
  static Discounts three_discounts(const std::uint32_t (&n)[5]) {
    constexpr Discounts otherwise{0.5f, 1.0f, 1.5f, false};
    if (n[1] == 0 || n[2] == 0 || n[3] == 0) return otherwise;
    const auto number = [&](size_t i) { return static_cast<float>(n[i]); };
    const float y = number(1) / (number(1) + 2.0f * number(2));
    const Discounts d{1.0f - 2.0f * y * (number(2) / number(1)), 2.0f - 3.0f * y * (number(3) / number(2)),
                      3.0f - 4.0f * y * (number(4) / number(3)), true};
    const auto valid = [](float discount, float most) { return discount > 0.0f && discount <= most; };
    return valid(d.one, 1.0f) && valid(d.two, 2.0f) && valid(d.more, 3.0f) ? d : otherwise;
  }

  // The equation: p(w | h) from p(w | h').
  float interpolate(const Counts& context, std::uint32_t a, size_t of_order, float shorter) const {
    if (context.total == 0) return shorter;
    return (static_cast<float>(a) - discount(a, of_order) + context.rest * shorter) / static_cast<float>(context.total);
  }
  float probability_of(const Context& context, Token token) const {
    INLAY_ASSERT(finished_ && token < vocabulary);
    float p = interpolate(root_, amount(unigrams_[token]), 1, 1.0f / static_cast<float>(vocabulary));
    for (size_t k = 1; k < order && context.of_last[k] != 0; ++k) {
      const std::uint32_t followed = find(context.of_last[k], token);
      p = interpolate(node(context.of_last[k]), followed == 0 ? 0 : amount(node(followed)), k + 1, p);
    }
    return p;
  }
  float nats_per_token(std::span<const Token> tokens, const Context& context) const {
    const float sum = log_probability(tokens, context);
    const FloatEnvironment environment;
    return environment.settle(tokens.empty() ? 0.0f : -sum / static_cast<float>(tokens.size()));
  }

  Counts root_;  // of the empty context
  Counts unigrams_[C.vocabulary + 1];
  Slot slots_[slot_count];
  Context counting_;
  size_t position_;  // of the next token in its sequence, from 1, at most the order; 0: no sequence has begun
  NGramReport report_;
  Discounts discounts_[C.order];
  Smoothing smoothing_;
  bool finished_;
};

}  // namespace inlay::inline INLAY_ABI
