// oneDNN's matmul primitive on plain row-major memory, created before the clock starts (version 2 or 3).

#include <oneapi/dnnl/dnnl.hpp>

#include <array>
#include <string>

#include "matmul_peer.hpp"

namespace {

using dnnl::memory;

dnnl::engine& engine() {
  static dnnl::engine cpu(dnnl::engine::kind::cpu, 0);
  return cpu;
}
dnnl::stream& stream() {
  static dnnl::stream queue(engine());
  return queue;
}

// The primitive and its arguments; the C function takes them without building a map at each call.
struct Prepared {
  memory a, b, c;
  dnnl::matmul primitive;
  std::array<dnnl_exec_arg_t, 3> arguments;
};
Prepared prepared;

memory::desc descriptor(int rows, int columns, int row_stride, int column_stride) {
  return {memory::dims{rows, columns}, memory::data_type::f32, memory::dims{row_stride, column_stride}};
}

bool prepare(const peers::Product& p) {
  const bool a_turned = p.form == peers::Form::at_b, b_turned = p.form == peers::Form::a_bt;
  const memory::desc a = descriptor(p.m, p.k, a_turned ? 1 : p.k, a_turned ? p.m : 1);
  const memory::desc b = descriptor(p.k, p.n, b_turned ? 1 : p.n, b_turned ? p.k : 1);
  const memory::desc c = descriptor(p.m, p.n, p.n, 1);
  try {
#if DNNL_VERSION_MAJOR >= 3
    prepared.primitive = dnnl::matmul({engine(), a, b, c});
#else
    prepared.primitive = dnnl::matmul({{a, b, c}, engine()});
#endif
    prepared.a = memory(a, engine(), const_cast<float*>(p.a));
    prepared.b = memory(b, engine(), const_cast<float*>(p.b));
    prepared.c = memory(c, engine(), p.c);
  } catch (const dnnl::error&) {
    return false;
  }
  prepared.arguments = {
      {{DNNL_ARG_SRC, prepared.a.get()}, {DNNL_ARG_WEIGHTS, prepared.b.get()}, {DNNL_ARG_DST, prepared.c.get()}}};
  return true;
}

void run() {
  dnnl_primitive_execute(prepared.primitive.get(), stream().get(), static_cast<int>(prepared.arguments.size()),
                         prepared.arguments.data());
}

}  // namespace

const peers::MatmulPeer* inlay_matmul_peer() {
  const dnnl_version_t* const v = dnnl_version();
  static const std::string version =
      std::to_string(v->major) + "." + std::to_string(v->minor) + "." + std::to_string(v->patch);
  static const peers::MatmulPeer peer{"oneDNN", version.c_str(), prepare, run};
  return &peer;
}
