// Windows. The same protocol as file_posix.cpp: NAME.partial is written, flushed, and renamed onto NAME. It is opened
// without sharing, which keeps two writers apart, and renamed and removed by its handle, so that nobody comes in
// between.

#if defined(_WIN32)
#if !defined(_WIN32_WINNT)
#define _WIN32_WINNT 0x0600
#endif
#define WIN32_LEAN_AND_MEAN
#define NOMINMAX
#include <windows.h>

#include <algorithm>
#include <cstring>
#include <system_error>
#include <vector>

#include "file.hpp"
#include "text.hpp"

namespace inlay::io {
namespace {

constexpr std::size_t largest_transfer = std::size_t{1} << 30U;

std::string windows_text(DWORD number) {
  switch (number) {
    case ERROR_DISK_FULL:
    case ERROR_HANDLE_DISK_FULL:
      return "the disk is full";
    case ERROR_ACCESS_DENIED:
      return "no permission";
    case ERROR_WRITE_PROTECT:
      return "the disk is read-only";
    case ERROR_FILE_NOT_FOUND:
      return "no such file or folder";
    case ERROR_PATH_NOT_FOUND:
      return "no such folder";
    case ERROR_SHARING_VIOLATION:
      return "another program is using it";
    case ERROR_FILENAME_EXCED_RANGE:
      return "the name is too long";
    case ERROR_INVALID_NAME:
      return "the name is not allowed";
    default:
      return std::system_category().message(static_cast<int>(number));
  }
}

class Handle {
 public:
  explicit Handle(HANDLE handle = INVALID_HANDLE_VALUE) noexcept : handle_(handle) {}
  Handle(Handle&& other) noexcept : handle_(std::exchange(other.handle_, INVALID_HANDLE_VALUE)) {}
  Handle& operator=(Handle&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~Handle() {
    if (handle_ != INVALID_HANDLE_VALUE) ::CloseHandle(handle_);
  }
  HANDLE get() const noexcept { return handle_; }
  explicit operator bool() const noexcept { return handle_ != INVALID_HANDLE_VALUE; }

 private:
  HANDLE handle_;
};

// Empty when the text is no UTF-8, is empty, or contains a zero.
std::wstring wide(const std::string& text) {
  if (text.empty() || text.find('\0') != std::string::npos || text.size() > 32767) return {};
  const int size = static_cast<int>(text.size());
  const int length = ::MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, text.data(), size, nullptr, 0);
  std::wstring result(static_cast<std::size_t>(std::max(length, 0)), L'\0');
  if (length > 0) ::MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, text.data(), size, result.data(), length);
  return result;
}

// A name that stays the same when the program changes its folder.
std::wstring absolute(const std::wstring& name) {
  const DWORD size = ::GetFullPathNameW(name.c_str(), 0, nullptr, nullptr);
  std::wstring result(size, L'\0');
  result.resize(::GetFullPathNameW(name.c_str(), size, result.data(), nullptr));
  return result;
}

Error failure(const std::string& path, const std::string& what) { return Error(quoted_text(path) + ": " + what); }

class InputFile final : public ByteSource {
 public:
  InputFile(Handle handle, std::uint64_t size) noexcept : handle_(std::move(handle)), size_(size) {}

  std::uint64_t size() const noexcept override { return size_; }

  Status read(std::uint64_t offset, std::span<std::byte> bytes) const override {
    while (!bytes.empty()) {
      OVERLAPPED place{};
      place.Offset = static_cast<DWORD>(offset & 0xFFFFFFFFU);
      place.OffsetHigh = static_cast<DWORD>(offset >> 32U);
      DWORD count = 0;
      const auto wanted = static_cast<DWORD>(std::min(bytes.size(), largest_transfer));
      if (::ReadFile(handle_.get(), bytes.data(), wanted, &count, &place) == 0 && ::GetLastError() != ERROR_HANDLE_EOF)
        return Error("reading failed at byte " + std::to_string(offset) + ": " + windows_text(::GetLastError()));
      if (count == 0)
        return Error("the file became shorter while it was read: it ends at byte " + std::to_string(offset));
      offset += count;
      bytes = bytes.subspan(count);
    }
    return {};
  }

 private:
  Handle handle_;
  std::uint64_t size_;
};

class WindowsAtomicFile final : public AtomicFile {
 public:
  explicit WindowsAtomicFile(const std::string& path)
      : shown_(path), path_(absolute(wide(path))), temporary_(path_ + L".partial") {
    buffer_.reserve(buffer_size);
  }
  WindowsAtomicFile(const WindowsAtomicFile&) = delete;
  WindowsAtomicFile& operator=(const WindowsAtomicFile&) = delete;

  ~WindowsAtomicFile() override {
    if (!handle_ || committed_) return;
    FILE_DISPOSITION_INFO removal{};
    removal.DeleteFile = TRUE;
    ::SetFileInformationByHandle(handle_.get(), FileDispositionInfo, &removal, sizeof(removal));
  }

  Status start() {
    const DWORD attributes = ::GetFileAttributesW(path_.c_str());
    if (attributes != INVALID_FILE_ATTRIBUTES) {
      if ((attributes & (FILE_ATTRIBUTE_DIRECTORY | FILE_ATTRIBUTE_DEVICE)) != 0)
        return cannot_write("it exists and is not a regular file");
      if ((attributes & FILE_ATTRIBUTE_READONLY) != 0) return cannot_write("no permission");
    }
    handle_ = Handle(::CreateFileW(temporary_.c_str(), GENERIC_WRITE | DELETE, 0, nullptr, CREATE_ALWAYS,
                                   FILE_ATTRIBUTE_NORMAL, nullptr));
    if (handle_ && ::GetFileType(handle_.get()) == FILE_TYPE_DISK) return {};
    const DWORD number = ::GetLastError();
    if (handle_) return cannot_write("it is not a regular file");
    if (number == ERROR_SHARING_VIOLATION) return cannot_write("another program is writing it");
    return cannot_write("creating " + quoted_text(shown_ + ".partial") + " failed: " + windows_text(number));
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
    if (::FlushFileBuffers(handle_.get()) == 0) return cannot_write(windows_text(::GetLastError()));
    const std::size_t name_bytes = path_.size() * sizeof(wchar_t);
    // The structure ends in an array of one character, the room for the terminating zero.
    std::vector<std::byte> memory(sizeof(FILE_RENAME_INFO) + name_bytes);
    FILE_RENAME_INFO information{};
    information.ReplaceIfExists = TRUE;
    information.FileNameLength = static_cast<DWORD>(name_bytes);
    std::memcpy(memory.data(), &information, sizeof(information));
    std::memcpy(memory.data() + offsetof(FILE_RENAME_INFO, FileName), path_.data(), name_bytes);
    if (::SetFileInformationByHandle(handle_.get(), FileRenameInfo, memory.data(), static_cast<DWORD>(memory.size())) ==
        0)
      return cannot_write(windows_text(::GetLastError()));
    committed_ = true;
    return {};
  }

 private:
  static constexpr std::size_t buffer_size = std::size_t{1} << 16U;

  Error cannot_write(const std::string& why) const { return failure(shown_, "cannot be written: " + why); }

  Status write_buffer() {
    const Status status = write_through(buffer_);
    buffer_.clear();
    return status;
  }

  Status write_through(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
      DWORD count = 0;
      const auto wanted = static_cast<DWORD>(std::min(bytes.size(), largest_transfer));
      if (::WriteFile(handle_.get(), bytes.data(), wanted, &count, nullptr) == 0)
        return cannot_write(windows_text(::GetLastError()));
      bytes = bytes.subspan(count);
    }
    return {};
  }

  std::string shown_;
  std::wstring path_;
  std::wstring temporary_;
  Handle handle_;
  std::vector<std::byte> buffer_;
  bool committed_ = false;
};

}  // namespace

Result<std::unique_ptr<ByteSource>> open_file(const std::string& path) {
  const std::wstring name = wide(path);
  if (name.empty()) return failure(path, "is no name of a file");
  const DWORD attributes = ::GetFileAttributesW(name.c_str());
  if (attributes != INVALID_FILE_ATTRIBUTES && (attributes & FILE_ATTRIBUTE_DIRECTORY) != 0)
    return failure(path, "cannot be opened: it is a folder");
  Handle handle(::CreateFileW(name.c_str(), GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                              nullptr, OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, nullptr));
  if (!handle) return failure(path, "cannot be opened: " + windows_text(::GetLastError()));
  LARGE_INTEGER size{};
  if (::GetFileType(handle.get()) != FILE_TYPE_DISK || ::GetFileSizeEx(handle.get(), &size) == 0)
    return failure(path, "cannot be opened: it is not a regular file");
  return std::unique_ptr<ByteSource>(
      std::make_unique<InputFile>(std::move(handle), static_cast<std::uint64_t>(size.QuadPart)));
}

Result<std::unique_ptr<AtomicFile>> AtomicFile::create(const std::string& path) {
  if (wide(path).empty()) return failure(path, "is no name of a file");
  auto file = std::make_unique<WindowsAtomicFile>(path);
  if (Status status = file->start(); !status) return status.error();
  return std::unique_ptr<AtomicFile>(std::move(file));
}

}  // namespace inlay::io

#endif
