#pragma once
#include <algorithm>
#include <array>
#include <cstdint>
#include <type_traits>

#include "framework/fold.h"
#include "framework/simd/full_width.h"

namespace loglik {

/// What sums of T are collected in: float64, and unsigned for integers, which wrap.
template <class T>
using WideSum = std::conditional_t<std::is_floating_point_v<T>, double, std::uint32_t>;

/// Σ f(x) over neighbours: f's own type within blocks of 64 terms in 16 lanes, which are added up in float64.
template <class T, class F>
WideSum<T> sum_run(const T* x, std::int64_t count, F f) {
  constexpr std::int64_t lanes = 16;          // side by side: vectors of any width, the same bits
  constexpr std::int64_t block = 64 * lanes;  // added in T before they go to the wide accumulator
  using Lane = std::conditional_t<std::is_floating_point_v<T>, decltype(f(T())), std::uint32_t>;
  WideSum<T> total = 0;
  while (count > 0) {
    const std::int64_t n = std::min(count, block);
    std::array<Lane, lanes> partial{};
    std::int64_t i = 0;
    for (; i + lanes <= n; i += lanes)
      for (std::int64_t lane = 0; lane < lanes; ++lane) partial[static_cast<std::size_t>(lane)] += static_cast<Lane>(f(x[i + lane]));
    for (std::int64_t lane = 0; i < n; ++i, ++lane) partial[static_cast<std::size_t>(lane)] += static_cast<Lane>(f(x[i]));
    for (std::size_t width = lanes / 2; width > 0; width /= 2)
      for (std::size_t lane = 0; lane < width; ++lane) partial[lane] += partial[lane + width];
    total += static_cast<WideSum<T>>(partial[0]);
    x += n;
    count -= n;
  }
  return total;
}

/// Σ x, for `fold`; `finish(output, sum)` takes the result. The error is at most some 70 half-ulps of T of Σ|x|, typically one or two.
template <class T, class Finish>
struct SumFold {
  Finish result;

  using Accumulator = WideSum<T>;
  using Partial = std::conditional_t<std::is_floating_point_v<T>, T, std::uint32_t>;
  Accumulator start(std::int64_t) const { return 0; }
  void run(Accumulator& a, std::int64_t, const T* x, std::int64_t count, std::int64_t) const {
    simd::at_full_width([&] { a += sum_run(x, count, [](T v) { return v; }); });
  }
  Partial start_rows(std::int64_t) const { return 0; }
  template <class Rows>
  void rows(Partial* p, const T* x, Rows row, std::int64_t count, std::int64_t columns, std::int64_t) const {
    simd::at_full_width([&] { add_rows(p, x, row, count, columns); });
  }
  void take(Accumulator& a, Partial p) const { a += p; }
  void merge(Accumulator& a, Accumulator next) const { a += next; }
  void finish(std::int64_t output, Accumulator a) const { result(output, a); }

 private:
  template <class Rows>
  static void add_rows(Partial* p, const T* x, Rows first, std::int64_t count, std::int64_t columns) {
    constexpr std::int64_t width = 32;  // whose sums stay in registers
    std::int64_t j = 0;
    for (; j + width <= columns; j += width) {
      std::array<Partial, width> sum;
      std::copy_n(p + j, width, sum.begin());
      Rows row = first;
      for (std::int64_t r = 0; r < count; ++r, ++row) {
        const T* values = x + *row + j;
        for (std::int64_t k = 0; k < width; ++k) sum[static_cast<std::size_t>(k)] += static_cast<Partial>(values[k]);
      }
      std::copy_n(sum.begin(), width, p + j);
    }
    for (std::int64_t r = 0; j < columns && r < count; ++r, ++first)
      for (std::int64_t k = j; k < columns; ++k) p[k] += static_cast<Partial>(x[*first + k]);
  }
};
template <class T, class Finish>
SumFold<T, Finish> sum_fold(Finish finish) {
  return {finish};
}

}  // namespace loglik
