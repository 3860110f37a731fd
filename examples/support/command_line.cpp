#include "support/command_line.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <limits>
#include <utility>

namespace examples {
namespace {

std::string found(const std::string& text) { return ", found '" + text + "'"; }

std::string plain(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%g", value);
  return text;
}

// In place of CLI11's sentences that do not say what was expected.
std::string complaint(const CLI::App& command, const CLI::ParseError& error) {
  const std::string what = error.what();
  if (error.get_name() == "ArgumentMismatch")
    return what.substr(0, what.find(':')) + ": expected a value after it, found none";
  if (error.get_name() == "RequiredError" && what.find("subcommand") != std::string::npos) {
    std::string names;
    for (const CLI::App* one : command.get_subcommands({}))
      names.append(names.empty() ? "" : " or ").append(one->get_name());
    return "expected a command, " + names + ", found none";
  }
  return what;
}

}  // namespace

CLI::Validator whole_number(std::uint64_t low, std::uint64_t high) {
  const std::string range = high == std::numeric_limits<std::uint64_t>::max()
                                ? "of at least " + std::to_string(low)
                                : "from " + std::to_string(low) + " to " + std::to_string(high);
  const auto check = [=](std::string& text) -> std::string {
    std::uint64_t value = 0;
    const char* end = text.data() + text.size();
    const auto result = std::from_chars(text.data(), end, value);
    const bool valid = result.ec == std::errc{} && result.ptr == end && low <= value && value <= high;
    return valid ? "" : "expected a whole number " + range + found(text);
  };
  return CLI::Validator{check, ""};
}

CLI::Validator real_number(double low, double high) {
  const auto check = [=](std::string& text) -> std::string {
    char* end = nullptr;
    const double value = std::strtod(text.c_str(), &end);
    const bool valid = !text.empty() && *end == '\0' && low <= value && value <= high;
    return valid ? "" : "expected a number from " + plain(low) + " to " + plain(high) + found(text);
  };
  return CLI::Validator{check, ""};
}

CLI::Validator one_of(std::vector<std::string> names) {
  std::string list;
  for (std::size_t i = 0; i < names.size(); ++i)
    list.append(i == 0 ? "" : i + 1 == names.size() ? " or " : ", ").append(names[i]);
  const auto check = [names = std::move(names), list](std::string& text) -> std::string {
    return std::ranges::find(names, text) != names.end() ? "" : "expected " + list + found(text);
  };
  return CLI::Validator{check, ""};
}

CLI::Validator existing_file() {
  const auto check = [](std::string& text) -> std::string {
    std::error_code error;
    if (std::filesystem::is_directory(text, error)) return "expected a file, found the folder '" + text + "'";
    return std::filesystem::exists(text, error) ? "" : "expected a file, found nothing at '" + text + "'";
  };
  return CLI::Validator{check, ""};
}

CLI::Validator existing_path() {
  const auto check = [](std::string& text) -> std::string {
    std::error_code error;
    return std::filesystem::exists(text, error) ? "" : "expected a file or a folder, found nothing at '" + text + "'";
  };
  return CLI::Validator{check, ""};
}

std::optional<int> parse(CLI::App& app, int argc, char** argv) {
  try {
    app.parse(argc, argv);
    return std::nullopt;
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help
    std::string command = app.get_name();
    for (const CLI::App* chosen : app.get_subcommands()) command += " " + chosen->get_name();
    std::fprintf(stderr, "%s: %s\nRun '%s --help' to see what is possible.\n", command.c_str(),
                 complaint(app, error).c_str(), command.c_str());
    return 2;
  }
}

std::string shell_word(const std::string& word) {
  const bool safe = word.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./+=:@,") ==
                    std::string::npos;
  if (safe && !word.empty()) return word;
  std::string quoted = "'";
  for (const char character : word) quoted += character == '\'' ? std::string{"'\\''"} : std::string{character};
  return quoted + "'";
}

}  // namespace examples
