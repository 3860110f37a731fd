// The helpers of the example programs.

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/command_line.hpp"
#include "support/corpus.hpp"
#include "support/csv.hpp"
#include "support/format.hpp"
#include "support/peak.hpp"
#include "support/plot.hpp"
#include "support/regions.hpp"

namespace {

namespace fs = std::filesystem;

struct Folder {
  fs::path path = fs::temp_directory_path() / ("inlay_examples_" + std::to_string(getpid()));
  Folder() { fs::create_directories(path); }
  ~Folder() { fs::remove_all(path); }
  fs::path write(const std::string& name, const std::string& text) const {
    fs::create_directories((path / name).parent_path());
    std::ofstream{path / name, std::ios::binary} << text;
    return path / name;
  }
  std::string read(const std::string& name) const {
    std::ifstream file{path / name, std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, {}};
  }
};

template <class Action>
std::string complaint_of(Action action) {
  try {
    action();
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "";
}

TEST_CASE("numbers as people read them") {
  REQUIRE(examples::duration(0.84) == "0.8 s");
  REQUIRE(examples::duration(42) == "42 s");
  REQUIRE(examples::duration(59.7) == "1 min 00 s");
  REQUIRE(examples::duration(65) == "1 min 05 s");
  REQUIRE(examples::duration(7380) == "2 h 03 min");
  REQUIRE(examples::duration(INFINITY) == "?");
  REQUIRE(examples::grouped(7) == "7");
  REQUIRE(examples::grouped(1234567) == "1 234 567");
  REQUIRE(examples::grouped(123456) == "123 456");
  REQUIRE(examples::bytes(1023) == "1023 bytes");
  REQUIRE(examples::bytes(1536) == "1.5 KiB");
  REQUIRE(examples::bytes(5 << 20) == "5.0 MiB");
  REQUIRE(examples::printable('\x1b') == '?');
  REQUIRE(examples::printable('\n') == '\n');
  REQUIRE(examples::printable('\xc3') == '\xc3');
  REQUIRE(examples::printable("a\x1b\n\xc3\xa9\xe2\x82\xac\xff\xc3") == "a?\n\xc3\xa9\xe2\x82\xac??");
}

TEST_CASE("a corpus is a file, or a folder in the order of its paths") {
  const Folder folder;
  folder.write("text/b/one.txt", "BBBB");
  folder.write("text/a.txt", "AAAAAAAAAA");
  folder.write("text/b.txt", "bbbbbb");
  folder.write("text/.hidden/secret.txt", "hidden");
  folder.write("text/binary", std::string{"\0\1\2", 3});
  const examples::Corpus corpus = examples::load_corpus(folder.path / "text", 1);
  REQUIRE(std::string(corpus.text.begin(), corpus.text.end()) == "AAAAAAAAAAbbbbbbBBBB");
  REQUIRE(corpus.files == 3);
  REQUIRE(corpus.training().size() == 18);
  REQUIRE(corpus.validation().size() == 2);

  const examples::Corpus single = examples::load_corpus(folder.write("same", "AAAAAAAAAAbbbbbbBBBB"), 1);
  REQUIRE(single.fingerprint == corpus.fingerprint);
  REQUIRE(examples::load_corpus(folder.path / "text/a.txt", 1).fingerprint != corpus.fingerprint);

  const std::string missing = complaint_of([&] { examples::load_corpus(folder.path / "nowhere", 1); });
  REQUIRE(missing.find("nowhere: expected a file or a folder of text, found nothing there") != std::string::npos);
  const std::string small = complaint_of([&] { examples::load_corpus(folder.path / "same", 1000); });
  REQUIRE(small.find("expected at least 1 000 bytes of text, found 20") != std::string::npos);
}

TEST_CASE("the standard library's headers are there to learn from") {
  REQUIRE(examples::load_corpus(examples::standard_library_headers(), 100'000).files > 50);
}

TEST_CASE("a table goes on where an older run has stopped") {
  const Folder folder;
  const fs::path path = folder.path / "metrics.csv";
  const std::vector<std::string> columns{"step", "loss", "validation"};
  {
    examples::Csv table{path, columns, -1};
    table.append({10, 2.5, examples::Csv::empty});
    table.append({20, 2.25, 2.75});
    table.append({30, 2, examples::Csv::empty});
  }
  REQUIRE(folder.read("metrics.csv") == "step,loss,validation\n10,2.5,\n20,2.25,2.75\n30,2,\n");

  SECTION("rows after the checkpoint are cut away, and so is a line that a kill has cut") {
    std::ofstream{path, std::ios::app} << "40,1.";
    examples::Csv table{path, columns, 20};
    REQUIRE(table.rows().size() == 2);
    REQUIRE(std::isnan(table.rows()[0][2]));
    REQUIRE(table.rows()[1][2] == 2.75);
    table.append({25, 2.125, examples::Csv::empty});
    REQUIRE(folder.read("metrics.csv") == "step,loss,validation\n10,2.5,\n20,2.25,2.75\n25,2.125,\n");
  }
  SECTION("a table with other columns is replaced") {
    const examples::Csv table{path, {"step", "loss"}, 100};
    REQUIRE(table.rows().empty());
    REQUIRE(folder.read("metrics.csv") == "step,loss\n");
  }
  SECTION("a folder that is not there is named") {
    const std::string what = complaint_of([&] { examples::Csv{folder.path / "no" / "x.csv", columns, 0}; });
    REQUIRE(what.find("x.csv") != std::string::npos);
    REQUIRE(what.find("cannot be written") != std::string::npos);
  }
}

TEST_CASE("ticks are round and enclose the data") {
  REQUIRE(examples::round_ticks(0, 2000, 9) == std::vector<double>{0, 500, 1000, 1500, 2000});
  const std::vector<double> ticks = examples::round_ticks(1.73, 3.1, 7);
  REQUIRE(ticks.front() <= 1.73);
  REQUIRE(ticks.back() >= 3.1);
  REQUIRE(std::abs(ticks[1] - ticks[0] - 0.2) < 1e-12);
}

TEST_CASE("a plot is a complete picture, whatever it is given") {
  const Folder folder;
  using examples::Series;
  const auto draw = [&](const examples::Plot& plot) {
    examples::write_svg(folder.path / "plot.svg", plot);
    const std::string svg = folder.read("plot.svg");
    REQUIRE(svg.starts_with("<svg "));
    REQUIRE(svg.ends_with("</svg>\n"));
    REQUIRE(svg.find("nan") == std::string::npos);
    REQUIRE(svg.find("inf") == std::string::npos);
    return svg;
  };
  const std::string svg = draw({.title = "a < b & c",
                                .subtitle = "",
                                .x_label = "step",
                                .y_label = "loss",
                                .series = {Series{.label = "training", .x = {1, 2, 3}, .y = {3, 2, 1.5}}},
                                .y_top = 0});
  REQUIRE(svg.find("a &lt; b &amp; c") != std::string::npos);
  REQUIRE(svg.find(">1.500<") != std::string::npos);
  draw({});
  draw({.series = {Series{.x = {1}, .y = {2}}}});
  draw({.series = {Series{.x = {1, 2, 3}, .y = {NAN, 2, INFINITY}, .style = Series::Style::points}}});
}

TEST_CASE("a plot of negative numbers reaches up to the largest, and bands stand above the lines") {
  const Folder folder;
  examples::Plot plot{.series = {{.x = {0, 10}, .y = {-3, 2}}}};
  const auto draw = [&] {
    examples::write_svg(folder.path / "plot.svg", plot);
    return folder.read("plot.svg");
  };
  // The line ends at the top: 2 is the highest tick.
  CHECK(draw().find("800.0,84.0 ") != std::string::npos);
  plot.bands = {{.label = "is", .stretches = {{-5, 5, "a < b", 4}, {5, 5.1, "too narrow for its name", 1}}},
                {.label = "named"}};
  const std::string svg = draw();
  CHECK(svg.find("800.0,140.0 ") != std::string::npos);  // two bands of 28 lower
  CHECK(svg.find("<rect class=\"box f4\" x=\"76.0\" y=\"84.0\" width=\"362.0\"") != std::string::npos);
  CHECK(svg.find(">a &lt; b<") != std::string::npos);
  CHECK(svg.find("<rect class=\"box f1\"") != std::string::npos);
  CHECK(svg.find("too narrow") == std::string::npos);
  CHECK(svg.find(">named<") != std::string::npos);
}

TEST_CASE("last values that are almost the same stand apart, and above the numbers of the axis") {
  const Folder folder;
  examples::Plot plot;
  for (const double last : {0.0, 0.001, 0.002, 0.003})
    plot.series.push_back({.x = {0, 1}, .y = {1, last}, .color = plot.series.size()});
  examples::write_svg(folder.path / "plot.svg", plot);
  const std::string svg = folder.read("plot.svg");
  std::vector<double> heights;
  for (std::size_t at = svg.find("class=\"value"); at != std::string::npos; at = svg.find("class=\"value", at + 1))
    heights.push_back(std::stod(svg.substr(svg.find(" y=\"", at) + 4)));
  REQUIRE(heights.size() == 4);
  std::sort(heights.begin(), heights.end());
  for (std::size_t i = 1; i < 4; ++i) CHECK(heights[i] - heights[i - 1] > 15);
  CHECK(heights.back() < 455);
}

TEST_CASE("a picture of regions has both, the boundary between them, points and lines") {
  const Folder folder;
  const auto draw = [&](const examples::Regions& regions) {
    examples::write_svg(folder.path / "regions.svg", regions);
    const std::string svg = folder.read("regions.svg");
    REQUIRE(svg.starts_with("<svg "));
    REQUIRE(svg.ends_with("</svg>\n"));
    REQUIRE(svg.find("nan") == std::string::npos);
    REQUIRE(svg.find("inf") == std::string::npos);
    return svg;
  };
  // Three columns and two rows; the answer changes between the second and the third column, nearer to the second.
  examples::Regions regions{.title = "a < b", .first = "left", .second = "right", .columns = 3, .rows = 2};
  regions.logits = {-9, -1, 3, -9, -1, 3};
  regions.points = {{.x = 0.25, .y = 0.5, .second = false}, {.x = 0.75, .y = 0.5, .second = true}};
  regions.lines = {{.label = "a line", .x = {0, 1}, .y = {0, 1}, .color = 2}};
  REQUIRE(regions.x(1) == 0.5);
  const std::string svg = draw(regions);
  REQUIRE(svg.find("a &lt; b") != std::string::npos);
  // The boundary is a vertical line a quarter of the way from 0.5 to 1: x = 76 + 0.625 * 560.
  REQUIRE(svg.find("<path class=\"contour\" d=\"M426.0 644.0L426.0 84.0\"/>") != std::string::npos);
  // Sure, and on the left: darker than what is almost undecided.
  REQUIRE(svg.find("<path class=\"f0\" shape-rendering=\"crispEdges\" fill-opacity=\"0.42\" d=\"M-64") !=
          std::string::npos);
  REQUIRE(svg.find("cx=\"216.0\" cy=\"364.0\" r=\"4.0\"") != std::string::npos);
  REQUIRE(svg.find("f1 point") != std::string::npos);
  REQUIRE(svg.find("76.0,644.0 636.0,84.0") != std::string::npos);
  regions.boundary = false;
  REQUIRE(draw(regions).find("class=\"contour\"") == std::string::npos);
  draw({});
  regions.logits = {NAN, INFINITY, -INFINITY, 0, 0, 0};
  regions.boundary = true;
  draw(regions);
  const std::string missing = complaint_of([&] { examples::write_svg(folder.path / "no" / "regions.svg", regions); });
  REQUIRE(missing.find("regions.svg: cannot be written") != std::string::npos);
}

TEST_CASE("a trend neither leads nor lags") {
  REQUIRE(examples::smoothed({1, 2, 3, 4, 5}, 3) == std::vector<double>{1, 2, 3, 4, 4.5});
}

TEST_CASE("bad arguments say what was expected and what was found") {
  const auto message = [](const CLI::Validator& check, std::string text) { return check(text); };
  REQUIRE(message(examples::whole_number(1, 9), "5").empty());
  REQUIRE(message(examples::whole_number(1, 9), "5x") == "expected a whole number from 1 to 9, found '5x'");
  REQUIRE(message(examples::whole_number(1, 9), "-1") == "expected a whole number from 1 to 9, found '-1'");
  REQUIRE(message(examples::whole_number(1, 9), "99999999999999999999") ==
          "expected a whole number from 1 to 9, found '99999999999999999999'");
  REQUIRE(message(examples::real_number(0, 1), "0.5").empty());
  REQUIRE(message(examples::real_number(0, 1), "nan") == "expected a number from 0 to 1, found 'nan'");
  REQUIRE(message(examples::one_of({"a", "b", "c"}), "b").empty());
  REQUIRE(message(examples::one_of({"a", "b", "c"}), "B") == "expected a, b or c, found 'B'");
  REQUIRE(message(examples::existing_file(), "/nowhere/x") == "expected a file, found nothing at '/nowhere/x'");
  REQUIRE(examples::shell_word("run/model.safetensors") == "run/model.safetensors");
  REQUIRE(examples::shell_word("it's") == "'it'\\''s'");
}

TEST_CASE("the peak of two threads is that of one or more") {
  const double one = examples::peak_operations_per_second(1);
  REQUIRE(one > 1e8);
  REQUIRE(examples::peak_operations_per_second(2) > 0.5 * one);
}

}  // namespace
