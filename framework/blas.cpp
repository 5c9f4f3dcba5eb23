#include "framework/blas.h"

#include <cblas.h>
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <iterator>
#include <limits>
#include <system_error>
#include <type_traits>
#include <vector>

#include "framework/error.h"

// Present if the library is OpenBLAS, and if it or the program uses OpenMP; null otherwise, so that any CBLAS links.
extern "C" {
[[gnu::weak]] void openblas_set_num_threads(int);
[[gnu::weak]] int openblas_get_num_threads(void);
[[gnu::weak]] int openblas_get_parallel(void);
[[gnu::weak]] char* openblas_get_config(void);
[[gnu::weak]] void omp_set_num_threads(int);
[[gnu::weak]] int omp_get_max_threads(void);
}

namespace loglik {
namespace {

constexpr int openmp = 2;  // openblas_get_parallel(): 0 is none, 1 threads of its own

bool uses_openmp() { return openblas_get_parallel != nullptr && openblas_get_parallel() == openmp && omp_set_num_threads != nullptr; }

/// OpenBLAS has 64 buffers in Debian's build, and crashes when more threads than that multiply at once (OpenBLAS issue 4216).
/// Not std::counting_semaphore: libstdc++ 12's may sleep forever (GCC bug 104928).
class Permits {
 public:
  void take() {
    for (int free = free_.load(std::memory_order_relaxed);;) {
      if (free == 0) {
        free_.wait(0, std::memory_order_relaxed);
        free = free_.load(std::memory_order_relaxed);
      } else if (free_.compare_exchange_weak(free, free - 1, std::memory_order_acquire)) {
        return;
      }
    }
  }
  void give_back() {
    free_.fetch_add(1);
    free_.notify_one();
  }

 private:
  std::atomic<int> free_{64};
};

/// What every call of the library holds: one of the permits, and OpenMP, whose setting is each thread's own, at one thread.
class CallGuard {
 public:
  CallGuard() {
    permits.take();
    static const bool with_openmp = uses_openmp();
    if (with_openmp && omp_get_max_threads() != 1) {
      openmp_threads_ = omp_get_max_threads();
      omp_set_num_threads(1);
    }
  }
  ~CallGuard() {
    if (openmp_threads_ != 0) omp_set_num_threads(openmp_threads_);
    permits.give_back();
  }
  CallGuard(const CallGuard&) = delete;
  CallGuard& operator=(const CallGuard&) = delete;

 private:
  static inline Permits permits;
  int openmp_threads_ = 0;  // to be restored, if not 0
};

template <class T>
void call_blas(bool transpose_a, bool transpose_b, int m, int n, int k, T alpha, const T* a, int lda, const T* b, int ldb, T beta, T* c,
               int ldc) {
  const CallGuard guard;
  const auto op_a = transpose_a ? CblasTrans : CblasNoTrans, op_b = transpose_b ? CblasTrans : CblasNoTrans;
  if constexpr (std::is_same_v<T, float>) {
    cblas_sgemm(CblasRowMajor, op_a, op_b, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
  } else {
    cblas_dgemm(CblasRowMajor, op_a, op_b, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
  }
}

/// OpenBLAS's AVX-512 kernels for small products without transposed operands take memory with malloc for the last columns of C if those
/// fill at most half a vector; all its other kernels have theirs. So these columns are multiplied by themselves, with B transposed on the
/// stack.
template <class T>
void call_without_malloc(int m, int n, int k, T alpha, const T* a, int lda, const T* b, int ldb, T beta, T* c, int ldc) {
  constexpr int lanes = 64 / sizeof(T), most_rows = 1024;
  constexpr double most_small = 100.0 * 100.0 * 100.0;
  const int columns = n % lanes;
  if (columns == 0 || columns > lanes / 2 || k < 2 * lanes || static_cast<double>(m) * n * k > most_small) {
    call_blas(false, false, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
    return;
  }
  if (n > columns) call_blas(false, false, m, n - columns, k, alpha, a, lda, b, ldb, beta, c, ldc);
  alignas(64) T transposed[lanes / 2 * most_rows];
  for (int row = 0; row < k; row += most_rows) {
    const int rows = std::min(most_rows, k - row);
    for (int i = 0; i < rows; ++i)
      for (int j = 0; j < columns; ++j) transposed[j * rows + i] = b[static_cast<std::ptrdiff_t>(row + i) * ldb + n - columns + j];
    call_blas(false, true, m, columns, rows, alpha, a + row, lda, transposed, rows, row == 0 ? beta : T{1}, c + n - columns, ldc);
  }
}

/// Threads of this process; 0 where the system does not list them.
std::ptrdiff_t count_threads() {
  std::error_code error;
  const std::filesystem::directory_iterator tasks("/proc/self/task", error);
  return error ? 0 : std::distance(begin(tasks), end(tasks));
}

/// Tells the library to use one thread and finds out whether it does.
std::string force_one_thread() {
  constexpr std::string_view advice =
      "its threads compete with Loglik's; set OPENBLAS_NUM_THREADS=1 and OMP_NUM_THREADS=1, or link another CBLAS";
  if (openblas_set_num_threads != nullptr) {
    const CallGuard guard;  // it sets OpenMP's number for the caller's own loops too
    openblas_set_num_threads(1);
  }
  if (openblas_get_num_threads != nullptr && openblas_get_num_threads() != 1) {
    return fmt::format("{} uses {} threads although told to use 1: {}", blas_description(), openblas_get_num_threads(), advice);
  }
  if (openblas_get_parallel != nullptr && openblas_get_parallel() != openmp) return {};  // keeps to what it just said

  // Large enough that libraries share it among threads, which then start.
  constexpr int size = 256;
  const std::vector<float> a(size * size, 1.0f);
  std::vector<float> c(size * size);
  const std::ptrdiff_t before = count_threads();
  call_blas(false, false, size, size, size, 1.0f, a.data(), size, a.data(), size, 0.0f, c.data(), size);
  const std::ptrdiff_t after = count_threads();
  if (after <= before) return {};
  return fmt::format("{} started {} threads for one product although told to use 1: {}", blas_description(), after - before, advice);
}

const std::string& threading_problem() {
  static const std::string problem = force_one_thread();
  return problem;
}

constexpr std::int64_t max_size = std::numeric_limits<int>::max();  // of CBLAS's int

void check_size(std::string_view name, std::int64_t size) {
  if (size < 0 || size > max_size) throw ArgumentError(fmt::format("gemm: {} is {}, must be from 0 to {}", name, size, max_size));
}

/// The distance between rows as CBLAS wants it, which refuses 0 even for rows of length 0.
int row_distance(std::string_view name, std::int64_t distance, std::int64_t row) {
  if (distance < row || distance > max_size) {
    throw ArgumentError(fmt::format("gemm: {} is {}, must be from {}, the length of a stored row, to {}", name, distance, row, max_size));
  }
  return static_cast<int>(std::max<std::int64_t>(distance, 1));
}

}  // namespace

template <class T>
void gemm(bool transpose_a, bool transpose_b, std::int64_t m, std::int64_t n, std::int64_t k, T alpha, const T* a, std::int64_t lda,
          const T* b, std::int64_t ldb, T beta, T* c, std::int64_t ldc) {
  check_size("m", m);
  check_size("n", n);
  check_size("k", k);
  const int rows_a = row_distance("lda", lda, transpose_a ? m : k);
  const int rows_b = row_distance("ldb", ldb, transpose_b ? k : n);
  const int rows_c = row_distance("ldc", ldc, n);
  if (m == 0 || n == 0) return;
  if (k == 0) {
    for (std::int64_t i = 0; i < m; ++i) {
      T* row = c + i * ldc;
      if (beta == 0)
        std::fill(row, row + n, T{0});
      else
        std::for_each(row, row + n, [beta](T& v) { v *= beta; });
    }
    return;
  }
  threading_problem();  // one thread before the first product
  const int rows = static_cast<int>(m), columns = static_cast<int>(n), inner = static_cast<int>(k);
  if (!transpose_a && !transpose_b)
    call_without_malloc(rows, columns, inner, alpha, a, rows_a, b, rows_b, beta, c, rows_c);
  else
    call_blas(transpose_a, transpose_b, rows, columns, inner, alpha, a, rows_a, b, rows_b, beta, c, rows_c);
}

template void gemm(bool, bool, std::int64_t, std::int64_t, std::int64_t, float, const float*, std::int64_t, const float*, std::int64_t,
                   float, float*, std::int64_t);
template void gemm(bool, bool, std::int64_t, std::int64_t, std::int64_t, double, const double*, std::int64_t, const double*, std::int64_t,
                   double, double*, std::int64_t);

std::string blas_description() { return openblas_get_config != nullptr ? openblas_get_config() : "a CBLAS that is not OpenBLAS"; }

std::string_view blas_threading_problem() { return threading_problem(); }

}  // namespace loglik
