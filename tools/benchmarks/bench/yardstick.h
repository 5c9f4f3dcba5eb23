#pragma once
#include "tools/benchmarks/bench/floor.h"

namespace loglik::bench {

/// oneDNN's product, where the benchmark was built with it, else nullptr: to see how good our floor is. The library never uses it.
Gemm* onednn_gemm();

}  // namespace loglik::bench
