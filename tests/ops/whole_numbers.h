#pragma once
#include <gtest/gtest.h>

#include <span>
#include <vector>

#include "framework/thread_pool.h"
#include "tests/ops/derivatives.h"
#include "tests/ops/expect_error.h"

namespace loglik {

/// k mod period − offset for element k: whole numbers, on which kernels of every dtype are exact.
inline Tensor whole_numbers(Extents extents, DType dtype = DType::float64, int period = 1 << 20, int offset = 0) {
  Tensor tensor(DType::float64, std::move(extents));
  int k = 0;
  for (double& value : tensor.mutable_values<double>()) value = k++ % period - offset;
  return tensor.cast(dtype);
}

inline Tensor indices(const std::vector<std::int32_t>& values, Extents extents) { return Tensor::from(values, std::move(extents)); }

/// The same sizes and elements, exactly.
inline void expect_values(const Tensor& actual, const Extents& extents, const std::vector<double>& values) {
  EXPECT_EQ(actual.extents(), extents);
  ASSERT_EQ(actual.count(), static_cast<std::int64_t>(values.size()));
  for (std::int64_t i = 0; i < actual.count(); ++i) EXPECT_EQ(actual.at(i), values[static_cast<std::size_t>(i)]) << "element " << i;
}

/// The bits of `build` of constants are the same for 1, 2, 3 and 8 threads.
inline void expect_same_bits(const Build& build, const std::vector<Tensor>& inputs) {
  set_thread_count(1);
  const Tensor expected = value_of(build, inputs);
  for (const int threads : {2, 3, 8}) {
    set_thread_count(threads);
    EXPECT_TRUE(value_of(build, inputs).same_bits(expected)) << threads << " threads";
  }
  set_thread_count(1);
}

}  // namespace loglik
