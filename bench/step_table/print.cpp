#include <algorithm>
#include <cmath>
#include <cstdio>

#include "step_table/step_table.hpp"
#include "support/machine.hpp"

namespace bench {
namespace {

// What a kernel takes, and what the machine would need at least: for its operations at the multiply-add peak, or for
// its bytes at the speed at which as many as one call touches are read, whichever is more.
struct Line {
  KernelTime time;
  double multiply_seconds = 0;
  double read_seconds = 0;

  Line& operator+=(const Line& other) {
    time += other.time;
    multiply_seconds += other.multiply_seconds;
    read_seconds += other.read_seconds;
    return *this;
  }
};
using Lines = std::vector<std::pair<std::string, Line>>;

Line line_of(const KernelTime& time, double threads, double peak) {
  Line line{time};
  line.multiply_seconds = time.operations / peak;
  if (time.bytes > 0) {
    const double size =
        std::exp2(std::ceil(std::log2(time.bytes / time.calls)));  // few sizes, so that few are measured
    line.read_seconds = time.bytes / (threads * read_bandwidth(static_cast<std::size_t>(size)));
  }
  if (line.multiply_seconds > line.read_seconds)
    line.read_seconds = 0;
  else
    line.multiply_seconds = 0;
  return line;
}

Line& find(Lines& lines, const std::string& name) {
  for (auto& [known, line] : lines)
    if (known == name) return line;
  return lines.emplace_back(name, Line{}).second;
}

std::string optional(const char* format, double value) {
  char text[40];
  std::snprintf(text, sizeof text, format, value);
  return value > 0 ? text : "";
}

void print_columns(const char* first) {
  std::printf("  %-42s %8s %10s %7s %8s %7s %6s\n", first, "calls", "us", "share", "GFLOP/s", "GB/s", "peak%");
}
void print_line(const std::string& name, const Line& line, double step_seconds) {
  const KernelTime& time = line.time;
  const double least = line.multiply_seconds + line.read_seconds;
  std::printf("  %-42s %8s %10.2f %6.2f%% %8s %7s %6s %s\n", name.c_str(), optional("%.0f", time.calls).c_str(),
              1e6 * time.seconds, 100 * time.seconds / step_seconds,
              optional("%.1f", 1e-9 * time.operations / time.seconds).c_str(),
              optional("%.1f", 1e-9 * time.bytes / time.seconds).c_str(),
              optional("%.0f", 100 * least / time.seconds).c_str(),
              least == 0                                  ? ""
              : line.multiply_seconds > line.read_seconds ? "fma"
                                                          : "read");
}

// A module counts for those that it is a part of as well.
void add_to_modules(const std::string& module, const Line& line, Lines& modules) {
  for (std::size_t end = 0; end != std::string::npos;) {
    end = module.find('.', end + 1);
    find(modules, module.substr(0, end)) += line;
  }
}
std::string indented(const std::string& module) {
  const std::size_t dot = module.rfind('.');
  const auto depth = static_cast<std::size_t>(std::count(module.begin(), module.end(), '.'));
  return std::string(2 * depth, ' ') + (dot == std::string::npos ? module : module.substr(dot + 1));
}

}  // namespace

KernelTime& KernelTime::operator+=(const KernelTime& other) {
  calls += other.calls;
  seconds += other.seconds;
  inclusive_seconds += other.inclusive_seconds;
  operations += other.operations;
  bytes += other.bytes;
  return *this;
}

void print(const StepTable& table, bool detail) {
  const double peak = peak_operations_per_second(table.threads);
  Lines kernels, modules, both;
  Line all;
  for (const auto& [names, time] : table.kernels) {
    const auto& [module, kernel] = names;
    const Line line = line_of(time, static_cast<double>(table.threads), peak);
    const bool outer = time.inclusive_seconds > 1.01 * time.seconds;
    find(kernels, outer ? kernel + ", outside its kernels" : kernel) += line;
    add_to_modules(module.empty() ? "(model)" : module, line, modules);
    both.emplace_back(module + ": " + kernel, line);
    all += line;
  }
  for (Lines* lines : {&kernels, &both})
    std::stable_sort(lines->begin(), lines->end(),
                     [](const auto& a, const auto& b) { return a.second.time.seconds > b.second.time.seconds; });

  const double overhead = 100 * (table.seconds / table.untraced_seconds - 1);
  std::printf("\n%s, %zu %s: %.1f us a step of %.0f rows; traced, as below, %.1f us (%+.1f %%); peak %.1f GFLOP/s\n",
              table.preset.c_str(), table.threads, table.threads == 1 ? "thread" : "threads",
              1e6 * table.untraced_seconds, table.rows, 1e6 * table.seconds, overhead, 1e-9 * peak);
  print_columns("kernel");
  for (const auto& [name, line] : kernels) print_line(name, line, table.seconds);
  Line rest;
  rest.time.seconds = table.seconds - all.time.seconds;
  print_line("not in any span", rest, table.seconds);
  all.time.calls = all.time.bytes = 0;
  all.time.seconds = table.seconds;
  print_line("step", all, table.seconds);
  print_columns("module, its parts included");
  for (const auto& [name, line] : modules) print_line(indented(name), line, table.seconds);
  if (!detail) return;
  print_columns("kernels of modules");
  for (const auto& [name, line] : both) print_line(name, line, table.seconds);
}

std::string to_json(const StepTable& table) {
  char text[400];
  std::snprintf(text, sizeof text,
                "{\"preset\": \"%s\", \"threads\": %zu, \"rows\": %.6g, \"seconds\": %.6g, \"untraced_seconds\": %.6g, "
                "\"peak_operations_per_second\": %.6g, \"kernels\": [",
                table.preset.c_str(), table.threads, table.rows, table.seconds, table.untraced_seconds,
                peak_operations_per_second(table.threads));
  std::string json = text;
  for (const auto& [names, time] : table.kernels) {
    std::snprintf(text, sizeof text,
                  "%s\n  {\"module\": \"%s\", \"kernel\": \"%s\", \"calls\": %.6g, \"seconds\": %.6g, "
                  "\"inclusive_seconds\": %.6g, \"operations\": %.6g, \"bytes\": %.6g}",
                  json.back() == '[' ? "" : ",", names.first.c_str(), names.second.c_str(), time.calls, time.seconds,
                  time.inclusive_seconds, time.operations, time.bytes);
    json += text;
  }
  return json + "\n]}";
}

}  // namespace bench
