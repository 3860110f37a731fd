#include "translate/experiment.hpp"

#include "translate/models.hpp"

namespace translate {
namespace {

constexpr std::size_t watched = 200, tuning = 500;
EnglishModel english_model;

std::vector<Token> with_end(std::span<const Token> words) {
  std::vector<Token> text(words.begin(), words.end());
  text.push_back(end);
  return text;
}

}  // namespace

Experiment prepare(const Options& options, const examples::Executor& executor) {
  const auto asked = draw_numbers(Part::examination, options.exam, options.seed);
  return {.options = options,
          .executor = executor,
          .training = draw_numbers(Part::training, options.pairs, options.seed),
          .watched = written(draw_numbers(Part::development, watched, options.seed)),
          .tuning = misspelled(draw_numbers(Part::development, tuning, options.seed + 1), options.seed),
          .written = written(asked),
          .misspelled = misspelled(asked, options.seed)};
}

void count_english(const std::vector<std::uint32_t>& numbers) {
  english_model.clear();
  for (const std::uint32_t number : numbers)
    if (!english_model.count(with_end(english(number)))) break;  // full: what is in the table goes on counting
  english_model.finish();
}

float english_log_probability(std::span<const Token> words) { return english_model.log_probability(with_end(words)); }

}  // namespace translate
