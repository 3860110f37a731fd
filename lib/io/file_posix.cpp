// POSIX. A new file is written beside the one it replaces, flushed to the disk, and renamed onto it.
//
// The temporary name is fixed, NAME.partial, so that a process that is killed in the middle leaves one file behind,
// which its next run takes over, and not one more each time. A lock on that file keeps two writers apart; a lock that
// was won after the other writer had renamed or removed the file is told by the inode that the name no longer has.
// Emscripten grants every lock: there, writers of one file are not kept apart.

#if !defined(_WIN32)
#if !defined(_FILE_OFFSET_BITS)
#define _FILE_OFFSET_BITS 64
#endif

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "file.hpp"
#include "text.hpp"

namespace inlay::io {
namespace {

// Linux moves at most 2^31 - 4096 bytes a call, and macOS refuses more than 2^31 - 1.
constexpr std::size_t largest_transfer = std::size_t{1} << 30U;

class Descriptor {
 public:
  explicit Descriptor(int number = -1) noexcept : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  int number() const noexcept { return number_; }
  explicit operator bool() const noexcept { return number_ >= 0; }

 private:
  int number_;
};

Descriptor open_descriptor(const char* path, int flags, unsigned mode = 0) noexcept {
  int number = -1;
  do number = ::open(path, flags | O_CLOEXEC, mode);
  while (number < 0 && errno == EINTR);
  return Descriptor(number);
}

class InputFile final : public ByteSource {
 public:
  InputFile(Descriptor descriptor, std::uint64_t size) noexcept : descriptor_(std::move(descriptor)), size_(size) {}

  std::uint64_t size() const noexcept override { return size_; }

  Status read(std::uint64_t offset, std::span<std::byte> bytes) const override {
    while (!bytes.empty()) {
      const ssize_t count = ::pread(descriptor_.number(), bytes.data(), std::min(bytes.size(), largest_transfer),
                                    static_cast<off_t>(offset));
      if (count < 0) {
        if (errno == EINTR) continue;
        return Error("reading failed at byte " + std::to_string(offset) + ": " + system_text(errno));
      }
      if (count == 0)
        return Error("the file became shorter while it was read: it ends at byte " + std::to_string(offset));
      offset += static_cast<std::uint64_t>(count);
      bytes = bytes.subspan(static_cast<std::size_t>(count));
    }
    return {};
  }

 private:
  Descriptor descriptor_;
  std::uint64_t size_;
};

Error failure(const std::string& path, const std::string& what) { return Error(quoted_text(path) + ": " + what); }

bool has_zero(const std::string& path) noexcept { return path.find('\0') != std::string::npos; }

// What the name stands for when it is a link, so that the link stays one.
std::string resolved(const std::string& path) {
  char* real = ::realpath(path.c_str(), nullptr);
  if (real == nullptr) return path;
  std::string result = real;
  std::free(real);
  return result;
}

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

int flush(int descriptor) noexcept {
#if defined(F_FULLFSYNC)
  // On macOS fsync leaves the bytes in the disk's own cache.
  if (::fcntl(descriptor, F_FULLFSYNC) == 0) return 0;
#endif
  int result = 0;
  do result = ::fsync(descriptor);
  while (result != 0 && errno == EINTR);
  return result;
}

class PosixAtomicFile final : public AtomicFile {
 public:
  explicit PosixAtomicFile(const std::string& path)
      : shown_(path), path_(resolved(path)), temporary_(path_ + ".partial"), folder_(folder_of(path_)) {
    buffer_.reserve(buffer_size);
  }
  PosixAtomicFile(const PosixAtomicFile&) = delete;
  PosixAtomicFile& operator=(const PosixAtomicFile&) = delete;

  // The name goes before the lock does: whoever waits for the lock then finds that the name is no longer this file's.
  ~PosixAtomicFile() override {
    if (descriptor_ && !committed_) ::unlink(temporary_.c_str());
  }

  Status start() {
    struct stat target {};
    const bool exists = ::stat(path_.c_str(), &target) == 0;
    if (exists && !S_ISREG(target.st_mode)) return cannot_write("it exists and is not a regular file");
    // To replace a file takes no permission for it, only for its folder; one that may not be written stays.
    if (exists && !open_descriptor(path_.c_str(), O_WRONLY | O_NONBLOCK)) return cannot_write(system_text(errno));
    constexpr int attempts = 100;
    for (int attempt = 0; attempt < attempts && !descriptor_; ++attempt)
      if (Status status = take_temporary(); !status) return status;
    if (!descriptor_) return cannot_write("another program keeps replacing " + quoted_text(temporary_));
    if (::ftruncate(descriptor_.number(), 0) != 0) return cannot_write(system_text(errno));
    if (exists && ::fchmod(descriptor_.number(), target.st_mode & 0777U) != 0) return cannot_write(system_text(errno));
    return {};
  }

  Status write(std::span<const std::byte> bytes) override {
    if (buffer_.size() + bytes.size() <= buffer_size) {
      buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
      return {};
    }
    if (Status status = write_buffer(); !status) return status;
    if (bytes.size() >= buffer_size) return write_through(bytes);
    buffer_.assign(bytes.begin(), bytes.end());
    return {};
  }

  Status commit() override {
    if (Status status = write_buffer(); !status) return status;
    if (flush(descriptor_.number()) != 0) return cannot_write(system_text(errno));
    if (::rename(temporary_.c_str(), path_.c_str()) != 0) return cannot_write(system_text(errno));
    committed_ = true;
    // The rename itself is on the disk only when the folder is. A folder that may not be read cannot be flushed, and
    // some file systems know no such thing: either way the name stands for the old file or the new one.
    const Descriptor folder = open_descriptor(folder_.c_str(), O_RDONLY | O_DIRECTORY);
    if (folder && flush(folder.number()) != 0 && errno != EINVAL && errno != ENOTSUP)
      return failure(shown_, "was written, but its folder could not be flushed to the disk: " + system_text(errno));
    return {};
  }

 private:
  static constexpr std::size_t buffer_size = std::size_t{1} << 16U;

  Error cannot_write(const std::string& why) const { return failure(shown_, "cannot be written: " + why); }

  // Success without a descriptor: another writer was faster, try again.
  Status take_temporary() {
    Descriptor candidate = open_descriptor(temporary_.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0666);
    if (!candidate) {
      if (errno == ENOENT || errno == ENOTDIR) return cannot_write("there is no folder " + quoted_text(folder_));
      if (errno == ELOOP) return cannot_write(quoted_text(temporary_) + " is a link");
      return cannot_write("creating " + quoted_text(temporary_) + " failed: " + system_text(errno));
    }
    // Some network file systems know no locks; there the writers are on their own.
    if (::flock(candidate.number(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
      return cannot_write("another program is writing it (" + quoted_text(temporary_) + " is locked)");
    struct stat opened {};
    struct stat named {};
    if (::fstat(candidate.number(), &opened) != 0) return cannot_write(system_text(errno));
    if (!S_ISREG(opened.st_mode) || opened.st_nlink > 1)
      return cannot_write(quoted_text(temporary_) + " exists and is not a regular file of its own");
    if (::lstat(temporary_.c_str(), &named) == 0 && named.st_ino == opened.st_ino && named.st_dev == opened.st_dev)
      descriptor_ = std::move(candidate);
    return {};
  }

  Status write_buffer() {
    const Status status = write_through(buffer_);
    buffer_.clear();
    return status;
  }

  Status write_through(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
      const ssize_t count = ::write(descriptor_.number(), bytes.data(), std::min(bytes.size(), largest_transfer));
      if (count < 0) {
        if (errno == EINTR) continue;
        return cannot_write(system_text(errno));
      }
      bytes = bytes.subspan(static_cast<std::size_t>(count));
    }
    return {};
  }

  std::string shown_;
  std::string path_;
  std::string temporary_;
  std::string folder_;
  Descriptor descriptor_;
  std::vector<std::byte> buffer_;
  bool committed_ = false;
};

}  // namespace

Result<std::unique_ptr<ByteSource>> open_file(const std::string& path) {
  if (has_zero(path)) return failure(path, "the name contains a zero byte");
  // Without O_NONBLOCK opening a pipe would wait for its writer.
  Descriptor descriptor = open_descriptor(path.c_str(), O_RDONLY | O_NONBLOCK);
  if (!descriptor) return failure(path, "cannot be opened: " + system_text(errno));
  struct stat information {};
  if (::fstat(descriptor.number(), &information) != 0) return failure(path, "cannot be opened: " + system_text(errno));
  if (S_ISDIR(information.st_mode)) return failure(path, "cannot be opened: it is a folder");
  if (!S_ISREG(information.st_mode)) return failure(path, "cannot be opened: it is not a regular file");
  return std::unique_ptr<ByteSource>(
      std::make_unique<InputFile>(std::move(descriptor), static_cast<std::uint64_t>(information.st_size)));
}

Result<std::unique_ptr<AtomicFile>> AtomicFile::create(const std::string& path) {
  if (path.empty() || has_zero(path)) return failure(path, "is no name of a file");
  auto file = std::make_unique<PosixAtomicFile>(path);
  if (Status status = file->start(); !status) return status.error();
  return std::unique_ptr<AtomicFile>(std::move(file));
}

}  // namespace inlay::io

#endif
