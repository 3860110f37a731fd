// An optimizer that needs more moments than the trainer set memory aside for.
// expect: inlay: this optimizer needs more moments than the trainer holds; set TrainerConfig::moments
#include <inlay/models/gpt.hpp>
#include <inlay/training/trainer.hpp>

#if defined(INLAY_REPAIRED)
constexpr inlay::size_t moments = 2;
#else
constexpr inlay::size_t moments = 1;
#endif
using Model = inlay::Gpt<inlay::GptConfig{.vocabulary = 256, .context = 64, .width = 32, .heads = 4, .layers = 1}>;
inlay::Trainer<Model, inlay::TrainerConfig{.batch = 4, .moments = moments}> trainer;
void step() { trainer.update(inlay::AdamW{.learning_rate = 1e-3f}, inlay::Serial{}); }
