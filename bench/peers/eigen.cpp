// Eigen, compiled for the same instruction set as inlay.

#define EIGEN_DONT_PARALLELIZE
#include <Eigen/Core>

#include "matmul_peer.hpp"

namespace {

using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Input = Eigen::Map<const Matrix>;

peers::Product product;

bool prepare(const peers::Product& p) {
  product = p;
  return true;
}

void run() {
  const peers::Product& p = product;
  Eigen::Map<Matrix> c(p.c, p.m, p.n);
  switch (p.form) {
    case peers::Form::a_b:
      c.noalias() = Input(p.a, p.m, p.k) * Input(p.b, p.k, p.n);
      break;
    case peers::Form::a_bt:
      c.noalias() = Input(p.a, p.m, p.k) * Input(p.b, p.n, p.k).transpose();
      break;
    case peers::Form::at_b:
      c.noalias() = Input(p.a, p.k, p.m).transpose() * Input(p.b, p.k, p.n);
      break;
  }
}

#define INLAY_TEXT_OF(x) #x
#define INLAY_TEXT(x) INLAY_TEXT_OF(x)

}  // namespace

const peers::MatmulPeer* inlay_matmul_peer() {
  static const peers::MatmulPeer peer{
      "Eigen", INLAY_TEXT(EIGEN_WORLD_VERSION) "." INLAY_TEXT(EIGEN_MAJOR_VERSION) "." INLAY_TEXT(EIGEN_MINOR_VERSION),
      prepare, run};
  return &peer;
}
