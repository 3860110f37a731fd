#include <inlay/version.hpp>
#if __has_include(<inlay/inlay.hpp>)
#include <inlay/inlay.hpp>
#endif
#if defined(CONSUMER_TBB)
#include <inlay/tbb.hpp>
#endif
#if defined(CONSUMER_IO)
#include <inlay/io/safetensors.hpp>
#endif

#include <cstdio>

int main() {
  std::printf("inlay %d.%d.%d\n", INLAY_VERSION_MAJOR, INLAY_VERSION_MINOR, INLAY_VERSION_PATCH);
#if defined(CONSUMER_TBB)
  const inlay::Tbb executor{2};
  int calls[100] = {};
  executor.for_each(100, [&](std::size_t task, std::size_t) { ++calls[task]; });
  for (const int count : calls)
    if (count != 1) return 1;
#endif
#if defined(CONSUMER_IO)
  const auto file = inlay::io::SafetensorsReader::open("no such file.safetensors");
  if (file) return 1;
  std::printf("%s\n", file.message().c_str());
#endif
  return 0;
}
