// A pass that has no room for one sequence.
// expect: inlay: rows_per_pass is less than the model's context; a pass has room for one whole sequence
#include <inlay/models/gpt.hpp>
#include <inlay/training/trainer.hpp>

#if defined(INLAY_REPAIRED)
constexpr inlay::size_t rows = 64;
#else
constexpr inlay::size_t rows = 63;
#endif
using Model = inlay::Gpt<inlay::GptConfig{.vocabulary = 256, .context = 64, .width = 32, .heads = 4, .layers = 1}>;
inlay::Trainer<Model, inlay::TrainerConfig{.batch = 4, .rows_per_pass = rows}> trainer;
