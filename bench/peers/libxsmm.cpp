// libxsmm: code generated for the shape, before the clock starts. It is column-major, so C^T = B^T A^T is computed. The
// generator knows no transposed first operand: where B is transposed, libxsmm_otrans turns it round first, in the
// time that is measured.

#include <libxsmm.h>

#include <memory>
#include <string>

#include "matmul_peer.hpp"

namespace {

peers::Product product;
libxsmm_smmfunction kernel;
std::unique_ptr<float[]> turned;

bool prepare(const peers::Product& p) {
  product = p;
  libxsmm_init();
  libxsmm_set_gemm_auto_prefetch(LIBXSMM_GEMM_PREFETCH_NONE);
  const int flags = p.form == peers::Form::at_b ? LIBXSMM_GEMM_FLAG_TRANS_B : LIBXSMM_GEMM_FLAG_NONE;
  const int n = p.n, a_stride = p.a_stride();
  const float alpha = 1, beta = 0;
  kernel = libxsmm_smmdispatch(p.n, p.m, p.k, &n, &a_stride, &n, &alpha, &beta, &flags, nullptr);
  if (p.form == peers::Form::a_bt)
    turned = std::make_unique<float[]>(static_cast<std::size_t>(p.k) * static_cast<std::size_t>(p.n));
  return kernel != nullptr;
}

void run() {
  const peers::Product& p = product;
  const float* b = p.b;
  if (p.form == peers::Form::a_bt) {
    libxsmm_otrans(turned.get(), p.b, sizeof(float), p.k, p.n, p.k, p.n);
    b = turned.get();
  }
  kernel(b, p.a, p.c);
}

}  // namespace

const peers::MatmulPeer* inlay_matmul_peer() {
  static const std::string version = std::string(LIBXSMM_VERSION) + ", code for " + libxsmm_get_target_arch();
  static const peers::MatmulPeer peer{"libxsmm", version.c_str(), prepare, run};
  return &peer;
}
