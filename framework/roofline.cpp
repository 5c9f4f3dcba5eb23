#include "framework/roofline.h"

#include <algorithm>
#include <chrono>
#include <cstring>

#include "framework/blas.h"
#include "framework/tensor.h"
#include "framework/thread_pool.h"

namespace loglik {
namespace {

using Clock = std::chrono::steady_clock;

// The least time of a run, in a quarter of a second of runs, and at least three.
template <class Run> double least_seconds(Run&& run) {
  double least = 1e9;
  const auto since = [](Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); };
  const auto start = Clock::now();
  for (int i = 0; i < 3 || since(start) < 0.25; ++i) {
    const auto begin = Clock::now();
    run();
    least = std::min(least, since(begin));
  }
  return least;
}

Tensor filled(std::int64_t count) {  // written to: memory that never was is one page of zeros
  Tensor tensor(DType::float32, {count});
  for (float& value : tensor.mutable_values<float>()) value = 0.5f;
  return tensor;
}

double product_rate(int threads) {
  constexpr std::int64_t n = 512;
  const Tensor a = filled(n * n), b = filled(n * n);
  Tensor c = filled(threads * n * n);
  float* results = c.mutable_values<float>().data();
  const double seconds = least_seconds([&] {
    parallel_for(threads, [&](std::int64_t thread) {
      gemm<float>(false, false, n, n, n, 1, a.values<float>().data(), n, b.values<float>().data(), n, 0, results + thread * n * n, n);
    });
  });
  return 2.0 * n * n * n * threads / seconds;
}

double copy_rate(int threads) {
  constexpr std::int64_t bytes = std::int64_t{64} << 20;
  const Tensor from = filled(bytes / 4);
  Tensor to = filled(bytes / 4);
  std::byte* target = to.mutable_data();
  const std::int64_t part = (bytes + threads - 1) / threads;
  const double seconds = least_seconds([&] {
    parallel_for(threads, [&](std::int64_t thread) {
      const std::int64_t begin = std::min(thread * part, bytes), end = std::min(begin + part, bytes);
      std::memcpy(target + begin, from.data() + begin, static_cast<std::size_t>(end - begin));
    });
  });
  return 2.0 * static_cast<double>(bytes) / seconds;
}

}  // namespace

double Roofline::seconds(double flops, double bytes) const { return std::max(flops / flops_per_second, bytes / bytes_per_second); }

Roofline measure_roofline() {
  const int threads = thread_count();
  return {product_rate(threads), copy_rate(threads), threads};
}

}  // namespace loglik
