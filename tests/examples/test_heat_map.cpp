// The picture of what attends to what.

#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

#include "support/catch.hpp"
#include "support/heat_map.hpp"

namespace {

namespace fs = std::filesystem;

struct Drawing {
  fs::path path = fs::temp_directory_path() / ("inlay_heat_map_" + std::to_string(getpid()) + ".svg");
  ~Drawing() { fs::remove(path); }
  std::string of(const examples::HeatMaps& maps) const {
    examples::write_svg(path, maps);
    std::ifstream file{path, std::ios::binary};
    const std::string svg{std::istreambuf_iterator<char>{file}, {}};
    REQUIRE(svg.starts_with("<svg "));
    REQUIRE(svg.ends_with("</svg>\n"));
    REQUIRE(svg.find("nan") == std::string::npos);
    REQUIRE(svg.find("inf") == std::string::npos);
    return svg;
  }
};

std::size_t count(const std::string& text, const std::string& what) {
  std::size_t found = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++found;
  return found;
}

TEST_CASE("heat maps have a cell for each number that can be seen, and names around them") {
  const Drawing drawing;
  examples::HeatMaps maps{.title = "a < b",
                          .rows = {"r1", "r2"},
                          .columns = {"x", "y", "z"},
                          .results = {"", "out"},
                          .maps = {{.title = "one", .values = {1, 0, 0, 0.25, 0.005, 0.745}},
                                   {.title = "two", .values = {0, 0, 0, 0, NAN, 2}}}};
  const std::string svg = drawing.of(maps);
  REQUIRE(svg.find("a &lt; b") != std::string::npos);
  // The first map: cells of 32 pixels, right of two letters and below the titles; the second one beside it.
  REQUIRE(
      svg.find("<rect class=\"f0\" x=\"53.2\" y=\"124.0\" width=\"32.0\" height=\"32.0\" fill-opacity=\"1.00\"/>") !=
      std::string::npos);
  REQUIRE(svg.find("x=\"53.2\" y=\"156.0\" width=\"32.0\" height=\"32.0\" fill-opacity=\"0.25\"") != std::string::npos);
  REQUIRE(svg.find("x=\"117.2\" y=\"156.0\" width=\"32.0\" height=\"32.0\" fill-opacity=\"0.74\"") !=
          std::string::npos);
  REQUIRE(svg.find("x=\"301.2\" y=\"156.0\" width=\"32.0\" height=\"32.0\" fill-opacity=\"1.00\"") !=
          std::string::npos);
  REQUIRE(count(svg, "class=\"f0\"") == 4);
  REQUIRE(count(svg, ">r1<") == 2);
  REQUIRE(count(svg, ">z<") == 2);
  REQUIRE(count(svg, ">out<") == 2);
  REQUIRE(count(svg, "rotate(-90)") == 0);

  // One under the other; names that are wider than a cell are turned, and letters are counted, not bytes.
  maps.maps_in_line = 1;
  maps.columns = {"x", "forty", "z"};
  const std::string turned = drawing.of(maps);
  REQUIRE(count(turned, "rotate(-90)") == 6);
  REQUIRE(turned.find("x=\"53.2\" y=\"150.0\"") != std::string::npos);
  maps.columns = {"x", "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9", "z"};
  REQUIRE(count(drawing.of(maps), "rotate(-90)") == 0);
  drawing.of({});

  std::string complaint;
  try {
    examples::write_svg(drawing.path / "no" / "map.svg", maps);
  } catch (const std::runtime_error& error) {
    complaint = error.what();
  }
  REQUIRE(complaint.find("map.svg: cannot be written") != std::string::npos);
}

}  // namespace
