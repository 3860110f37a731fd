#pragma once
// What peers_matmul knows of another library: a name, and a product to prepare and to run. Each library has a module of
// its own, opened with local symbols: OpenBLAS and BLIS both export cblas_sgemm.

namespace peers {

enum class Form {
  a_b,   // C[m][n] = A[m][k] B[k][n]
  a_bt,  // B stored as [n][k]
  at_b,  // A stored as [k][m]
};

// Row-major and dense.
struct Product {
  Form form;
  int m, k, n;
  const float *a, *b;
  float* c;

  int a_stride() const { return form == Form::at_b ? m : k; }
  int b_stride() const { return form == Form::a_bt ? k : n; }
};

struct MatmulPeer {
  const char* name;
  const char* version;
  // Everything that a program does once: creating a primitive, generating code. False where the library cannot do it.
  bool (*prepare)(const Product& product);
  // Computes the product that was prepared last; this is timed.
  void (*run)();
};

}  // namespace peers

// The one symbol of a module.
extern "C" __attribute__((visibility("default"))) const peers::MatmulPeer* inlay_matmul_peer();
