#include "text.hpp"

#include <cerrno>
#include <system_error>

namespace inlay::io {

std::string quoted_text(std::string_view text) {
  constexpr std::size_t longest = 120;
  bool cut = false;
  if (text.size() > longest) {
    std::size_t end = longest;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
    text = text.substr(0, end);
    cut = true;
  }
  constexpr std::string_view digits = "0123456789abcdef";
  std::string result = "\"";
  for (const char character : text) {
    const auto code = static_cast<unsigned char>(character);
    if (code < 0x20 || code == 0x7F) {
      result += "\\x";
      result += digits[code >> 4U];
      result += digits[code & 15U];
    } else {
      // A backslash stays one: on Windows it separates folders.
      if (character == '"') result += '\\';
      result += character;
    }
  }
  result += cut ? "...\"" : "\"";
  return result;
}

std::string shape_text(const Shape& shape) {
  std::string result = "[";
  for (std::size_t index = 0; index < shape.rank && index < maximum_rank; ++index) {
    if (index > 0) result += ", ";
    result += std::to_string(shape.sizes[index]);
  }
  return result + "]";
}

std::string type_text(ElementType type, const Shape& shape) {
  return std::string(element_name(type)) + " " + shape_text(shape);
}

std::string system_text(int number) {
  switch (number) {
    case ENOSPC:
      return "the disk is full";
#if defined(EDQUOT)
    case EDQUOT:
      return "the disk quota is used up";
#endif
    case EFBIG:
      return "the file would be larger than the system allows";
    case EACCES:
    case EPERM:
      return "no permission";
    case EROFS:
      return "the file system is read-only";
    case ENOENT:
      return "no such file or folder";
    case ENOTDIR:
      return "a part of the path is no folder";
    case EISDIR:
      return "it is a folder";
    case EMFILE:
    case ENFILE:
      return "too many open files";
    case ENAMETOOLONG:
      return "the name is too long";
    default:
      return std::generic_category().message(number);
  }
}

std::string counted(std::uint64_t number, std::string_view noun) {
  std::string result = std::to_string(number) + " " + std::string(noun);
  if (number != 1) result += "s";
  return result;
}

}  // namespace inlay::io
