#include "ops/product_kernels.h"

#include <gtest/gtest.h>

#include <cmath>
#include <hwy/targets.h>
#include <limits>
#include <vector>

#include "framework/random.h"

namespace loglik {
namespace {

constexpr float nan = std::numeric_limits<float>::quiet_NaN(), infinity = std::numeric_limits<float>::infinity();

// A product with its memory: stored rows lie 3 elements apart, and what lies between rows of c must stay as it is.
struct Filled {
  bool transpose_a, transpose_b;
  std::int64_t m, n, k;
  std::int64_t lda = (transpose_a ? m : k) + 3, ldb = (transpose_b ? k : n) + 3, ldc = n + 3;
  std::vector<float> a = drawn((transpose_a ? k : m) * lda, 1), b = drawn((transpose_b ? n : k) * ldb, 2), c = drawn(m * ldc, 3);

  static std::vector<float> drawn(std::int64_t count, std::uint64_t seed) {
    std::vector<float> values(static_cast<std::size_t>(count));
    fill_uniform<float>({seed, 0, 0}, 0, values);
    for (float& value : values) value -= 0.5f;
    return values;
  }
  float& a_at(std::int64_t i, std::int64_t l) { return a[static_cast<std::size_t>(transpose_a ? l * lda + i : i * lda + l)]; }
  float& b_at(std::int64_t l, std::int64_t j) { return b[static_cast<std::size_t>(transpose_b ? j * ldb + l : l * ldb + j)]; }
  float& c_at(std::int64_t i, std::int64_t j) { return c[static_cast<std::size_t>(i * ldc + j)]; }

  // Rows [i, i + rows) and columns [j, j + columns) of c.
  void multiply_part(bool add, std::int64_t i, std::int64_t rows, std::int64_t j, std::int64_t columns) {
    multiply_small({transpose_a, transpose_b, rows, columns, k, &a_at(i, 0), lda, &b_at(0, j), ldb, add, &c_at(i, j), ldc});
  }
};

// Against float64. An element's error is at most γ = 1.01·u·t of Σ|a·b| + |c|, for u = 2⁻²⁴ and t roundings on the way: one a term, one for
// each 256 terms that are put on top, and one for c (Higham 2002, Accuracy and Stability of Numerical Algorithms, section 3.1; a product
// that is rounded before it is added, where there is no fused multiply-add, counts as another).
void expect_right(Filled& p, bool add) {
  const std::vector<float> before = p.c;
  p.multiply_part(add, 0, p.m, 0, p.n);
  const double most = 1.01 * 0x1p-24 * static_cast<double>(p.k + 1 + p.k / 256 + 2);
  for (std::int64_t i = 0; i < p.m; ++i)
    for (std::int64_t j = 0; j < p.ldc; ++j) {
      const auto old = static_cast<double>(before[static_cast<std::size_t>(i * p.ldc + j)]);
      double sum = add || j >= p.n ? old : 0, size = std::abs(sum);
      for (std::int64_t l = 0; j < p.n && l < p.k; ++l) {
        const double term = static_cast<double>(p.a_at(i, l)) * static_cast<double>(p.b_at(l, j));
        sum += term;
        size += std::abs(term);
      }
      ASSERT_NEAR(static_cast<double>(p.c_at(i, j)), sum, j < p.n ? most * size : 0)
          << "element " << i << ", " << j << " of {" << p.m << ", " << p.k << "} · {" << p.k << ", " << p.n << "}, transposed " << p.transpose_a
          << p.transpose_b;
    }
}

TEST(MultiplySmall, IsRightAtAwkwardShapes) {
  constexpr std::int64_t sizes[] = {1, 3, 4, 7, 8, 9, 12, 13, 16, 17, 24, 25, 31, 33, 40, 47};
  for (std::int64_t left = hwy::SupportedTargets(); left != 0; left &= left - 1) {  // each instruction set; the lowest bit is the best
    hwy::SetSupportedTargetsForTest(left & -left);
    for (const int flags : {0, 1, 2, 3, 4, 5, 6, 7}) {
      const bool transpose_a = flags & 1, transpose_b = flags & 2, add = flags & 4;
      for (const std::int64_t n : sizes) {
        for (const std::int64_t m : sizes) {
          Filled p{transpose_a, transpose_b, m, n, 1 + (m + n) % 11};
          expect_right(p, add);
        }
        for (const std::int64_t k : {255, 256, 257, 515}) {
          Filled p{transpose_a, transpose_b, 25, n, k};
          expect_right(p, add);
        }
      }
      Filled chunks{transpose_a, transpose_b, 491, 35, 20};
      expect_right(chunks, add);
    }
  }
  hwy::SetSupportedTargetsForTest(0);
}

TEST(MultiplySmall, GivesAnElementTheSameBitsInAnyPart) {
  for (const int flags : {0, 1, 2, 3}) {
    Filled whole{(flags & 1) != 0, (flags & 2) != 0, 61, 83, 300};
    Filled parts = whole;
    whole.multiply_part(false, 0, 61, 0, 83);
    for (const auto& [i, rows] : {std::pair{0, 1}, {1, 25}, {26, 35}})
      for (const auto& [j, columns] : {std::pair{0, 5}, {5, 48}, {53, 30}}) parts.multiply_part(false, i, rows, j, columns);
    EXPECT_EQ(parts.c, whole.c) << flags;
  }
}

TEST(MultiplySmall, PropagatesNaNAndInfinity) {  // 0·∞ is NaN too: no zero is skipped
  for (const int flags : {0, 1, 2, 3}) {
    Filled p{(flags & 1) != 0, (flags & 2) != 0, 20, 20, 9};
    for (std::int64_t l = 0; l < p.k; ++l) p.a_at(3, l) = 0;
    p.b_at(4, 7) = infinity;
    p.a_at(5, 2) = nan;
    p.multiply_part(false, 0, p.m, 0, p.n);
    for (std::int64_t i = 0; i < p.m; ++i)
      for (std::int64_t j = 0; j < p.n; ++j) {
        const bool is_nan = i == 5 || (i == 3 && j == 7);
        EXPECT_EQ(std::isnan(p.c_at(i, j)), is_nan) << i << ", " << j;
        EXPECT_EQ(std::isinf(p.c_at(i, j)), !is_nan && j == 7) << i << ", " << j;
      }
  }
}

}  // namespace
}  // namespace loglik
