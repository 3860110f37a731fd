// Attention against the context: time and bytes for each token of one causal sequence through the Attention module
// (width 128, 4 heads), its four projections included, at contexts from 64 to 4096.
//
//   bench_context     prints a table in Markdown, and draws attention.svg in the build folder
//
//   us      a token, one thread, the fastest of several turns that the contexts take
//   peak%   executed operations, of what fused multiply-adds in registers reach. Executed: a projection's product, once
//           forward and twice backward; Q K^T and P V forward and five such products backward, each over the keys that
//           a row sees, half of the context on average. The exponentials are not counted.
//   kept    bytes a token that forward keeps for backward;  scratch: that both work in. A context of n takes n times
//           as much: nothing is quadratic.

#include <algorithm>
#include <cstdio>
#include <vector>

#include <inlay/modules/attention.hpp>
#include <inlay/modules/initialize.hpp>

#include "support/machine.hpp"
#include "support/picture.hpp"

namespace {

constexpr std::size_t width = 128, heads = 4;

struct Figures {
  std::size_t context;
  double forward = 1e9, backward = 1e9;  // seconds of a call
  std::size_t kept = 0, scratch = 0;     // bytes

  double tokens() const { return static_cast<double>(context); }
  // Operations a token: `projections` and `products` multiply-adds of each kind.
  double operations(double projections, double products) const {
    constexpr double columns = width;
    return 2 * (projections * columns * columns + products * columns * (tokens() + 1) / 2);
  }
  double forward_operations() const { return operations(4, 2); }
  double backward_operations() const { return operations(8, 5); }
};

template <std::size_t Context>
class Sequence {
 public:
  using Module =
      inlay::Attention<inlay::AttentionConfig{.width = width, .heads = heads, .context = Context, .biases = false}>;
  static constexpr inlay::Extent extent{.rows = Context};
  using Parameters = inlay::ParametersOf<Module>;
  using Activations = inlay::ActivationsOf<Module, extent>;
  using Workspace = inlay::WorkspaceOf<Module, extent>;

  void prepare() {
    inlay::initialize<Module>(parameters_, inlay::Seed{1});
    for (std::size_t i = 0; i < x_.size(); ++i) {
      x_.values[i] = static_cast<float>(i % 23) * 0.1F - 1.1F;
      dy_.values[i] = static_cast<float>(i % 13) * 0.01F - 0.06F;
    }
  }

  void measure(Figures& figures) {
    figures.kept = inlay::bytes_of<Activations>;
    figures.scratch = inlay::bytes_of<Workspace>;
    // A turn is a few milliseconds at least.
    const std::size_t calls = 1 + 1024 / Context;
    figures.forward = std::min(figures.forward, seconds(calls, [&] { forward(); }));
    figures.backward = std::min(figures.backward, seconds(calls, [&] { backward(); }));
  }

 private:
  template <class Call>
  static double seconds(std::size_t calls, Call&& call) {
    call();
    const double begin = bench::thread_seconds();
    for (std::size_t i = 0; i < calls; ++i) call();
    return (bench::thread_seconds() - begin) / static_cast<double>(calls);
  }

  static inlay::Call call() {
    static constexpr std::uint32_t offsets[2] = {0, static_cast<std::uint32_t>(Context)};
    return {.packing = {offsets, 1}, .training = true};
  }
  void forward() {
    const inlay::Call of = call();
    inlay::Empty nothing;
    const inlay::Forward<Parameters, inlay::Empty, inlay::Empty, Activations, Workspace, inlay::Serial> frame{
        parameters_, nothing, nothing, activations_, workspace_, of, serial_, inlay::Stream{}};
    Module::forward(frame, inlay::Rows<const float, width>(x_), inlay::Rows<float, width>(y_));
  }
  void backward() {
    const inlay::Call of = call();
    inlay::Empty nothing;
    const inlay::Backward<Parameters, inlay::Empty, Activations, Workspace, inlay::Serial> frame{
        parameters_, gradients_, nothing, activations_, workspace_, of, serial_, inlay::Stream{}};
    Module::backward(frame, inlay::Rows<const float, width>(x_), inlay::Rows<const float, width>(dy_),
                     inlay::Rows<float, width>(dx_));
  }

  Parameters parameters_, gradients_;
  Activations activations_;
  Workspace workspace_;
  inlay::Serial serial_;
  inlay::Tensor<float, Context, width> x_, y_, dx_, dy_;
};

template <std::size_t Context>
Sequence<Context> sequence;

double microseconds(double seconds, const Figures& f) { return seconds * 1e6 / f.tokens(); }

void print(const std::vector<Figures>& all, double peak) {
  std::puts("| context | forward, us | peak% | backward, us | peak% | kept, bytes | scratch, bytes | together, MiB |");
  std::puts("|---------|-------------|-------|--------------|-------|-------------|----------------|---------------|");
  for (const Figures& f : all) {
    const auto share = [&](double operations, double seconds) {
      return 100 * operations * f.tokens() / seconds / peak;
    };
    std::printf("| %7zu | %11.3f | %5.1f | %12.3f | %5.1f | %11.0f | %14.0f | %13.2f |\n", f.context,
                microseconds(f.forward, f), share(f.forward_operations(), f.forward), microseconds(f.backward, f),
                share(f.backward_operations(), f.backward), static_cast<double>(f.kept) / f.tokens(),
                static_cast<double>(f.scratch) / f.tokens(), static_cast<double>(f.kept + f.scratch) / (1024 * 1024));
  }
}

void draw(const std::vector<Figures>& all) {
  using Style = examples::Series::Style;
  examples::Series forward{.label = "forward", .style = Style::points, .color = 0};
  examples::Series backward{.label = "backward", .style = Style::points, .color = 1};
  for (const Figures& f : all) {
    forward.x.push_back(f.tokens());
    forward.y.push_back(microseconds(f.forward, f));
    backward.x.push_back(f.tokens());
    backward.y.push_back(microseconds(f.backward, f));
  }
  bench::draw("attention.svg", {.title = "Attention: time for a token",
                                .subtitle = "width 128, 4 heads, causal, projections included; one thread",
                                .x_label = "context",
                                .y_label = "microseconds for a token",
                                .series = {std::move(forward), std::move(backward)}});
}

template <std::size_t... contexts>
void run() {
  std::vector<Figures> all{{.context = contexts}...};
  (sequence<contexts>.prepare(), ...);
  double peak = 0;
  for (int round = 0; round < (bench::in_brief() ? 1 : 20); ++round) {
    std::size_t index = 0;
    (sequence<contexts>.measure(all[index++]), ...);
    peak = std::max(peak, bench::peak_operations_per_second());
  }
  std::printf("Attention, width %zu, %zu heads, causal; one thread, peak %.1f GFLOP/s\n\n", width, heads, peak * 1e-9);
  print(all, peak);
  std::puts("");
  draw(all);
}

}  // namespace

int main() { run<64, 256, 1024, 4096>(); }
