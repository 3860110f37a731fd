#pragma once
// check_gradients<M>(): whether a module's backward is the derivative of its forward.
//
//   const auto check = inlay::check_gradients<MyModule>();
//   REQUIRE(check.passed());     // otherwise check.tensor names the worst, check.largest_error says how bad
//
// For each parameter tensor, and for the input where it is real-valued, the derivative of J = sum_ij c_ij y_ij along
// random directions d is measured by central differences, (J(+h d) - J(-h d)) / 2h, and compared with g . d:
//
//   error = |difference - g . d| / max(|g|, a hundredth of the norm of all gradients)
//
// Values and directions are N(0, 1) (parameters N(0, 0.3^2)) from counter-based random numbers; sums are in double.
// Forward runs in float, so an error of 1e-3 is noise and 2e-2 is a mistake: that is the default tolerance. Also
// checked: parameter gradients are added to, dx is assigned, and backward leaves x and dy alone.
//
// Rows come as two packed sequences of different length; images as two of them. A module of tokens has to name its
// `vocabulary`.
// Uses static memory of its own for each M; not for two threads at once.
//
// Source: the finite-difference check of every course on backpropagation; central differences have error O(h^2).

#include <inlay/config.hpp>
#include <inlay/modules/initialize.hpp>
#include <inlay/modules/module.hpp>

namespace inlay::inline INLAY_ABI {

struct GradientCheck {
  float largest_error;
  Path::Text tensor;     // where it is
  bool adds_gradients;   // a second backward doubled the parameter gradients
  bool assigns_input;    // dx did not depend on what was there
  bool keeps_arguments;  // x and dy were unchanged

  bool passed(float tolerance = 2e-2f) const {
    return largest_error <= tolerance && adds_gradients && assigns_input && keeps_arguments;
  }
};

namespace detail {

template <class M, size_t Wanted>
class GradientChecker {
 public:
  GradientCheck run(Seed seed) {
    seed_ = seed;
    drawn_ = 0;
    visit<M>([](const Path&, auto& tensor) { kernels::fill(tensor.size(), 0.0f, tensor.data()); }, gradients_);
    result_ = GradientCheck{0.0f, {}, true, true, true};
    visit<M>([&](const Path&, auto& tensor) { random(tensor.data(), tensor.size(), 0.3f); }, parameters_);
    initialize_buffers_at<M>(buffers_);
    random(input_.data(), input_.size(), 1.0f);
    random(weight_.data(), weight_.size(), 1.0f);
    for (size_t i = 0; i < row_count; ++i)
      tokens_(i) = kernels::random_words({seed.value, 1}, 0, i, 0).word[0] % vocabulary();
    given_input_ = input_;
    given_weight_ = weight_;
    (void)objective();
    backward(7.0f);
    compare_second_backward();
    const double all = norm_of_all();
    visit<M>([&](const Path& path, auto& p, auto& g) { check(path, p.data(), g.data(), p.size(), all); }, parameters_,
             gradients_);
    if constexpr (real_input) check(Path{} / "input", input_.data(), dinput_.data(), in_rows * in_width, all);
    return result_;
  }

 private:
  static constexpr bool images = is_image<typename M::Input>;
  static constexpr bool real_input = is_real<typename M::Input> || images;
  static constexpr size_t row_count = [] {
    if constexpr (images)
      return 2 * M::Input::patches;
    else
      return Wanted;
  }();
  static constexpr size_t in_rows = images ? 2 : row_count;
  static constexpr size_t out_rows = gives_one_row_per_sequence<M> ? 2 : row_count;
  static constexpr size_t in_width = [] {
    if constexpr (images)
      return M::Input::numbers;
    else if constexpr (real_input)
      return M::Input::width;
    else
      return size_t{1};
  }();
  static constexpr size_t out_width = M::Output::width;
  static constexpr Extent extent{.rows = row_count};
  static constexpr std::uint32_t vocabulary() {
    if constexpr (real_input)
      return 1;
    else
      return static_cast<std::uint32_t>(M::vocabulary);
  }

  auto input() const {
    if constexpr (real_input)
      return Rows<const float, in_width>(input_);
    else
      return std::span<const Token>(tokens_.data(), row_count);
  }
  Call call() const {
    static constexpr std::uint32_t offsets[3] = {
        0, static_cast<std::uint32_t>(images ? row_count / 2 : row_count - row_count / 3),
        static_cast<std::uint32_t>(row_count)};
    return {.packing = {offsets, 2}, .training = true, .random = {seed_.value, 0}};
  }

  void random(float* values, size_t count, float deviation) {
    Tensor<float, 1> one;
    for (size_t i = 0; i < count; ++i) {
      Initializer(Seed{seed_.value + ++drawn_}).normal(Path{}, one, deviation);
      values[i] = one(0);
    }
  }

  double objective() {
    const Call the_call = call();
    const Forward<ParametersOf<M>, BuffersOf<M>, Empty, ActivationsOf<M, extent>, WorkspaceOf<M, extent>, Serial> frame{
        parameters_, buffers_, nothing, activations_, workspace_, the_call, serial_, Stream{}};
    M::forward(frame, input(), Rows<float, out_width>(output_));
    double sum = 0.0;
    for (size_t i = 0; i < output_.size(); ++i)
      sum += static_cast<double>(weight_.values[i]) * static_cast<double>(output_.values[i]);
    return sum;
  }

  void backward(float garbage) {
    const Call the_call = call();
    const Backward<ParametersOf<M>, BuffersOf<M>, ActivationsOf<M, extent>, WorkspaceOf<M, extent>, Serial> frame{
        parameters_, gradients_, buffers_, activations_, workspace_, the_call, serial_, Stream{}};
    const Rows<const float, out_width> dy(weight_);
    if constexpr (real_input) {
      for (float& value : dinput_) value = garbage;
      M::backward(frame, input(), dy, Rows<float, in_width>(dinput_));
    } else {
      M::backward(frame, input(), dy, no_gradient);
    }
  }

  // Backward once more: gradients double, dx stays, and the arguments are what they were.
  void compare_second_backward() {
    first_ = gradients_;
    const auto dinput = dinput_;
    note_arguments();
    (void)objective();
    backward(-3.0f);
    visit<M>(
        [&](const Path&, const auto& once, auto& twice) {
          for (size_t i = 0; i < once.size(); ++i) {
            const float expected = 2.0f * once.values[i];
            const float difference = twice.values[i] - expected;
            const float bound = 1e-3f * (expected < 0.0f ? -expected : expected) + 1e-3f;
            if (!(difference <= bound && difference >= -bound)) result_.adds_gradients = false;
          }
        },
        first_, gradients_);
    gradients_ = first_;
    for (size_t i = 0; i < in_rows * in_width && real_input; ++i)
      result_.assigns_input = result_.assigns_input && dinput.values[i] == dinput_.values[i];
    note_arguments();
  }
  // Whether x and dy are what forward and backward were given; they are again afterwards.
  void note_arguments() {
    for (size_t i = 0; i < input_.size(); ++i)
      result_.keeps_arguments = result_.keeps_arguments && given_input_.values[i] == input_.values[i];
    for (size_t i = 0; i < weight_.size(); ++i)
      result_.keeps_arguments = result_.keeps_arguments && given_weight_.values[i] == weight_.values[i];
    input_ = given_input_;
    weight_ = given_weight_;
  }

  double norm_of_all() {
    double squares = 0.0;
    const auto add = [&](const float* values, size_t count) {
      for (size_t i = 0; i < count; ++i) squares += static_cast<double>(values[i]) * static_cast<double>(values[i]);
    };
    visit<M>([&](const Path&, const auto& g) { add(g.data(), g.size()); }, gradients_);
    if constexpr (real_input) add(dinput_.data(), in_rows * in_width);
    return root(squares);
  }

  void check(const Path& path, float* values, const float* gradient, size_t count, double all) {
    double squares = 0.0;
    for (size_t i = 0; i < count; ++i) squares += static_cast<double>(gradient[i]) * static_cast<double>(gradient[i]);
    const double norm = root(squares) > 0.01 * all ? root(squares) : 0.01 * all;
    for (int direction = 0; direction < 3; ++direction) {
      const std::uint64_t begin = drawn_;
      double along = 0.0;
      for (size_t i = 0; i < count; ++i)
        along += static_cast<double>(gradient[i]) * static_cast<double>(component(begin, i));
      double best = __builtin_inf();
      // The better of two steps: the larger has less noise, the smaller crosses fewer kinks.
      for (const float h : {1e-2f, 2e-3f}) {
        const double up = moved(values, count, begin, h);
        const double down = moved(values, count, begin, -h);
        const double error = (up - down) / (2.0 * static_cast<double>(h)) - along;
        const double distance = error < 0.0 ? -error : error;
        // Where all gradients are zero, so must be every difference.
        const double relative = norm > 0.0 || norm != norm ? distance / norm : distance > 0.0 ? 1.0 : 0.0;
        if (!(relative >= best)) best = relative;
      }
      drawn_ = begin + count;
      note(path, static_cast<float>(best));
    }
    (void)objective();
  }

  float component(std::uint64_t begin, size_t index) const {
    Tensor<float, 1> one;
    Initializer(Seed{seed_.value + begin + index + 1}).normal(Path{}, one, 1.0f);
    return one(0);
  }
  // J where the values are moved by h along the direction; afterwards they are what they were.
  double moved(float* values, size_t count, std::uint64_t begin, float h) {
    INLAY_ASSERT(count <= kept_.size());
    for (size_t i = 0; i < count; ++i) {
      kept_(i) = values[i];
      values[i] += h * component(begin, i);
    }
    const double result = objective();
    for (size_t i = 0; i < count; ++i) values[i] = kept_(i);
    return result;
  }
  void note(const Path& path, float error) {
    const bool is_number = result_.largest_error == result_.largest_error;  // a NaN is worse than any number
    if (is_number && !(error <= result_.largest_error)) {
      result_.largest_error = error;
      result_.tensor = path.text();
    }
  }
  static double root(double x) {
    if (!(x > 0.0)) return x;
    double y = x > 1.0 ? x : 1.0;
    for (int i = 0; i < 64; ++i) y = 0.5 * (y + x / y);  // Newton; no libm here
    return y;
  }

  static constexpr size_t most = bytes_of<ParametersOf<M>> / sizeof(float) > in_rows* in_width
                                     ? bytes_of<ParametersOf<M>> / sizeof(float)
                                     : in_rows* in_width;

  Seed seed_;
  std::uint64_t drawn_;
  GradientCheck result_;
  Serial serial_;
  ParametersOf<M> parameters_, gradients_, first_;
  BuffersOf<M> buffers_;
  ActivationsOf<M, extent> activations_;
  WorkspaceOf<M, extent> workspace_;
  Tensor<float, in_rows, in_width> input_, dinput_, given_input_;
  Tensor<Token, row_count> tokens_;
  Tensor<float, out_rows, out_width> output_, weight_, given_weight_;
  Tensor<float, most> kept_;
};

}  // namespace detail

template <Module M, size_t RowCount = 7>
GradientCheck check_gradients(Seed seed = Seed{1}) {
  static detail::GradientChecker<M, RowCount> checker;
  const FloatEnvironment environment;
  return checker.run(seed);
}

}  // namespace inlay::inline INLAY_ABI
