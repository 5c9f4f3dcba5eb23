#include "tools/benchmarks/bench/yardstick.h"

#ifdef LOGLIK_HAS_ONEDNN
#include <dnnl.h>
#include <omp.h>
#endif

namespace loglik::bench {

#ifdef LOGLIK_HAS_ONEDNN
Gemm* onednn_gemm() {
  return [](bool transpose_a, bool transpose_b, std::int64_t m, std::int64_t n, std::int64_t k, const float* a, const float* b, float beta,
            float* c) {
    omp_set_num_threads(1);
    dnnl_sgemm(transpose_a ? 'T' : 'N', transpose_b ? 'T' : 'N', m, n, k, 1, a, transpose_a ? m : k, b, transpose_b ? k : n, beta, c, n);
  };
}
#else
Gemm* onednn_gemm() { return nullptr; }
#endif

}  // namespace loglik::bench
