// Matrix products on one thread, by inlay and by the modules named on the command line, in turns: every library runs
// for a millisecond, then the next one, and so on for hundreds of rounds, so that whatever else the machine does
// meets all of them alike. The fastest turn of each counts. Prints one line of JSON for each product and library.
//
//   peers_matmul [--seconds TOTAL] [--only PART_OF_A_NAME] bin/peers/*.so
//
// Time is the processor time of the whole process: a library that starts threads of its own gains nothing.

#include <inlay/kernels/matmul.hpp>

#include <dlfcn.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/shapes.hpp"
#include "matmul_peer.hpp"
#include "support/machine.hpp"

namespace {

using bench::Shape;
using peers::Form;
using peers::MatmulPeer;
using peers::Product;

alignas(64) float a[bench::largest<&Shape::m, &Shape::k>()];
alignas(64) float b[bench::largest<&Shape::k, &Shape::n>()];
alignas(64) float c[bench::largest<&Shape::m, &Shape::n>()];

Product inlay_product;

bool inlay_prepare(const Product& product) {
  inlay_product = product;
  return true;
}

template <inlay::kernels::Form A, inlay::kernels::Form B>
void inlay_multiply(const Product& p) {
  const auto size = [](int value) { return static_cast<std::size_t>(value); };
  inlay::kernels::matmul<A, B>(size(p.m), size(p.n), size(p.k), p.a, size(p.a_stride()), p.b, size(p.b_stride()), p.c,
                               size(p.n));
}

void inlay_run() {
  constexpr auto plain = inlay::kernels::Form::plain, transposed = inlay::kernels::Form::transposed;
  switch (inlay_product.form) {
    case Form::a_b:
      inlay_multiply<plain, plain>(inlay_product);
      break;
    case Form::a_bt:
      inlay_multiply<plain, transposed>(inlay_product);
      break;
    case Form::at_b:
      inlay_multiply<transposed, plain>(inlay_product);
      break;
  }
}

double process_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

double seconds_of(const MatmulPeer& peer, std::size_t calls) {
  const double begin = process_seconds();
  for (std::size_t i = 0; i < calls; ++i) peer.run();
  return process_seconds() - begin;
}

struct Contestant {
  const MatmulPeer* peer;
  std::size_t calls = 1;  // in a turn
  double fastest = std::numeric_limits<double>::max();

  void find_calls() {
    constexpr double turn = 1e-3;
    peer->run();
    while (seconds_of(*peer, calls) < turn && calls < (std::size_t{1} << 20)) calls *= 2;
  }
  void take_turn() {
    peer->run();  // brings the operands back into the caches
    fastest = std::min(fastest, seconds_of(*peer, calls) / static_cast<double>(calls));
  }
};

// Small integers, so that every order of summation gives the same floats.
std::vector<float> expected(const Product& p) {
  const auto size = static_cast<std::size_t>(p.m) * static_cast<std::size_t>(p.n);
  std::fill_n(p.c, size, -1.0F);
  inlay_prepare(p);
  inlay_run();
  return {p.c, p.c + size};
}

bool correct(const MatmulPeer& peer, const Product& p, const std::vector<float>& values) {
  std::fill_n(p.c, values.size(), -1.0F);
  peer.run();
  return std::equal(values.begin(), values.end(), p.c);
}

std::string quoted(std::string_view text) {
  std::string result = "\"";
  for (const char letter : text) {
    if (letter == '"' || letter == '\\') result += '\\';
    if (static_cast<unsigned char>(letter) >= 0x20) result += letter;
  }
  return result + '"';
}

void measure(const std::vector<const MatmulPeer*>& all, const Shape& shape, Form form, double seconds) {
  constexpr const char* form_names[] = {"A B", "A B^T", "A^T B"};
  const char* const form_name = form_names[static_cast<std::size_t>(form)];
  const auto narrow = [](std::size_t value) { return static_cast<int>(value); };
  const Product product{form, narrow(shape.m), narrow(shape.k), narrow(shape.n), a, b, c};
  const std::vector<float> values = expected(product);
  std::vector<Contestant> contestants;
  for (const MatmulPeer* peer : all) {
    if (!peer->prepare(product)) {
      std::fprintf(stderr, "peers_matmul: %s has no %s of %s\n", peer->name, form_name, shape.name);
    } else if (!correct(*peer, product, values)) {
      std::fprintf(stderr, "peers_matmul: %s is wrong at %s of %s\n", peer->name, form_name, shape.name);
    } else {
      contestants.push_back({peer});
      contestants.back().find_calls();
    }
  }
  // in a quick run a measurement of the peak serves several products
  const auto measured_peak = [&] {
    return seconds < 0.2 ? bench::peak_operations_per_second() : bench::fresh_peak_operations_per_second();
  };
  double peak = measured_peak();
  const double begin = bench::wall_seconds();
  do {
    for (Contestant& contestant : contestants) contestant.take_turn();
    for (auto contestant = contestants.rbegin(); contestant != contestants.rend(); ++contestant)
      contestant->take_turn();
  } while (bench::wall_seconds() - begin < seconds);
  peak = std::max(peak, measured_peak());
  for (const Contestant& contestant : contestants)
    std::printf(
        "{\"shape\": %s, \"form\": %s, \"m\": %zu, \"k\": %zu, \"n\": %zu, \"peer\": %s, \"version\": %s, "
        "\"seconds\": %.9g, \"gflops\": %.5g, \"peak_gflops\": %.5g}\n",
        quoted(shape.name).c_str(), quoted(form_name).c_str(), shape.m, shape.k, shape.n,
        quoted(contestant.peer->name).c_str(), quoted(contestant.peer->version).c_str(), contestant.fastest,
        2e-9 * static_cast<double>(shape.m * shape.k * shape.n) / contestant.fastest, peak * 1e-9);
  std::fflush(stdout);
}

const MatmulPeer* open_module(const char* path) {
  const std::string file = std::strchr(path, '/') == nullptr ? std::string("./") + path : path;
  void* const module = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  void* const symbol = module == nullptr ? nullptr : dlsym(module, "inlay_matmul_peer");
  if (symbol == nullptr) {
    std::fprintf(stderr, "peers_matmul: %s\n", dlerror());
    return nullptr;
  }
  return reinterpret_cast<const MatmulPeer* (*)()>(symbol)();
}

}  // namespace

int main(int argc, char** argv) {
  for (const char* variable : {"OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "BLIS_NUM_THREADS"})
    setenv(variable, "1", 1);  // read when the libraries are opened
  double seconds = 100;
  std::string_view only;
  const MatmulPeer own{"inlay", "", inlay_prepare, inlay_run};
  std::vector<const MatmulPeer*> all{&own};
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument == "--seconds" && i + 1 < argc) {
      seconds = std::atof(argv[++i]);
    } else if (argument == "--only" && i + 1 < argc) {
      only = argv[++i];
    } else if (argument.substr(0, 2) == "--") {
      std::fprintf(stderr, "usage: peers_matmul [--seconds TOTAL] [--only PART_OF_A_NAME] bin/peers/*.so\n");
      return 2;
    } else if (const MatmulPeer* peer = open_module(argv[i])) {
      all.push_back(peer);
    }
  }
  std::vector<Shape> chosen;
  for (const Shape& shape : bench::shapes)
    if (std::string_view(shape.name).find(only) != std::string_view::npos) chosen.push_back(shape);
  for (std::size_t i = 0; i < std::size(a); ++i) a[i] = static_cast<float>(i % 7) - 3.0F;
  for (std::size_t i = 0; i < std::size(b); ++i) b[i] = static_cast<float>(i % 5) - 2.0F;
  const double each = seconds / static_cast<double>(3 * std::max<std::size_t>(chosen.size(), 1));
  for (const Shape& shape : chosen)
    for (const Form form : {Form::a_b, Form::a_bt, Form::at_b}) measure(all, shape, form, each);
}
