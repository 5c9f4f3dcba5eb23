// Compiled once for each instruction set. Sums for some rows times some vectors of columns stay in registers while k runs on: each step loads
// the vectors of b and multiplies them by the rows' elements of a, one after the other. The columns of b that it takes are copied into a
// panel first, so that they stream from the L1 cache, unless so few rows use them that it would not pay.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/product_kernels.cpp"
#include <hwy/foreach_target.h>

#include <hwy/cache_control.h>
#include <hwy/highway.h>

#include <algorithm>
#include <type_traits>
#include <utility>

#include "framework/blas.h"
#include "ops/product_kernels.h"

HWY_BEFORE_NAMESPACE();
namespace loglik::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::CappedTag<float, 16>;
using V = hn::Vec<D>;
using DHalf = hn::Half<D>;
using VHalf = hn::Vec<DHalf>;

#if HWY_TARGET <= HWY_AVX3
constexpr int most_rows = 12;     // times two vectors: 24 sums in 32 registers
constexpr bool uses_halves = true;  // of vectors, for the last columns: where vectors are made of two, half takes half the time
#else
constexpr int most_rows = 6;
constexpr bool uses_halves = false;
#endif
constexpr int64_t most_inner = 256;               // terms at a time: a panel fills the L1 cache
constexpr int64_t most_chunk = 20 * most_rows;    // rows at a time, whose elements of a stay in the L2 cache from panel to panel
constexpr int64_t most_lanes = hn::MaxLanes(D());

// Of b: {inner, columns}, readable to the end of the last vector.
struct Panel {
  int64_t inner;
  const float* b;
  int64_t ldb;
  int64_t columns;
  const float* ahead = nullptr;  // what is fetched while this panel is in use: part of the next one,
  int64_t step = 0;              // floats further on for each term
};

template <class Tag>
HWY_INLINE void StoreSum(Tag d, hn::Vec<Tag> sum, bool add, int64_t columns, float* to) {
  if (columns >= static_cast<int64_t>(hn::Lanes(d))) {
    if (add) sum = hn::Add(sum, hn::LoadU(d, to));
    hn::StoreU(sum, d, to);
    return;
  }
#if HWY_TARGET <= HWY_AVX2
  const auto inside = hn::FirstN(d, static_cast<size_t>(columns));
  if (add) sum = hn::Add(sum, hn::MaskedLoad(inside, d, to));
  hn::BlendedStore(sum, inside, d, to);
#else
  HWY_ALIGN float all[hn::MaxLanes(d)];
  hn::Store(sum, d, all);
  for (int64_t j = 0; j < columns; ++j) to[j] = add ? to[j] + all[j] : all[j];
#endif
}

// c[r][j] (+)= Σ a[r][i]·b[i][j] for `rows` rows, `full` vectors of columns and perhaps a half. Loops over them must be unrolled for sums to
// be registers, and clang has to be told.
template <int rows, int full, bool half, bool a_is_transposed>
void SumBlock(const Panel& p, const float* HWY_RESTRICT a, int64_t lda, bool add, float* HWY_RESTRICT c, int64_t ldc) {
  const D d;
  const DHalf dh;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  V sum[rows][full + 1];
  VHalf half_sum[rows];
#pragma GCC unroll 16
  for (int r = 0; r < rows; ++r) {
#pragma GCC unroll 16
    for (int v = 0; v < full; ++v) sum[r][v] = hn::Zero(d);
    half_sum[r] = hn::Zero(dh);
#pragma GCC unroll 16
    for (int v = 0; v < full + half; ++v) hwy::Prefetch(c + r * ldc + v * lanes);
  }
  const float* group[(rows + 3) / 4];  // so that rows are at few distances from a pointer
  for (int g = 0; g < (rows + 3) / 4; ++g) group[g] = a + 4 * g * lda;
  const float* HWY_RESTRICT b = p.b;
  const float* ahead = p.ahead;
  for (int64_t i = 0; i < p.inner; ++i, b += p.ldb, ahead += p.step) {
    hwy::Prefetch(ahead);
    if constexpr (a_is_transposed) hwy::Prefetch(a + 2 * most_rows);  // for one of the next blocks
    V x[full + 1];
#pragma GCC unroll 16
    for (int v = 0; v < full; ++v) x[v] = hn::LoadU(d, b + v * lanes);
    VHalf x_half = hn::Zero(dh);
    if constexpr (half) x_half = hn::LoadU(dh, b + full * lanes);
#pragma GCC unroll 16
    for (int r = 0; r < rows; ++r) {
      const float* from = a_is_transposed ? a + r : group[r / 4] + (r % 4) * lda + i;
      const V y = hn::Set(d, *from);
#pragma GCC unroll 16
      for (int v = 0; v < full; ++v) sum[r][v] = hn::MulAdd(y, x[v], sum[r][v]);
      if constexpr (half) half_sum[r] = hn::MulAdd(hn::Set(dh, *from), x_half, half_sum[r]);
    }
    if constexpr (a_is_transposed) a += lda;
  }
#pragma GCC unroll 16
  for (int r = 0; r < rows; ++r) {
#pragma GCC unroll 16
    for (int v = 0; v < full; ++v) StoreSum(d, sum[r][v], add, p.columns - v * lanes, c + r * ldc + v * lanes);
    if constexpr (half) StoreSum(dh, half_sum[r], add, p.columns - full * lanes, c + r * ldc + full * lanes);
  }
}

using Block = void (*)(const Panel&, const float*, int64_t, bool, float*, int64_t);
template <int full, bool half, bool a_is_transposed, int... rows>
Block ChooseRows(int64_t number, std::integer_sequence<int, rows...>) {
  static constexpr Block blocks[] = {SumBlock<rows + 1, full, half, a_is_transposed>...};
  return blocks[number - 1];
}
template <bool a_is_transposed>
Block ChooseBlock(int64_t rows, int64_t columns) {
  constexpr std::make_integer_sequence<int, most_rows> all;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(D()));
  if constexpr (uses_halves) {
    const int64_t halves = (2 * columns + lanes - 1) / lanes;
    if (halves == 1) return ChooseRows<0, true, a_is_transposed>(rows, all);
    if (halves == 3) return ChooseRows<1, true, a_is_transposed>(rows, all);
  }
  return columns <= lanes ? ChooseRows<1, false, a_is_transposed>(rows, all) : ChooseRows<2, false, a_is_transposed>(rows, all);
}

// to[i][j] = b[i][j] for `columns` columns, filled up to rows of `stride`.
HWY_INLINE void CopyRows(const float* b, int64_t ldb, int64_t inner, int64_t columns, int64_t stride, float* to) {
#if HWY_TARGET <= HWY_AVX2
  const D d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d)), last = stride - lanes;
  const auto inside = hn::FirstN(d, static_cast<size_t>(columns - last));
  for (int64_t i = 0; i < inner; ++i, b += ldb, to += stride) {
    for (int64_t j = 0; j < last; j += lanes) hn::Store(hn::LoadU(d, b + j), d, to + j);
    hn::Store(hn::MaskedLoad(inside, d, b + last), d, to + last);
  }
#else
  for (int64_t i = 0; i < inner; ++i)
    for (int64_t j = 0; j < stride; ++j) to[i * stride + j] = j < columns ? b[i * ldb + j] : 0;
#endif
}

#if HWY_TARGET != HWY_SCALAR
// Four neighbours from column i of each of the rows 0, 4, 8, …: as many as fill a vector.
template <class Tag>
HWY_INLINE hn::Vec<Tag> LoadFours(Tag d, const float* const* rows, int64_t i) {
  if constexpr (hn::MaxLanes(d) == 4) {
    return hn::LoadU(d, rows[0] + i);
  } else {
    const hn::Half<Tag> half;
    return hn::Combine(d, LoadFours(half, rows + hn::MaxLanes(half), i), LoadFours(half, rows, i));
  }
}
#endif

// to[i][j] = b[j][i]; what fills rows up to `stride` is anything.
HWY_INLINE void CopyTransposed(const float* b, int64_t ldb, int64_t inner, int64_t columns, int64_t stride, float* to) {
  int64_t copied = 0;
#if HWY_TARGET != HWY_SCALAR
  const D d;
  const hn::RepartitionToWide<D> dw;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  copied = inner / 4 * 4;
  for (int64_t first = 0; first < stride; first += lanes) {
    const float* rows[most_lanes];
    for (int64_t j = 0; j < lanes; ++j) rows[j] = b + std::min(first + j, columns - 1) * ldb;
    for (int64_t i = 0; i < copied; i += 4) {  // 4 × 4 at a time
      const V v0 = LoadFours(d, rows, i), v1 = LoadFours(d, rows + 1, i), v2 = LoadFours(d, rows + 2, i), v3 = LoadFours(d, rows + 3, i);
      const auto t0 = hn::BitCast(dw, hn::InterleaveLower(d, v0, v1)), t1 = hn::BitCast(dw, hn::InterleaveUpper(d, v0, v1));
      const auto t2 = hn::BitCast(dw, hn::InterleaveLower(d, v2, v3)), t3 = hn::BitCast(dw, hn::InterleaveUpper(d, v2, v3));
      float* const at = to + i * stride + first;
      hn::Store(hn::BitCast(d, hn::InterleaveLower(dw, t0, t2)), d, at);
      hn::Store(hn::BitCast(d, hn::InterleaveUpper(dw, t0, t2)), d, at + stride);
      hn::Store(hn::BitCast(d, hn::InterleaveLower(dw, t1, t3)), d, at + 2 * stride);
      hn::Store(hn::BitCast(d, hn::InterleaveUpper(dw, t1, t3)), d, at + 3 * stride);
    }
  }
#endif
  for (int64_t i = copied; i < inner; ++i)
    for (int64_t j = 0; j < stride; ++j) to[i * stride + j] = b[std::min(j, columns - 1) * ldb + i];
}

HWY_INLINE const float* PartOf(const MatrixProduct<float>& p, int64_t i, int64_t j) {  // op(b) from row i and column j on
  return p.transpose_b ? p.b + j * p.ldb + i : p.b + i * p.ldb + j;
}

// Two lines of 16 floats a term hold a panel: the first two blocks of rows fetch one each. It may run past the end, where nothing is read.
HWY_INLINE void LookAhead(const MatrixProduct<float>& p, const float* next, int64_t block, Panel& panel) {
  constexpr int64_t line = 16;
  const bool fetches = block < 2 && (!p.transpose_b || p.ldb == panel.inner);  // stored columns follow one another
  panel.step = !fetches ? 0 : p.transpose_b ? line : p.ldb;
  panel.ahead = !fetches ? panel.b : next + block * line * (p.transpose_b ? p.ldb : 1);
}

void Multiply(const MatrixProduct<float>& p) {
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(D())), wide = 2 * lanes;
  HWY_ALIGN float copy[most_inner * 2 * most_lanes];
  for (int64_t first_row = 0; first_row < p.m; first_row += most_chunk) {
    const int64_t chunk = std::min(most_chunk, p.m - first_row), blocks = (chunk + most_rows - 1) / most_rows;
    const int64_t fewer = chunk / blocks, larger = chunk % blocks;  // blocks of so many rows, the first `larger` of one more
    for (int64_t i = 0; i < p.k; i += most_inner)
      for (int64_t j = 0; j < p.n; j += wide) {
        const int64_t columns = std::min(wide, p.n - j), stride = columns <= lanes ? lanes : wide;
        Panel panel{std::min(most_inner, p.k - i), PartOf(p, i, j), p.ldb, columns};
        const bool streams = columns == stride && (p.ldb == stride || blocks <= 2);
        if (p.transpose_b || !streams) {
          (p.transpose_b ? CopyTransposed : CopyRows)(panel.b, p.ldb, panel.inner, columns, stride, copy);
          panel.b = copy, panel.ldb = stride;
        }
        const auto choose = [&](int64_t rows) { return p.transpose_a ? ChooseBlock<true>(rows, columns) : ChooseBlock<false>(rows, columns); };
        Block sum = larger > 0 ? choose(fewer + 1) : nullptr;
        const float* const next = j + wide < p.n ? PartOf(p, i, j + wide) : PartOf(p, i + most_inner, 0);
        for (int64_t block = 0, row = first_row; block < blocks; ++block) {
          if (block == larger) sum = choose(fewer);
          LookAhead(p, next, block, panel);
          const float* a = p.transpose_a ? p.a + i * p.lda + row : p.a + row * p.lda + i;
          sum(panel, a, p.lda, p.add || i > 0, p.c + row * p.ldc + j, p.ldc);
          row += fewer + (block < larger);
        }
      }
  }
}

}  // namespace loglik::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace loglik {

HWY_EXPORT(Multiply);
void multiply_small(const MatrixProduct<float>& product) { HWY_DYNAMIC_DISPATCH(Multiply)(product); }

template <class T>
void multiply(bool small, const MatrixProduct<T>& p) {
  if constexpr (std::is_same_v<T, float>) {
    if (small) return multiply_small(p);
  }
  gemm<T>(p.transpose_a, p.transpose_b, p.m, p.n, p.k, 1, p.a, p.lda, p.b, p.ldb, p.add ? T(1) : T(0), p.c, p.ldc);
}
template void multiply(bool, const MatrixProduct<float>&);
template void multiply(bool, const MatrixProduct<double>&);

}  // namespace loglik
#endif
