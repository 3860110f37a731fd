// A convolution over no rows.
// expect: inlay: the kernel of a convolution has at least one row, and its dilation is at least 1
#include <inlay/modules/convolution.hpp>

#if defined(INLAY_REPAIRED)
constexpr inlay::size_t kernel = 1;
#else
constexpr inlay::size_t kernel = 0;
#endif
using Layer = inlay::Convolution<inlay::ConvolutionConfig{.in = 3, .out = 8, .kernel = kernel}>;
constexpr inlay::size_t in = Layer::in;
