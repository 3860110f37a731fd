#include "support/corpus.hpp"

#include <inlay/memory/hash.hpp>

#include "support/format.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <stdexcept>

namespace examples {
namespace {

namespace fs = std::filesystem;

void append_file(const fs::path& path, std::vector<std::uint8_t>& text) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file{std::fopen(path.c_str(), "rb"), &std::fclose};
  if (!file) throw std::runtime_error(path.string() + ": cannot be opened: " + std::strerror(errno));
  std::uint8_t buffer[1 << 16];
  while (const std::size_t count = std::fread(buffer, 1, sizeof buffer, file.get()))
    text.insert(text.end(), buffer, buffer + count);
  if (std::ferror(file.get())) throw std::runtime_error(path.string() + ": cannot be read: " + std::strerror(errno));
}

// By the bytes of the path below the folder: the same order on every machine, whatever its locale.
std::vector<fs::path> files_below(const fs::path& folder) {
  std::vector<fs::path> files;
  for (auto entry = fs::recursive_directory_iterator{folder}; entry != fs::recursive_directory_iterator{}; ++entry) {
    const bool hidden = entry->path().filename().native().starts_with('.');
    if (hidden && entry->is_directory()) entry.disable_recursion_pending();
    if (!hidden && entry->is_regular_file()) files.push_back(entry->path().lexically_relative(folder));
  }
  std::ranges::sort(files, {}, [](const fs::path& path) { return path.generic_string(); });
  return files;
}

}  // namespace

fs::path standard_library_headers() { return INLAY_STANDARD_LIBRARY_HEADERS; }

Corpus load_corpus(const fs::path& path, std::size_t minimum) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (!fs::exists(status))
    throw std::runtime_error(
        path.string() + ": expected a file or a folder of text, found nothing there" +
        (path == standard_library_headers()
             ? " (the C++ headers of the compiler that built this program; give other text with --data)"
             : ""));
  Corpus corpus;
  corpus.source = path.string();
  if (fs::is_directory(status)) {
    for (const fs::path& file : files_below(path)) {
      const std::size_t before = corpus.text.size();
      append_file(path / file, corpus.text);
      const bool binary = std::memchr(corpus.text.data() + before, 0, corpus.text.size() - before) != nullptr;
      if (binary)
        corpus.text.resize(before);
      else
        ++corpus.files;
    }
  } else {
    append_file(path, corpus.text);
    corpus.files = 1;
  }
  if (corpus.text.size() < minimum)
    throw std::runtime_error(path.string() + ": expected at least " + grouped(minimum) + " bytes of text, found " +
                             grouped(corpus.text.size()));
  inlay::Hash hash;
  for (const std::uint8_t byte : corpus.text) hash.byte(byte);
  corpus.fingerprint = hash.value();
  return corpus;
}

}  // namespace examples
