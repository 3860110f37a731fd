// Each element of the embedded weights is the one that save.cpp wrote, and a model of another order is noticed.
#include <cstdio>

#include "chain_weights.hpp"
#include "gpt_weights.hpp"
#include "linear_weights.hpp"
#include "models.hpp"

// The shapes of OddLinear under other names: only names tell them apart.
struct Renamed : OddLinear {
  static void visit(auto&& f, const inlay::Path& path, auto&... parts) {
    f(path / "matrix", parts.weight...);
    f(path / "bias", parts.bias...);
  }
};

static int failures = 0;
static void expect(bool holds, const char* sentence) {
  if (holds) return;
  std::printf("failed: %s\n", sentence);
  ++failures;
}

template <class Model>
void check(const inlay::ParametersOf<Model>& parameters, const char* name) {
  std::size_t wrong = 0;
  for_each_element<Model>(parameters, [&](float element, float number) { wrong += element != number; });
  expect(wrong == 0, name);
}

int main() {
  expect(inlay::embedded::gpt_mismatch<OddGpt>() == nullptr, "expected the layout of the GPT");
  expect(inlay::embedded::chain_mismatch<OddChain>() == nullptr, "expected the layout of the Sequential");
  expect(inlay::embedded::linear_mismatch<OddLinear>() == nullptr, "expected the layout of the Linear");
  expect(inlay::embedded::linear_mismatch<Renamed>() != nullptr, "expected another name to be noticed");
  check<OddGpt>(inlay::embedded::gpt<OddGpt>(), "expected the elements of the GPT");
  check<OddChain>(inlay::embedded::chain<OddChain>(), "expected the elements of the Sequential");
  check<OddLinear>(inlay::embedded::linear<OddLinear>(), "expected the elements of the Linear");
  return failures;
}
