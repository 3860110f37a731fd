// The weights of a model in a file: names are paths, shapes are types, and a file that does not fit changes nothing.

#include <inlay/io/checkpoint.hpp>
#include <inlay/modules/compose.hpp>
#include <inlay/modules/linear.hpp>
#include <inlay/modules/normalization.hpp>
#include <inlay/modules/stack.hpp>

#include "io/support.hpp"

using namespace io_test;
using io::ElementType;

namespace {

using Model = inlay::Stack<inlay::Linear<3, 3>, 2>;
using Wider = inlay::Stack<inlay::Linear<4, 4>, 2>;
using Deeper = inlay::Stack<inlay::Linear<3, 3>, 3>;

template <std::uint64_t Fingerprint>
struct Named : Model {
  static constexpr std::uint64_t fingerprint() { return Fingerprint; }
};

template <class M>
void number(inlay::ParametersOf<M>& parameters) {
  float value = 1.0F;
  inlay::visit<M>(
      [&](const auto&, auto& tensor) {
        for (float& element : tensor) element = value += 0.5F;
      },
      parameters);
}

template <class M>
bool same(const inlay::ParametersOf<M>& a, const inlay::ParametersOf<M>& b) {
  bool equal = true;
  inlay::visit<M>(
      [&](const auto&, const auto& x, const auto& y) { equal = equal && std::equal(x.begin(), x.end(), y.begin()); }, a,
      b);
  return equal;
}

}  // namespace

TEST_CASE("weights go to a file and back", "[io]") {
  const Folder folder;
  const std::string path = folder.file("weights.safetensors");
  static inlay::ParametersOf<Model> saved, loaded, zero;
  number<Model>(saved);
  loaded = zero = {};
  REQUIRE(io::save_weights<Model>(path, saved, {{"format", "inlay"}}));

  {  // closed before the file is replaced: Windows holds on to what is open
    const auto file = io::SafetensorsReader::open(path);
    REQUIRE(file);
    CHECK(file->metadata("format") == std::string_view("inlay"));
    REQUIRE(file->find("1.weight") != nullptr);
    CHECK(file->find("1.weight")->shape == io::Shape{3, 3});
    CHECK(file->find("0.bias")->shape == io::Shape{3});
  }

  const io::Status status = io::load_weights<Model>(path, loaded);
  INFO(status.message());
  REQUIRE(status);
  CHECK(same<Model>(saved, loaded));

  SECTION("a model of another shape is refused, and keeps its weights") {
    static inlay::ParametersOf<Wider> wider;
    number<Wider>(wider);
    const auto before = wider;
    CHECK(io::load_weights<Wider>(path, wider).message() ==
          "\"" + path + "\": tensor \"0.weight\": expected F32 [4, 4], found F32 [3, 3]");
    CHECK(same<Wider>(before, wider));
    static inlay::ParametersOf<Deeper> deeper;
    CHECK(contains(io::load_weights<Deeper>(path, deeper).message(),
                   "tensor \"2.weight\": expected F32 [3, 3], found no tensor"));
    static inlay::ParametersOf<inlay::Linear<3, 3>> single;
    CHECK(contains(io::load_weights<inlay::Linear<3, 3>>(path, single).message(), "tensor \"weight\""));
  }
  SECTION("a file with more in it is read when the caller says so") {
    static inlay::ParametersOf<Deeper> deeper;
    number<Deeper>(deeper);
    REQUIRE(io::save_weights<Deeper>(path, deeper));
    CHECK(contains(io::load_weights<Model>(path, loaded).message(), "expected no tensor of this name, found F32"));
    CHECK(same<Model>(saved, loaded));
    CHECK(io::load_weights<Model>(path, loaded, io::Unexpected::ignore));
  }
}

TEST_CASE("a model with the same shapes and another fingerprint is refused", "[io]") {
  const Folder folder;
  const std::string path = folder.file("weights.safetensors");
  static inlay::ParametersOf<Model> saved, loaded;
  number<Model>(saved);
  loaded = {};
  REQUIRE(io::save_weights<Named<1>>(path, saved));
  CHECK(contains(io::load_weights<Named<2>>(path, loaded).message(),
                 "metadata \"inlay.model_fingerprint\": expected \"0000000000000002\", found \"0000000000000001\""));
  CHECK(loaded.layers[0].weight(0, 0) == 0.0F);
  CHECK(io::load_weights<Named<1>>(path, loaded));
  CHECK(same<Model>(saved, loaded));

  // A foreign file has none.
  REQUIRE(io::save_weights<Model>(path, saved));
  CHECK(io::load_weights<Named<2>>(path, loaded));
}

TEST_CASE("weights of other tools in half and double precision become float", "[io]") {
  using Single = inlay::Linear<2, 1>;
  const std::vector<std::uint16_t> weight = {0x3C00, 0xC100};  // 1, -2.5
  const std::vector<double> bias = {0.1};
  const auto bytes = io::encode_safetensors(std::vector<io::TensorSource>{
      source("weight", ElementType::float16, {2, 1}, weight), source("bias", ElementType::float64, {1}, bias)});
  REQUIRE(bytes);
  const auto file = io::SafetensorsReader::from_bytes(*bytes, "foreign");
  REQUIRE(file);
  static inlay::ParametersOf<Single> parameters;
  const io::Status status = io::load_weights<Single>(*file, parameters);
  INFO(status.message());
  REQUIRE(status);
  CHECK(parameters.weight(0, 0) == 1.0F);
  CHECK(parameters.weight(1, 0) == -2.5F);
  CHECK(parameters.bias(0) == 0.1F);
}
