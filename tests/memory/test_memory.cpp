// Overlays, the table of a footprint, and the hash that names data and pins bits.

#include <cstring>
#include <string>
#include <vector>

#include <inlay/memory/footprint.hpp>
#include <inlay/memory/hash.hpp>
#include <inlay/memory/overlay.hpp>
#include <inlay/models/gpt.hpp>
#include <inlay/tensor/tensor.hpp>
#include <inlay/training/trainer.hpp>

#include "support/catch.hpp"

using inlay::Footprint;
using inlay::Hash;
using inlay::Overlay;
using inlay::Tensor;

namespace {

using Small = Tensor<float, 3>;
using Large = Tensor<float, 5, 16>;

static_assert(sizeof(Overlay<Small, Large>) == sizeof(Large) && alignof(Overlay<Small, Large>) == alignof(Large));
static_assert(sizeof(Overlay<Large, Small>) == sizeof(Large) && sizeof(Overlay<Small>) == sizeof(Small));
static_assert(std::is_trivial_v<Overlay<Small, Large>>);
static_assert(sizeof(Overlay<>) == 1 && sizeof(Overlay<inlay::Empty, inlay::Empty>) == 1);
static_assert(inlay::bytes_of<inlay::Empty> == 0 && inlay::bytes_of<Small> == 12);
// Alignment and size may come from different types.
struct Aligned {
  alignas(32) char bytes[32];
};
static_assert(sizeof(Overlay<Aligned, Tensor<float, 9>>) == 64 && alignof(Overlay<Aligned, Tensor<float, 9>>) == 32);

constexpr std::uint64_t hash_of(const char* text) {
  Hash hash;
  hash.text(text);
  return hash.value();
}
// Fowler, Noll and Vo publish these values of the 64-bit FNV-1a.
static_assert(hash_of("") == 0xcbf29ce484222325ULL);
static_assert(hash_of("a") == 0xaf63dc4c8601ec8cULL);
static_assert(hash_of("b") == 0xaf63df4c8601f1a5ULL);
static_assert(hash_of("foobar") == 0x85944171f73967e8ULL);

std::vector<std::string> table(const Footprint& footprint) {
  std::vector<std::string> lines;
  footprint.print([&](const char* line) { lines.emplace_back(line); });
  return lines;
}

using Model =
    inlay::Gpt<inlay::GptConfig{.vocabulary = 11, .context = 5, .width = 12, .heads = 3, .layers = 2, .tied = false}>;
using Trainer = inlay::Trainer<Model, inlay::TrainerConfig{.batch = 3}>;
using SerialTrainer = inlay::Trainer<Model, inlay::TrainerConfig{.batch = 4, .slices = 1, .workers = 2, .moments = 1}>;
static_assert(inlay::footprint<Trainer>.total() == sizeof(Trainer));
static_assert(inlay::footprint<SerialTrainer>.total() == sizeof(SerialTrainer));

}  // namespace

TEST_CASE("values in an overlay share bytes", "[memory]") {
  static Overlay<Small, Large> overlay;
  CHECK(static_cast<void*>(&overlay.get<0>()) == static_cast<void*>(&overlay));
  CHECK(static_cast<void*>(&overlay.get<1>()) == static_cast<void*>(&overlay));
  overlay.get<1>()(4, 15) = 2.5f;
  overlay.get<0>()(2) = 1.0f;
  CHECK(overlay.get<1>()(4, 15) == 2.5f);
  CHECK(overlay.get<1>()(0, 2) == 1.0f);
}

TEST_CASE("the hash of numbers does not depend on the machine", "[memory]") {
  Hash words, bytes;
  words.number(0x0807060504030201ULL);
  for (std::uint8_t byte = 1; byte <= 8; ++byte) bytes.byte(byte);
  CHECK(words.value() == bytes.value());

  Hash one, same;
  one.real(1.0f);
  for (const unsigned byte : {0x00u, 0x00u, 0x80u, 0x3fu}) same.byte(static_cast<std::uint8_t>(byte));
  CHECK(one.value() == same.value());

  Hash positive, negative, list, single;
  positive.real(0.0f);
  negative.real(-0.0f);
  CHECK(positive.value() != negative.value());
  const float values[] = {1.0f, -2.0f};
  list.reals(values);
  for (const float value : values) single.real(value);
  CHECK(list.value() == single.value());
}

TEST_CASE("a footprint prints a line for each purpose that has bytes", "[memory]") {
  Footprint footprint;
  footprint.parameters = 1234567;
  footprint.gradients = 2469134;
  footprint.slices = 2;
  footprint.scratch = 999;
  footprint.workers = 1;
  footprint.other = 7;
  CHECK(footprint.total() == 1234567 + 2469134 + 999 + 7);
  const std::vector<std::string> lines = table(footprint);
  REQUIRE(lines.size() == 5);
  CHECK(lines[0] == "  parameters         1 234 567 bytes");
  CHECK(lines[1] == "  gradients          2 469 134 bytes  (2 slices)");
  CHECK(lines[2] == "  scratch                  999 bytes");
  CHECK(lines[3] == "  other                      7 bytes");
  CHECK(lines[4] == "  total              3 704 707 bytes");

  Footprint most;
  most.activations = ~std::size_t{0};
  most.workers = ~std::size_t{0};
  for (const std::string& line : table(most)) CHECK(line.size() < 80);
  CHECK(table(Footprint{}).empty());
}

TEST_CASE("the footprint of a trainer is its size, by purpose", "[memory]") {
  constexpr Footprint footprint = inlay::footprint<Trainer>;
  constexpr std::size_t parameters = sizeof(inlay::ParametersOf<Model>);
  static inlay::ParametersOf<Model> visited;
  std::size_t numbers = 0;
  inlay::visit<Model>([&](const inlay::Path&, const auto& tensor) { numbers += tensor.size(); }, visited);
  // V d + n d + L (12 d^2 + 13 d) + 2 d + d V
  CHECK(numbers == 11 * 12 + 5 * 12 + 2 * (12 * 12 * 12 + 13 * 12) + 2 * 12 + 12 * 11);
  // Between tensors of different alignment there may be a few bytes.
  CHECK(parameters >= 4 * numbers);
  CHECK(parameters <= 4 * numbers + 512);
  CHECK(footprint.parameters == parameters);
  CHECK(footprint.gradients == Trainer::slices * parameters);
  CHECK(footprint.optimizer == 2 * parameters);
  CHECK(footprint.buffers == 0);
  CHECK(footprint.other < 1024);
  CHECK(inlay::footprint<SerialTrainer>.gradients == parameters);
  CHECK(inlay::footprint<SerialTrainer>.optimizer == parameters);

  const std::vector<std::string> lines = table(footprint);
  REQUIRE(!lines.empty());
  CHECK(lines.back().substr(0, 7) == "  total");
}
