// A trainer without memory for any moment.
// expect: inlay: a trainer holds at least one moment
#include <inlay/models/gpt.hpp>
#include <inlay/training/trainer.hpp>

#if defined(INLAY_REPAIRED)
constexpr inlay::size_t moments = 1;
#else
constexpr inlay::size_t moments = 0;
#endif
using Model = inlay::Gpt<inlay::GptConfig{.vocabulary = 256, .context = 64, .width = 32, .heads = 4, .layers = 1}>;
inlay::Trainer<Model, inlay::TrainerConfig{.batch = 4, .moments = moments}> trainer;
