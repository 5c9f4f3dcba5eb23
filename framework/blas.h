#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace loglik {

/// C ← alpha·op(A)·op(B) + beta·C with op(A) {m, k}, op(B) {k, n}, C {m, n}, all row-major; float or double.
///
/// A is stored {m, k}, transposed {k, m}; B {k, n}, transposed {n, k}; lda, ldb, ldc are the distances between stored rows in elements.
/// With beta = 0, C is written, never read: NaN there does not survive. A size of 0 is allowed; k = 0 leaves beta·C.
///
/// Runs in the calling thread alone; from any number of threads at once. The same product gives the same bits each time on one kind of
/// processor, while products of parts need not equal parts of the product. Throws ArgumentError for a size or distance that is negative,
/// over 2³¹ − 1, or a distance shorter than a stored row.
template <class T>
void gemm(bool transpose_a, bool transpose_b, std::int64_t m, std::int64_t n, std::int64_t k, T alpha, const T* a, std::int64_t lda,
          const T* b, std::int64_t ldb, T beta, T* c, std::int64_t ldc);

/// What library multiplies, and for which processor: "OpenBLAS 0.3.21 … SkylakeX MAX_THREADS=64".
std::string blas_description();

/// Empty if the library keeps to one thread, as it is told to before the first product; else a sentence saying what it does instead and
/// what to do about it: training is then slower, since its threads fight with ours. Unless OpenBLAS vouches for itself this looks for
/// threads that a first product starts: call it before the program's own threads start, which would be mistaken for them.
std::string_view blas_threading_problem();

}  // namespace loglik
