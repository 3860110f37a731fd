#pragma once
// What flows into a module, and between modules: the kinds of Input and Output.
//
//   Reals<width>       rows of numbers, one for each position of the packed sequences
//   Images<config>     images of one size, a row of numbers each, that are sequences of patches (modules/patches.hpp)
//   Tokens             one integer for each position
//   SegmentedTokens    a token and the number of its segment for each position: an encoder of pairs of texts
//   TokenPairs         two token sequences of different lengths for each sequence of a batch: an encoder-decoder
//
// Each says how many rows the packed sequences have, rows(x), and cuts out neighbouring sequences, part(x, cut). A
// user's own kind has the same three: ConstValues, rows, part; memory_rows where it brings rows besides those; and
// valid(x, sequences) where its parts can contradict each other.
//
// A module with per_sequence = true gives one row of output for each sequence instead of one for each position.

#include <inlay/config.hpp>
#include <inlay/modules/call.hpp>
#include <inlay/tensor/tensor.hpp>

namespace inlay::inline INLAY_ABI {

// Some neighbouring sequences of a batch, and the rows that they are.
struct Cut {
  size_t first_sequence, sequences;
  size_t first_row, rows;
};

template <size_t Width>
struct Reals {
  static constexpr size_t width = Width;
  using Values = Rows<float, Width>;
  using ConstValues = Rows<const float, Width>;

  static size_t rows(ConstValues x) { return x.count(); }
  static ConstValues part(ConstValues x, const Cut& cut) { return x.part(cut.first_row, cut.rows); }
};

struct ImageConfig {
  size_t height, width;
  size_t channels = 1;
  size_t patch;            // how high the patches are
  size_t patch_width = 0;  // 0: as wide as they are high
};
template <ImageConfig C>
struct Images {
  static constexpr size_t patch_height = C.patch;
  static constexpr size_t patch_width = C.patch_width > 0 ? C.patch_width : C.patch;
  static_assert(C.height > 0 && C.width > 0 && C.channels > 0 && C.patch > 0,
                "inlay: an image and its patches have at least one line, one column and one channel");
  static_assert(C.patch == 0 || (C.height % patch_height == 0 && C.width % patch_width == 0),
                "inlay: patches cover an image without a rest; its height and width must be multiples of theirs");
  static constexpr size_t across = C.width / (patch_width > 0 ? patch_width : 1);  // patches side by side
  static constexpr size_t patches = C.height / (patch_height > 0 ? patch_height : 1) * across;
  static constexpr size_t numbers = C.height * C.width * C.channels;
  static constexpr size_t patch_numbers = patch_height * patch_width * C.channels;
  using Values = Rows<float, numbers>;
  using ConstValues = Rows<const float, numbers>;

  static size_t rows(ConstValues x) { return x.count() * patches; }
  static ConstValues part(ConstValues x, const Cut& cut) { return x.part(cut.first_sequence, cut.sequences); }
  static bool valid(ConstValues x, size_t sequences) { return x.count() == sequences; }
};

struct Tokens {
  using Values = std::span<Token>;
  using ConstValues = std::span<const Token>;

  static size_t rows(ConstValues x) { return x.size(); }
  static ConstValues part(ConstValues x, const Cut& cut) { return x.subspan(cut.first_row, cut.rows); }
};

// Without segments all tokens are of segment 0.
struct TokensWithSegments {
  std::span<const Token> tokens;
  std::span<const Token> segments = {};
};
struct SegmentedTokens {
  using ConstValues = TokensWithSegments;

  static size_t rows(const ConstValues& x) { return x.tokens.size(); }
  static bool valid(const ConstValues& x, size_t) { return x.segments.empty() || x.segments.size() == x.tokens.size(); }
  static ConstValues part(const ConstValues& x, const Cut& cut) {
    return {x.tokens.subspan(cut.first_row, cut.rows),
            x.segments.empty() ? x.segments : x.segments.subspan(cut.first_row, cut.rows)};
  }
};

// The target's rows are those of the batch; source s is source[source_offsets[s]] to source[source_offsets[s + 1]],
// counted from source_offsets[0].
struct SourceAndTarget {
  std::span<const Token> source;
  std::span<const std::uint32_t> source_offsets;
  std::span<const Token> target;

  size_t sequences() const { return source_offsets.size() - 1; }
  Packing source_packing() const { return {source_offsets.data(), sequences()}; }
  // The call of an encoder: its rows are the source's.
  Call source_call(const Call& call) const {
    Call result = call;
    result.packing = source_packing();
    result.first_row = call.memory.first_row;
    result.memory = {};
    return result;
  }
};
struct TokenPairs {
  using ConstValues = SourceAndTarget;

  static size_t rows(const ConstValues& x) { return x.target.size(); }
  static ConstValues part(const ConstValues& x, const Cut& cut) {
    const std::span<const std::uint32_t> offsets = x.source_offsets.subspan(cut.first_sequence, cut.sequences + 1);
    return {x.source.subspan(offsets.front() - x.source_offsets.front(), offsets.back() - offsets.front()), offsets,
            x.target.subspan(cut.first_row, cut.rows)};
  }
  static bool valid(const ConstValues& x, size_t sequences) {
    return x.source_offsets.size() == sequences + 1 &&
           x.source_offsets.back() - x.source_offsets.front() == x.source.size();
  }
  static size_t memory_rows(const ConstValues& x, size_t first_sequence, size_t end_sequence) {
    return x.source_offsets[end_sequence] - x.source_offsets[first_sequence];
  }
};

namespace detail {

// Rows that a kind brings besides those of the batch.
template <class Input>
size_t memory_rows_of(const typename Input::ConstValues& x, size_t first, size_t end) {
  if constexpr (requires { Input::memory_rows(x, first, end); })
    return Input::memory_rows(x, first, end);
  else
    return 0;
}

// How many of them a call of this many rows has room for: those of as many sequences of full length as begin in it.
template <class M>
constexpr size_t memory_rows_for([[maybe_unused]] size_t rows) {
  if constexpr (requires { M::memory_context; })
    return (rows + M::context - 1) / M::context * M::memory_context;
  else
    return 0;
}

template <class Input>
bool is_valid(const typename Input::ConstValues& x, size_t sequences) {
  if constexpr (requires { Input::valid(x, sequences); })
    return Input::valid(x, sequences);
  else
    return true;
}

template <class T>
inline constexpr bool is_real = false;
template <size_t Width>
inline constexpr bool is_real<Reals<Width>> = true;
template <class T>
inline constexpr bool is_image = false;
template <ImageConfig C>
inline constexpr bool is_image<Images<C>> = true;

template <class M>
inline constexpr bool gives_one_row_per_sequence = requires {
  requires M::per_sequence;
};

}  // namespace detail

}  // namespace inlay::inline INLAY_ABI
