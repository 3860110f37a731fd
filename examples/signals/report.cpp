#include "signals/report.hpp"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <stdexcept>

#include "support/format.hpp"
#include "support/plot.hpp"

namespace signals {
namespace {

using examples::fixed, examples::grouped;

constexpr double seconds_of(double samples) { return samples / static_cast<double>(rate); }
constexpr int milliseconds_ahead(std::size_t steps) { return static_cast<int>(1000 * steps / rate); }

std::string percent(std::size_t part, std::size_t whole) {
  return fixed(100.0 * static_cast<double>(part) / static_cast<double>(std::max<std::size_t>(1, whole)), 1) + " %";
}

// Neighbouring samples with one name become one stretch; color 4 is for what stands still.
examples::Band band_of(const std::string& label, const std::vector<std::size_t>& activity, std::size_t first,
                       std::size_t count) {
  examples::Band band{.label = label};
  for (std::size_t i = first, from = first; i < first + count; ++i) {
    if (i + 1 < first + count && activity[i + 1] == activity[i]) continue;
    if (activity[i] < activities)
      band.stretches.push_back({seconds_of(static_cast<double>(from)), seconds_of(static_cast<double>(i + 1)),
                                names[activity[i]], (activity[i] + 4) % 5});
    from = i + 1;
  }
  return band;
}

}  // namespace

void print_plan(const Options& options) {
  std::printf(
      "Model       a convolution over %zu samples, %zu blocks with a window of %zu samples, two heads; %s parameters\n",
      kernel, layers, window, grouped(parameters()).c_str());
  std::printf("Memory      %s of weights, and %s for a stream without an end\n",
              examples::bytes(sizeof(inlay::ParametersOf<Model>)).c_str(),
              examples::bytes(sizeof(Stream) + sizeof(inlay::BuffersOf<Model>)).c_str());
  if (options.model.empty())
    std::printf("Work        %s steps of %zu made-up signals of %s s by AdamW; seed %llu\n\n",
                grouped(options.steps).c_str(), batch, fixed(seconds_of(context), 2).c_str(),
                static_cast<unsigned long long>(options.seed));
  else
    std::printf("Weights     %s\n\n", options.model.string().c_str());
  std::fflush(stdout);
}

void draw_losses(const Options& options, const std::vector<double>& losses) {
  examples::write_svg(options.out / "loss.svg",
                      examples::Plot{.title = "signals: the loss",
                                     .subtitle = "of the name, and of the forecast with its share",
                                     .x_label = "step",
                                     .y_label = "loss",
                                     .series = examples::series_of_losses(losses)});
}

void draw_signal(const Options& options, const Recording& recording, const Answers& answers) {
  const std::size_t count = std::min(recording.samples.size() - ahead, 12 * rate);
  constexpr const char* axis_names[axes] = {"x", "y", "z"};
  examples::Plot plot{
      .title = "signals: what was named, and what came",
      .subtitle = "faint: what was expected " + std::to_string(milliseconds_ahead(ahead)) + " ms before",
      .x_label = "seconds",
      .y_label = "acceleration, g"};
  for (std::size_t axis = 0; axis < axes; ++axis) {
    examples::Series signal{.label = axis_names[axis], .color = axis};
    examples::Series expected{.style = examples::Series::Style::faint, .color = axis};
    for (std::size_t i = 0; i < count; ++i) {
      signal.x.push_back(seconds_of(static_cast<double>(i)));
      signal.y.push_back(static_cast<double>(recording.samples[i][axis]));
      expected.x.push_back(seconds_of(static_cast<double>(i + ahead)));
      expected.y.push_back(static_cast<double>(answers.next[i][ahead - 1][axis]));
    }
    plot.series.push_back(expected);
    plot.series.push_back(signal);
  }
  if (!recording.labels.empty()) plot.bands.push_back(band_of("is", recording.labels, 0, count));
  plot.bands.push_back(band_of("named", answers.activity, 0, count));
  examples::write_svg(options.out / "signal.svg", plot);
}

void write_answers(const Options& options, const Answers& answers) {
  const std::filesystem::path path = options.out / "answers.csv";
  std::ofstream file{path};
  file << "sample,activity,x_" << ahead << "_later,y_" << ahead << "_later,z_" << ahead << "_later\n";
  for (std::size_t i = 0; i < answers.activity.size(); ++i) {
    file << i << ',' << names[answers.activity[i]];
    for (const float value : answers.next[i][ahead - 1]) file << ',' << value;
    file << '\n';
  }
  if (!file.flush()) throw std::runtime_error(path.string() + ": cannot be written");
}

void report(const Options& options, const std::string& of, const Results& results) {
  if (results.labelled > 0) {
    std::printf("%-10s named right   taken most often for\n", "");
    for (std::size_t k = 0; k < activities; ++k) {
      const auto& row = results.named[k];
      std::size_t whole = 0, other = k == 0 ? 1 : 0;
      for (std::size_t j = 0; j < activities; ++j) {
        whole += row[j];
        if (j != k && row[j] > row[other]) other = j;
      }
      if (whole > 0)
        std::printf("%-10s %11s   %s %s\n", names[k], percent(row[k], whole).c_str(), names[other],
                    percent(row[other], whole).c_str());
    }
    std::printf("\n");
  }
  examples::Plot plot{.title = "signals: the error of the forecast",
                      .subtitle = of,
                      .x_label = "milliseconds ahead",
                      .y_label = "root mean square error, g"};
  const auto add = [&](const char* label, const double(&errors)[ahead], std::size_t color) {
    examples::Series series{.label = label, .style = examples::Series::Style::points, .color = color};
    std::printf("%-15s", label);
    for (std::size_t steps = 1; steps <= ahead; ++steps) {
      series.x.push_back(milliseconds_ahead(steps));
      series.y.push_back(errors[steps - 1]);
      std::printf("  %s g", fixed(errors[steps - 1], 3).c_str());
    }
    std::printf("\n");
    plot.series.push_back(series);
  };
  std::printf("Error of the forecast (root mean square) %d, %d, %d and %d ms ahead:\n", milliseconds_ahead(1),
              milliseconds_ahead(2), milliseconds_ahead(3), milliseconds_ahead(4));
  add("model", results.errors.model, 0);
  add("last value", results.errors.last_value, 1);
  add("straight line", results.errors.straight_line, 2);
  examples::write_svg(options.out / "forecast.svg", plot);

  std::vector<float> sorted = results.microseconds;
  std::ranges::sort(sorted);
  std::printf("\nLatency     half of the samples within %s us, 99 %% within %s us, all within %s us\n",
              fixed(static_cast<double>(sorted[sorted.size() / 2]), 1).c_str(),
              fixed(static_cast<double>(sorted[sorted.size() * 99 / 100]), 1).c_str(),
              fixed(static_cast<double>(sorted.back()), 0).c_str());
  std::printf("%s  what was named, and what came\n%s  the error of the forecast\n",
              (options.out / "signal.svg").string().c_str(), (options.out / "forecast.svg").string().c_str());
  if (options.model.empty())
    std::printf("%s  the loss\n%s  the weights\n", (options.out / "loss.svg").string().c_str(),
                (options.out / "model.safetensors").string().c_str());
  std::string result;
  if (results.labelled > 0)
    result = percent(results.right, results.labelled) + " of " + grouped(results.labelled) + " samples named right (" +
             percent(results.settled_right, results.settled) + " a second after a change); ";
  std::printf("\n%s: %s%d ms ahead an error of %s g, last value %s g\n", of.c_str(), result.c_str(),
              milliseconds_ahead(ahead), fixed(results.errors.model[ahead - 1], 3).c_str(),
              fixed(results.errors.last_value[ahead - 1], 3).c_str());
}

}  // namespace signals
