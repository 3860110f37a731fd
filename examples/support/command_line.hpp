#pragma once
// Command lines by CLI11, with messages that say what was wrong where, what was expected and what was found.

#include <CLI/CLI.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace examples {

// Checks for options; each refuses with "expected ..., found ...".
CLI::Validator whole_number(std::uint64_t low, std::uint64_t high);
CLI::Validator real_number(double low, double high);
CLI::Validator one_of(std::vector<std::string> names);
CLI::Validator existing_file();
CLI::Validator existing_path();  // a file or a folder

// Parses the arguments. A value is the exit status with which the program has to end now: 0 after --help, 2 after bad
// arguments, which have been complained about on standard error.
std::optional<int> parse(CLI::App& app, int argc, char** argv);

// Quoted for a shell where needed, so that a printed command can be pasted.
std::string shell_word(const std::string& word);

}  // namespace examples
