// Files on every system: they are replaced as a whole, and names that are no files are refused.

#include <thread>

#include "io/support.hpp"

using namespace io_test;

TEST_CASE("a file is replaced, and nothing is left beside it", "[io]") {
  const Folder folder;
  const std::string path = folder.file("a b.safetensors");
  const std::vector<float> first = {1.0F}, second(50'000, 2.0F);
  const auto size_of = [&] {
    const auto file = io::SafetensorsReader::open(path);
    REQUIRE(file);
    CHECK(file->verify());
    REQUIRE(file->find("x") != nullptr);
    return file->find("x")->shape.sizes[0];
  };
  const auto files = [&] { return std::distance(std::filesystem::directory_iterator(folder.path()), {}); };
  REQUIRE(io::write_safetensors(path, one_tensor(first)));
  CHECK(size_of() == 1);
  CHECK(files() == 1);
  REQUIRE(io::write_safetensors(path, one_tensor(second)));
  CHECK(size_of() == 50'000);
  CHECK(files() == 1);
  // What a killed process left behind is taken over.
  write_file(folder.file("a b.safetensors.partial"), Bytes(1'000'000));
  REQUIRE(io::write_safetensors(path, one_tensor(first)));
  CHECK(size_of() == 1);
  CHECK(files() == 1);
  // A tensor that cannot be written leaves the old file.
  std::vector<io::TensorSource> wrong = one_tensor(second);
  wrong[0].shape = {3};
  CHECK_FALSE(io::write_safetensors(path, wrong));
  CHECK(size_of() == 1);
  CHECK(files() == 1);
}

TEST_CASE("a file that is being read can be replaced", "[io]") {
  const Folder folder;
  const std::string path = folder.file("a.safetensors");
  const std::vector<float> first(1000, 1.0F), second(1000, 2.0F);
  REQUIRE(io::write_safetensors(path, one_tensor(first)));
  const auto file = io::SafetensorsReader::open(path);
  REQUIRE(file);
  const io::Status replaced = io::write_safetensors(path, one_tensor(second));
#if defined(_WIN32)
  // An open file keeps its name there; then the new one is refused and the old one stays.
  CHECK((replaced || contains(replaced.message(), "cannot be written")));
#else
  CHECK(replaced);
#endif
  std::vector<float> found(1000);
  REQUIRE(file->read(std::vector<io::TensorTarget>{target("x", io::ElementType::float32, {1000}, found)}));
  CHECK(found == first);
}

// Emscripten knows no locks: its writers are on their own.
#if !defined(__EMSCRIPTEN__)
TEST_CASE("two writers of one file at a time never mix", "[io]") {
  const Folder folder;
  const std::string path = folder.file("a.safetensors");
  const std::vector<float> values(3000, 1.0F);
  std::vector<std::thread> writers;
  std::vector<std::string> surprises(4);
  std::vector<int> successes(4);
  for (std::size_t writer = 0; writer < 4; ++writer)
    writers.emplace_back([&, writer] {
      for (int round = 0; round < 40; ++round) {
        const std::string message = io::write_safetensors(path, one_tensor(values)).message();
        if (message.empty()) ++successes[writer];
        if (!message.empty() && !contains(message, "another program")) surprises[writer] = message;
      }
    });
  for (std::thread& writer : writers) writer.join();
  for (const std::string& surprise : surprises) CHECK(surprise == "");
  CHECK(successes[0] + successes[1] + successes[2] + successes[3] > 0);
  const auto file = io::SafetensorsReader::open(path);
  REQUIRE(file);
  CHECK(file->verify());
  CHECK(folder.list() == "a.safetensors ");
}
#endif

TEST_CASE("names that are no files", "[io]") {
  const Folder folder;
  const std::vector<float> values = {1.0F};
  for (const std::string& path : {folder.file("absent/a"), folder.path().string(), std::string(),
                                  std::string("a\0b", 3), folder.file(std::string(300, 'x'))}) {
    CAPTURE(path);
    CHECK_FALSE(io::write_safetensors(path, one_tensor(values)));
    CHECK_FALSE(io::SafetensorsReader::open(path));
  }
  CHECK(contains(io::SafetensorsReader::open(folder.file("absent")).message(),
                 "cannot be opened: no such file or folder"));
  CHECK(contains(io::SafetensorsReader::open(folder.path().string()).message(), "it is a folder"));
#if !defined(__EMSCRIPTEN__)  // which cuts a name of more than 255 letters when it creates the file
  CHECK(folder.list() == "");
#endif
}
