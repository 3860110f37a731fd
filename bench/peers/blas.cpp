// OpenBLAS or BLIS, by their common interface; INLAY_PEER_BLIS tells which, and the include path leads to its header.

#include <cblas.h>
#ifdef INLAY_PEER_BLIS
#include <blis.h>
#endif

#include "matmul_peer.hpp"

namespace {

peers::Product product;

bool prepare(const peers::Product& p) {
#ifdef INLAY_PEER_BLIS
  bli_thread_set_num_threads(1);
#else
  openblas_set_num_threads(1);
#endif
  product = p;
  return true;
}

void run() {
  const peers::Product& p = product;
  cblas_sgemm(CblasRowMajor, p.form == peers::Form::at_b ? CblasTrans : CblasNoTrans,
              p.form == peers::Form::a_bt ? CblasTrans : CblasNoTrans, p.m, p.n, p.k, 1, p.a, p.a_stride(), p.b,
              p.b_stride(), 0, p.c, p.n);
}

}  // namespace

const peers::MatmulPeer* inlay_matmul_peer() {
#ifdef INLAY_PEER_BLIS
  static const peers::MatmulPeer peer{"BLIS", bli_info_get_version_str(), prepare, run};
#else
  static const peers::MatmulPeer peer{"OpenBLAS", openblas_get_config(), prepare, run};
#endif
  return &peer;
}
