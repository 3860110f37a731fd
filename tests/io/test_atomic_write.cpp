// Whatever fails while a file is written, or dies: the old file is there, complete, and no litter beside it.

#if !defined(_WIN32)

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "io/support.hpp"

using namespace io_test;

// Emscripten has files, but no second process, no locks, limits, permissions or pipes, and only symbolic links.

namespace {

#if !defined(__EMSCRIPTEN__)
// Runs as a user to whom permissions apply, in a process of its own; the text it returns.
template <class Function>
std::string as_ordinary_user(Function&& function) {
  int pipe_ends[2];
  REQUIRE(::pipe(pipe_ends) == 0);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    if (::geteuid() == 0 && ::seteuid(65534) != 0) ::_exit(1);
    const std::string text = function();
    const bool complete = ::write(pipe_ends[1], text.data(), text.size()) == static_cast<ssize_t>(text.size());
    ::_exit(complete ? 0 : 1);
  }
  ::close(pipe_ends[1]);
  std::string text;
  char buffer[256];
  for (ssize_t count = 0; (count = ::read(pipe_ends[0], buffer, sizeof(buffer))) > 0;)
    text.append(buffer, static_cast<std::size_t>(count));
  ::close(pipe_ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  CHECK(status == 0);
  return text;
}
#endif

}  // namespace

TEST_CASE("a file that replaces another", "[io]") {
  const Folder folder;
  const std::string path = folder.file("a.safetensors");
  const std::vector<float> old_values = {1.0F}, new_values(50'000, 2.0F);
  REQUIRE(io::write_safetensors(path, one_tensor(old_values)));
  const Bytes old_bytes = read_file(path);

  SECTION("keeps the permissions") {
    REQUIRE(::chmod(path.c_str(), 0640) == 0);
    REQUIRE(io::write_safetensors(path, one_tensor(new_values)));
    struct stat information {};
    REQUIRE(::stat(path.c_str(), &information) == 0);
    CHECK((information.st_mode & 0777U) == 0640U);
    CHECK(read_file(path) != old_bytes);
    CHECK(folder.list() == "a.safetensors ");
  }
  SECTION("behind a link leaves the link") {
    const std::string link = folder.file("link");
    REQUIRE(::symlink("a.safetensors", link.c_str()) == 0);
    REQUIRE(io::write_safetensors(link, one_tensor(new_values)));
    CHECK(std::filesystem::is_symlink(link));
    CHECK(read_file(path).size() > old_bytes.size());
    CHECK(folder.list() == "a.safetensors link ");
  }
#if !defined(__EMSCRIPTEN__)
  SECTION("waits for no other writer") {
    const int other = ::open((path + ".partial").c_str(), O_RDWR | O_CREAT, 0666);
    REQUIRE(other >= 0);
    REQUIRE(::flock(other, LOCK_EX) == 0);
    CHECK(contains(io::write_safetensors(path, one_tensor(new_values)).message(), "another program is writing it"));
    CHECK(folder.list() == "a.safetensors a.safetensors.partial ");
    CHECK(read_file(path) == old_bytes);
    ::close(other);
    CHECK(io::write_safetensors(path, one_tensor(new_values)));
  }
#endif
  SECTION("never writes through a link in the place of its temporary file") {
    const std::string victim = folder.file("victim");
    write_file(victim, old_bytes);
    REQUIRE(::symlink("victim", (path + ".partial").c_str()) == 0);
    CHECK(contains(io::write_safetensors(path, one_tensor(new_values)).message(), "is a link"));
    REQUIRE(::unlink((path + ".partial").c_str()) == 0);
#if !defined(__EMSCRIPTEN__)
    REQUIRE(::link(victim.c_str(), (path + ".partial").c_str()) == 0);
    CHECK(contains(io::write_safetensors(path, one_tensor(new_values)).message(), "not a regular file of its own"));
#endif
    CHECK(read_file(victim) == old_bytes);
    CHECK(read_file(path) == old_bytes);
  }
}

#if !defined(__EMSCRIPTEN__)
TEST_CASE("a write that fails in the middle leaves the old file", "[io]") {
  const Folder folder;
  const std::string path = folder.file("a.safetensors");
  const std::vector<float> old_values = {1.0F}, new_values(50'000, 2.0F);
  REQUIRE(io::write_safetensors(path, one_tensor(old_values)));
  const Bytes old_bytes = read_file(path);
  rlimit limit{};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &limit) == 0);
  const auto handler = ::signal(SIGXFSZ, SIG_IGN);
  for (const rlim_t bytes : {rlim_t{0}, rlim_t{1}, rlim_t{100}, rlim_t{65536}, rlim_t{100'000}, rlim_t{200'000}}) {
    rlimit small = limit;
    small.rlim_cur = bytes;
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
    const io::Status status = io::write_safetensors(path, one_tensor(new_values));
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &limit) == 0);
    CAPTURE(bytes);
    CHECK(status.message() == "\"" + path + "\": cannot be written: the file would be larger than the system allows");
    CHECK(read_file(path) == old_bytes);
    CHECK(folder.list() == "a.safetensors ");
  }
  ::signal(SIGXFSZ, handler);
  CHECK(io::write_safetensors(path, one_tensor(new_values)));
}

TEST_CASE("a process that is killed while it writes leaves a complete file", "[io]") {
  const Folder folder;
  const std::string path = folder.file("a.safetensors");
  const std::vector<float> first(200'000, 1.0F), second(300'000, 2.0F);
  REQUIRE(io::write_safetensors(path, one_tensor(first)));
  std::size_t killed_in_between = 0;
  for (int round = 0; round < 30; ++round) {
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0)
      for (;;)
        if (!io::write_safetensors(path, one_tensor(second)) || !io::write_safetensors(path, one_tensor(first)))
          ::_exit(1);
    std::this_thread::sleep_for(std::chrono::microseconds(5000 + 700 * round));
    REQUIRE(::kill(child, SIGKILL) == 0);
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(WIFSIGNALED(status));
    killed_in_between += std::filesystem::exists(path + ".partial") ? 1U : 0U;
    const auto file = io::SafetensorsReader::open(path);
    INFO(file.message());
    REQUIRE(file);
    CHECK(file->verify());
  }
  CAPTURE(killed_in_between);
  REQUIRE(io::write_safetensors(path, one_tensor(first)));
  CHECK(folder.list() == "a.safetensors ");
}
#endif

TEST_CASE("places where no file can be written or read", "[io]") {
  const Folder folder;
  const std::vector<float> values = {1.0F};
  const auto written = [&](const std::string& path) {
    return io::write_safetensors(path, one_tensor(values)).message();
  };
  const auto opened = [&](const std::string& path) { return io::SafetensorsReader::open(path).message(); };

  CHECK(
      contains(written(folder.file("absent/a")), "cannot be written: there is no folder \"" + folder.file("absent\"")));
  CHECK(contains(written(folder.path().string()), "is not a regular file"));
  CHECK(contains(written("/dev/null"), "is not a regular file"));
  CHECK(contains(written(""), "is no name of a file"));
  CHECK(contains(written(std::string("a\0b", 3)), "is no name of a file"));
  CHECK(contains(written(folder.file(std::string(300, 'x'))), "the name is too long"));
  CHECK(opened(folder.file("absent")) == "\"" + folder.file("absent") + "\": cannot be opened: no such file or folder");
  CHECK(contains(opened(folder.path().string()), "it is a folder"));
  CHECK(contains(opened("/dev/zero"), "it is not a regular file"));
  CHECK(contains(opened(std::string("a\0b", 3)), "zero byte"));
#if !defined(__EMSCRIPTEN__)
  REQUIRE(::mkfifo(folder.file("pipe").c_str(), 0666) == 0);
  CHECK(contains(opened(folder.file("pipe")), "it is not a regular file"));
  CHECK(folder.list() == "pipe ");
#endif
}

#if !defined(__EMSCRIPTEN__)
TEST_CASE("a folder or a file without the permission to write", "[io]") {
  const Folder folder;
  const std::string path = folder.file("a.safetensors");
  const std::vector<float> values = {1.0F}, others = {2.0F};
  REQUIRE(io::write_safetensors(path, one_tensor(values)));
  const Bytes old_bytes = read_file(path);
  REQUIRE(::chmod(path.c_str(), 0666) == 0);
  REQUIRE(::chmod(folder.path().c_str(), 0555) == 0);
  CHECK(contains(as_ordinary_user([&] { return io::write_safetensors(path, one_tensor(others)).message(); }),
                 ".partial\" failed: no permission"));
  REQUIRE(::chmod(folder.path().c_str(), 0777) == 0);
  REQUIRE(::chmod(path.c_str(), 0444) == 0);
  CHECK(contains(as_ordinary_user([&] { return io::write_safetensors(path, one_tensor(others)).message(); }),
                 "cannot be written: no permission"));
  REQUIRE(::chmod(path.c_str(), 0000) == 0);
  CHECK(contains(as_ordinary_user([&] { return io::SafetensorsReader::open(path).message(); }),
                 "cannot be opened: no permission"));
  REQUIRE(::chmod(path.c_str(), 0644) == 0);
  CHECK(read_file(path) == old_bytes);
  CHECK(folder.list() == "a.safetensors ");
}
#endif

#endif
