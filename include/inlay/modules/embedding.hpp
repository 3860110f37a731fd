#pragma once
// Embeddings of tokens and positions.
//
//   Embedding<vocabulary, width>          y_i = E[token_i]                      dE[token_i] += dy_i, rows in order
//   LearnedPositions<context, width>      y_i = x_i + P[position of row i]      dP[position] += dy_i, dx = dy
//   SinusoidalPositions<context, width>   y_i = x_i + S[position], S a table that is not trained:
//                                         S[p][2j] = sin(p w_j), S[p][2j + 1] = cos(p w_j), w_j = 10000^(-2j / width)
//
// E: [vocabulary][width]. Positions come from the call's packing. Saved for backward: nothing. y may be x.
// logits_forward and logits_backward use E as the output layer of a tied model: z = h E^T.
//
// Source: Vaswani et al., 2017, section 3.5; Press, Wolf, "Using the Output Embedding", 2017 (tying).

#include <inlay/config.hpp>
#include <inlay/modules/initialize.hpp>
#include <inlay/modules/module.hpp>
#include <inlay/parallel/drivers.hpp>

namespace inlay::inline INLAY_ABI {

template <size_t Vocabulary, size_t Width>
struct Embedding {
  static constexpr size_t vocabulary = Vocabulary;
  using Input = Tokens;
  using Output = Reals<Width>;

  struct Parameters {
    Tensor<float, Vocabulary, Width> weight;
  };

  template <class Frame>
  static void forward(const Frame& frame, std::span<const Token> x, Rows<float, Width> y) {
    const Span span(frame.executor, "embedding", {0, 8 * x.size() * Width});
    for (size_t i = 0; i < x.size(); ++i) {
      INLAY_ASSERT(x[i] < Vocabulary);
      kernels::copy(Width, frame.parameters.weight.data() + x[i] * Width, y.row(i));
    }
  }

  template <class Frame>
  static void backward(const Frame& frame, std::span<const Token> x, Rows<const float, Width> dy, NoGradient = {}) {
    if constexpr (trains<Frame>) {
      const Span span(frame.executor, "embedding backward", {x.size() * Width, 12 * x.size() * Width});
      for (size_t i = 0; i < x.size(); ++i)
        kernels::add(Width, dy.row(i), frame.gradients.weight.data() + x[i] * Width);
    }
  }

  // z = h E^T, for a model whose logits share the embedding.
  template <class Frame>
  static void logits_forward(const Frame& frame, Rows<const float, Width> h, Rows<float, Vocabulary> z) {
    using kernels::Form;
    parallel::matmul<Form::plain, Form::transposed>(frame.executor, h.count(), Vocabulary, Width, h.data(), Width,
                                                    frame.parameters.weight.data(), Width, z.data(), Vocabulary);
  }
  template <class Frame>
  static void logits_backward(const Frame& frame, Rows<const float, Width> h, Rows<const float, Vocabulary> dz,
                              Rows<float, Width> dh) {
    using kernels::Form;
    if constexpr (trains<Frame>)
      parallel::matmul<Form::transposed, Form::plain>(frame.executor, Vocabulary, Width, h.count(), dz.data(),
                                                      Vocabulary, h.data(), Width, frame.gradients.weight.data(), Width,
                                                      kernels::Store::accumulate);
    parallel::matmul<Form::plain, Form::plain>(frame.executor, h.count(), Width, Vocabulary, dz.data(), Vocabulary,
                                               frame.parameters.weight.data(), Width, dh.data(), Width);
  }

  template <class F, class... P>
  static void visit(F&& f, const Path& path, P&... parts) {
    f(path / "weight", parts.weight...);
  }
  static void initialize(Parameters& p, const Initializer& initializer, const Path& path) {
    initializer.normal(path / "weight", p.weight, 0.02f);
  }
};

namespace detail {

// f(row, position) for each row of a packing.
template <class F>
void for_each_position(const Packing& packing, F&& f) {
  for (size_t s = 0; s < packing.count; ++s)
    for (size_t i = 0; i < packing.length(s); ++i) f(packing.begin(s) + i, packing.start(s) + i);
}

template <size_t Context, size_t Width>
void add_positions(const Packing& packing, const Tensor<float, Context, Width>& table, Rows<const float, Width> x,
                   Rows<float, Width> y) {
  for_each_position(packing, [&](size_t row, size_t position) {
    INLAY_ASSERT(position < Context);
    const float* const source = x.row(row);
    const float* const shift = table.data() + position * Width;
    float* const target = y.row(row);
    kernels::for_each_vector(Width, [&](auto at) { at.store(target, at.load(source) + at.load(shift)); });
  });
}

}  // namespace detail

template <size_t Context, size_t Width>
struct LearnedPositions {
  static constexpr size_t context = Context;
  using Input = Reals<Width>;
  using Output = Reals<Width>;

  struct Parameters {
    Tensor<float, Context, Width> weight;
  };

  template <class Frame>
  static void forward(const Frame& frame, Rows<const float, Width> x, Rows<float, Width> y) {
    const Span span(frame.executor, "positions", {x.count() * Width, 12 * x.count() * Width});
    detail::add_positions(frame.call.packing, frame.parameters.weight, x, y);
  }
  template <class Frame, class Gradient>
  static void backward(const Frame& frame, Rows<const float, Width>, Rows<const float, Width> dy, Gradient dx) {
    if constexpr (trains<Frame>) {
      const Span span(frame.executor, "positions backward", {dy.count() * Width, 12 * dy.count() * Width});
      detail::for_each_position(frame.call.packing, [&](size_t row, size_t position) {
        kernels::add(Width, dy.row(row), frame.gradients.weight.data() + position * Width);
      });
    }
    if constexpr (wants_gradient<Gradient>) kernels::copy(dy.count() * Width, dy.data(), dx.data());
  }

  template <class F, class... P>
  static void visit(F&& f, const Path& path, P&... parts) {
    f(path / "weight", parts.weight...);
  }
  static void initialize(Parameters& p, const Initializer& initializer, const Path& path) {
    initializer.normal(path / "weight", p.weight, 0.02f);
  }
};

template <size_t Context, size_t Width>
struct SinusoidalPositions {
  static constexpr size_t context = Context;
  using Input = Reals<Width>;
  using Output = Reals<Width>;

  struct Parameters {};
  struct Buffers {
    Tensor<float, Context, Width> table;
  };

  template <class Frame>
  static void forward(const Frame& frame, Rows<const float, Width> x, Rows<float, Width> y) {
    const Span span(frame.executor, "positions", {x.count() * Width, 12 * x.count() * Width});
    detail::add_positions(frame.call.packing, frame.buffers.table, x, y);
  }
  template <class Frame, class Gradient>
  static void backward(const Frame&, Rows<const float, Width>, Rows<const float, Width> dy, Gradient dx) {
    if constexpr (wants_gradient<Gradient>) kernels::copy(dy.count() * Width, dy.data(), dx.data());
  }

  static void initialize_buffers(Buffers& buffers) {
    constexpr float log_base = 9.2103404f;  // ln 10000
    for (size_t p = 0; p < Context; ++p) {
      for (size_t j = 0; j < Width; ++j) {
        const float pair = static_cast<float>(j / 2 * 2);
        const float angle = static_cast<float>(p) * simd::exp(-log_base * pair / static_cast<float>(Width));
        buffers.table(p, j) = j % 2 == 0 ? simd::sin(angle) : simd::cos(angle);
      }
    }
  }
};

}  // namespace inlay::inline INLAY_ABI
