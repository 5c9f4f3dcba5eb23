#include "framework/blas.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "framework/error.h"
#include "framework/random.h"
#include "tests/support/allocation_counter.h"

namespace loglik {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

template <class T>
std::vector<T> random(std::int64_t count, std::uint64_t seed) {
  std::vector<T> values(count);
  fill_normal<T>({seed, 0, 0}, 0, values);
  return values;
}

template <class T>
class Gemm : public testing::Test {};
using Floats = testing::Types<float, double>;
TYPED_TEST_SUITE(Gemm, Floats);

/// Against plain loops in long double. An error of a sum of k products is at most about k·ε·Σ|a·b| (Higham 2002, 3.5), twice that with
/// alpha, beta and the last rounding.
template <class T>
void check(bool ta, bool tb, std::int64_t m, std::int64_t n, std::int64_t k, T alpha, T beta, std::int64_t more) {
  SCOPED_TRACE(testing::Message() << ta << tb << " m " << m << " n " << n << " k " << k << " alpha " << alpha << " beta " << beta);
  const std::int64_t lda = (ta ? m : k) + more, ldb = (tb ? k : n) + more, ldc = n + more;
  const auto a = random<T>((ta ? k : m) * lda, 1), b = random<T>((tb ? n : k) * ldb, 2), before = random<T>(m * ldc, 3);
  auto c = before;
  gemm(ta, tb, m, n, k, alpha, a.data(), lda, b.data(), ldb, beta, c.data(), ldc);
  for (std::int64_t i = 0; i < m; ++i) {
    for (std::int64_t j = 0; j < ldc; ++j) {
      const std::int64_t at = i * ldc + j;
      if (j >= n) {
        ASSERT_EQ(c[at], before[at]) << "wrote beside C";
        continue;
      }
      long double sum = 0, size = 0;
      for (std::int64_t l = 0; l < k; ++l) {
        const long double product = static_cast<long double>(a[ta ? l * lda + i : i * lda + l]) * b[tb ? j * ldb + l : l * ldb + j];
        sum += product;
        size += std::abs(product);
      }
      const long double expected = alpha * sum + (beta == 0 ? 0.0L : static_cast<long double>(beta) * before[at]);
      const long double bound = 2 * std::numeric_limits<T>::epsilon() * ((k + 1) * std::abs(alpha) * size + std::abs(beta * before[at]));
      ASSERT_LE(std::abs(c[at] - expected), bound) << i << ", " << j;
    }
  }
}

TYPED_TEST(Gemm, MultipliesRightly) {
  using T = TypeParam;
  struct Sizes {
    std::int64_t m, n, k;
  };
  for (const bool ta : {false, true}) {
    for (const bool tb : {false, true}) {
      for (const auto [m, n, k] : {Sizes{1, 1, 1}, Sizes{2, 3, 4}, Sizes{17, 1, 33}, Sizes{1, 19, 5}, Sizes{64, 10, 128}, Sizes{5, 7, 1},
                                   Sizes{65, 67, 300}, Sizes{3, 37, 2100}, Sizes{20, 4, 1025}}) {
        check<T>(ta, tb, m, n, k, 1, 0, 0);
        check<T>(ta, tb, m, n, k, T(-0.75), 1, 3);
        check<T>(ta, tb, m, n, k, 2, T(0.5), 1);
      }
    }
  }
}

TYPED_TEST(Gemm, WithBetaZeroOverwritesNan) {
  using T = TypeParam;
  for (const std::int64_t size : {0, 1, 3, 16, 70}) {  // k; small and large sizes take different ways through OpenBLAS
    const auto a = random<T>(size * size, 1);
    for (const T alpha : {T(1), T(0)}) {
      std::vector<T> c(size * size, static_cast<T>(nan));
      gemm<T>(false, true, size, size, size, alpha, a.data(), size, a.data(), size, 0, c.data(), size);
      for (const T v : c) ASSERT_TRUE(std::isfinite(v)) << size;
    }
  }
}

TYPED_TEST(Gemm, WithoutInnerSizeLeavesBetaTimesC) {
  using T = TypeParam;
  std::vector<T> c{1, 2, 3, 4, 5, 6};
  gemm<T>(false, false, 2, 2, 0, 1, nullptr, 0, nullptr, 2, 1, c.data(), 3);
  EXPECT_EQ(c, (std::vector<T>{1, 2, 3, 4, 5, 6}));
  gemm<T>(false, false, 2, 2, 0, 1, nullptr, 0, nullptr, 2, 2, c.data(), 3);
  EXPECT_EQ(c, (std::vector<T>{2, 4, 3, 8, 10, 6}));
  c[0] = static_cast<T>(nan);
  gemm<T>(false, false, 2, 2, 0, 1, nullptr, 0, nullptr, 2, 0, c.data(), 3);
  EXPECT_EQ(c, (std::vector<T>{0, 0, 3, 0, 0, 6}));
}

TYPED_TEST(Gemm, WithoutRowsOrColumnsDoesNothing) {
  using T = TypeParam;
  const std::vector<T> a(6, 1);
  std::vector<T> c{7};
  gemm<T>(false, false, 0, 3, 2, 1, a.data(), 2, a.data(), 3, 0, c.data(), 3);
  gemm<T>(false, false, 3, 0, 2, 1, a.data(), 2, a.data(), 0, 0, c.data(), 0);
  gemm<T>(true, true, 0, 0, 0, 1, nullptr, 0, nullptr, 0, 0, nullptr, 0);
  EXPECT_EQ(c, std::vector<T>{7});
}

TYPED_TEST(Gemm, GivesTheSameBitsAgain) {
  using T = TypeParam;
  const auto a = random<T>(64 * 784, 1), b = random<T>(784 * 256, 2);
  std::vector<T> first(64 * 256), again(64 * 256);
  gemm<T>(false, false, 64, 256, 784, 1, a.data(), 784, b.data(), 256, 0, first.data(), 256);
  for (int i = 0; i < 10; ++i) {
    gemm<T>(false, false, 64, 256, 784, 1, a.data(), 784, b.data(), 256, 0, again.data(), 256);
    ASSERT_EQ(again, first);
  }
}

// OpenBLAS's own kernels for small products with AVX-512 take memory in some shapes: 1 to 8 columns of float from 32 inner elements on.
TYPED_TEST(Gemm, AllocatesNothing) {
  using T = TypeParam;
  const auto a = random<T>(100 * 1100, 1), b = random<T>(100 * 1100, 2);
  std::vector<T> c(100 * 100);
  for (const int transposed : {0, 1, 2, 3})
    for (const int m : {1, 6, 64, 100})
      for (const int k : {1, 15, 16, 17, 31, 32, 33, 64, 1100})
        for (int n = 1; n <= 100; n += n < 33 ? 1 : 7) {
          const bool ta = transposed % 2 == 1, tb = transposed / 2 == 1;
          const auto multiply = [&] { gemm<T>(ta, tb, m, n, k, 1, a.data(), ta ? m : k, b.data(), tb ? k : n, 0, c.data(), n); };
          multiply();
          const std::int64_t before = test::allocations();
          multiply();
          ASSERT_EQ(test::allocations(), before)
              << m << "·" << n << "·" << k << (ta ? ", a transposed" : "") << (tb ? ", b transposed" : "");
        }
}

std::string refusal(std::int64_t m, std::int64_t n, std::int64_t k, std::int64_t lda, std::int64_t ldb, std::int64_t ldc) {
  try {
    gemm<float>(false, false, m, n, k, 1, nullptr, lda, nullptr, ldb, 0, nullptr, ldc);
  } catch (const ArgumentError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(Blas, RefusesSizesOutOfRange) {
  const std::int64_t large = std::int64_t{1} << 31;
  EXPECT_EQ(refusal(large, 1, 1, 1, 1, 1), "gemm: m is 2147483648, must be from 0 to 2147483647");
  EXPECT_EQ(refusal(1, -1, 1, 1, 1, 1), "gemm: n is -1, must be from 0 to 2147483647");
  EXPECT_EQ(refusal(1, 1, large, large, 1, 1), "gemm: k is 2147483648, must be from 0 to 2147483647");
  EXPECT_EQ(refusal(2, 3, 4, 3, 3, 3), "gemm: lda is 3, must be from 4, the length of a stored row, to 2147483647");
  EXPECT_EQ(refusal(2, 3, 4, 4, large, 3), "gemm: ldb is 2147483648, must be from 3, the length of a stored row, to 2147483647");
  EXPECT_EQ(refusal(2, 3, 4, 4, 3, 2), "gemm: ldc is 2, must be from 3, the length of a stored row, to 2147483647");
}

TEST(Blas, KeepsToOneThread) {
  EXPECT_EQ(blas_threading_problem(), "");
  EXPECT_FALSE(blas_description().empty());
}

}  // namespace
}  // namespace loglik
