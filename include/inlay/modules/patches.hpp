#pragma once
// Patches: how pictures and long signals become rows that a transformer takes.
//
//   PatchEmbedding<image, out>    y_p = (the numbers of patch p) W + b
//
//   x: one row an image, [height][width][channels]; y: one row a patch, line after line of patches; a patch's numbers
//   lie as the image's do. W: [patch_height * patch_width * channels][out], b: [out]. dW, db and dx as in Linear.
//
// An image is a sequence of image.patches rows for whatever stands behind it: a vision transformer is
//
//   struct Model : Sequential<PatchEmbedding<image, width>, LearnedPositions<Images<image>::patches, width>,
//                             Stack<Block<...>, n>, Pool<width, Pooling::mean>, Linear<width, classes>> {
//     static constexpr size_t context = Images<image>::patches;
//   };
//   trainer.step({Rows<const float, Images<image>::numbers>(pixels, count), {labels}}, ...);
//
//   in_patches<n>(rows)           n neighbouring rows of a signal as one row of n times the numbers
//
// A patch in time needs no module: its rows lie in memory as one longer row does, for Linear, or for Convolution over
// several patches.
//
// Saved for backward: nothing but x, which the caller holds; the patches are gathered again.
//
// Source: Dosovitskiy et al., "An Image is Worth 16x16 Words", 2021, section 3.1, eq. 1, with the mean in place of a
// class token (appendix D.3).

#include <inlay/config.hpp>
#include <inlay/modules/linear.hpp>
#include <inlay/modules/module.hpp>

namespace inlay::inline INLAY_ABI {

template <size_t N, class T, size_t Width>
constexpr Rows<T, N * Width> in_patches(Rows<T, Width> rows) {
  static_assert(N > 0, "inlay: a patch has at least one row");
  INLAY_ASSERT(rows.count() % N == 0);
  return {rows.data(), rows.count() / N};
}

template <ImageConfig C, size_t Out, Bias B = Bias::yes>
struct PatchEmbedding {
  using Input = Images<C>;
  using Output = Reals<Out>;
  using Projection = Linear<Input::patch_numbers, Out, B>;
  using Parameters = typename Projection::Parameters;  // under the same names

  template <Extent E>
  struct Workspace {
    Tensor<float, E.rows, Input::patch_numbers> patches;  // then their gradient
  };

  template <class Frame>
  static void forward(const Frame& frame, typename Input::ConstValues x, Rows<float, Out> y) {
    Projection::forward(frame, gather(frame, x), y);
  }
  template <class Frame, class Gradient>
  static void backward(const Frame& frame, typename Input::ConstValues x, Rows<const float, Out> dy, Gradient dx) {
    if constexpr (trains<Frame>) Projection::backward(frame, gather(frame, x), dy, no_gradient);
    if constexpr (wants_gradient<Gradient>) {
      const Rows<float, Input::patch_numbers> dpatches(frame.workspace.patches, dy.count());
      Projection::backward_input(frame, dy, dpatches);
      for_each_line(
          [&](size_t image, size_t patch, size_t from, size_t to) {
            kernels::copy(line, dpatches.row(image * Input::patches + patch) + to, dx.row(image) + from);
          },
          x.count());
    }
  }
  template <class F, class... P>
  static void visit(F&& f, const Path& path, P&... parts) {
    Projection::visit(f, path, parts...);
  }
  static void initialize(Parameters& p, const Initializer& initializer, const Path& path) {
    Projection::initialize_scaled(p, initializer, path, 1.0f / simd::sqrt(static_cast<float>(Input::patch_numbers)));
  }

 private:
  static constexpr size_t line = Input::patch_width * C.channels;  // numbers that a patch has side by side

  // f(image, patch, place in the image, place in the patch) for each line of each patch.
  template <class F>
  static void for_each_line(F&& f, size_t images) {
    for (size_t image = 0; image < images; ++image)
      for (size_t patch = 0; patch < Input::patches; ++patch)
        for (size_t i = 0; i < Input::patch_height; ++i) {
          const size_t row = patch / Input::across * Input::patch_height + i;
          f(image, patch, row * C.width * C.channels + patch % Input::across * line, i * line);
        }
  }
  template <class Frame>
  static Rows<const float, Input::patch_numbers> gather(const Frame& frame, typename Input::ConstValues x) {
    INLAY_ASSERT(frame.call.packing.rows() == Input::rows(x));
    const Rows<float, Input::patch_numbers> patches(frame.workspace.patches, Input::rows(x));
    const Span span(frame.executor, "patches", {0, 8 * x.count() * Input::numbers});
    for_each_line(
        [&](size_t image, size_t patch, size_t from, size_t to) {
          kernels::copy(line, x.row(image) + from, patches.row(image * Input::patches + patch) + to);
        },
        x.count());
    return patches;
  }
};

}  // namespace inlay::inline INLAY_ABI
