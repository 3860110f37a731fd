#include "support/picture.hpp"

#include <cstdio>
#include <filesystem>

namespace bench {

void draw(const std::string& name, const examples::Plot& plot) {
  const std::filesystem::path path = std::filesystem::path(INLAY_BENCH_PICTURES) / name;
  examples::write_svg(path, plot);
  std::printf("Picture: %s\n", path.c_str());
}

}  // namespace bench
