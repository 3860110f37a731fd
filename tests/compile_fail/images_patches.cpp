// Patches that leave a rest of the image.
// expect: inlay: patches cover an image without a rest; its height and width must be multiples of theirs
#include <inlay/modules/patches.hpp>

#if defined(INLAY_REPAIRED)
constexpr inlay::size_t patch = 7;
#else
constexpr inlay::size_t patch = 5;
#endif
using Layer = inlay::PatchEmbedding<inlay::ImageConfig{.height = 28, .width = 28, .patch = patch}, 16>;
inlay::ParametersOf<Layer> parameters;
