#pragma once
#include <cstdint>

namespace loglik {

/// c = op(a)·op(b), or added to c: op(a) {m, k}, op(b) {k, n}, c {m, n}, row-major. a is stored {m, k}, transposed {k, m}; b {k, n},
/// transposed {n, k}; the lds are the distances between stored rows. T is float or double; no size is 0.
template <class T>
struct MatrixProduct {
  bool transpose_a, transpose_b;
  std::int64_t m, n, k;
  const T* a;
  std::int64_t lda;
  const T* b;
  std::int64_t ldb;
  bool add;
  T* c;
  std::int64_t ldc;
};

/// For products that are small or thin, on which a BLAS spends much of its time on calls and copies. Each element of c is one sum over k in
/// order, by fused multiply-add where the processor has it, begun anew every 256 terms: its bits depend neither on m and n nor on its place,
/// so that c may be cut anyhow. NaN and infinities propagate. Uses 32 KB of stack.
void multiply_small(const MatrixProduct<float>& product);

/// Is it what multiply_small was measured to be faster for than OpenBLAS? Not vectors, nor matrices that are large on every side.
inline bool is_small_product(std::int64_t m, std::int64_t n, std::int64_t k) {
  constexpr std::int64_t least = 4, largest = 512;
  return m >= least && n >= least && k >= least && (m <= largest || n <= largest || k <= largest);
}

/// By multiply_small or by BLAS (framework/blas.h): a choice of the shape and the type, made for the whole of which `product` is a part.
template <class T>
void multiply(bool small, const MatrixProduct<T>& product);

}  // namespace loglik
