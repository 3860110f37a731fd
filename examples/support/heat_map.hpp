#pragma once
// Heat maps side by side: what attends to what, in a shade of blue that is the darker the more. One map for a head of a
// layer, for instance, or the alignment of two sentences.

#include <filesystem>
#include <string>
#include <vector>

namespace examples {

struct HeatMap {
  std::string title = {};
  std::vector<double> values = {};  // row by row, from 0 to 1
};

// All maps have the same rows and columns.
struct HeatMaps {
  std::string title = {}, subtitle = {};
  std::vector<std::string> rows = {}, columns = {};  // their names, at the left and above
  std::vector<std::string> results = {};             // what comes of each row, at its right; or none
  std::vector<HeatMap> maps = {};
  std::size_t maps_in_line = 2;
};

// Throws std::runtime_error where the file cannot be written.
void write_svg(const std::filesystem::path& path, const HeatMaps& maps);

}  // namespace examples
