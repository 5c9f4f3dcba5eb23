#include "ops/layer_norm_kernels.h"

#include <cmath>

#include "framework/side_by_side.h"
#include "ops/lanes.h"

namespace loglik {

template <class T>
void layer_norm_rows(const T* x, const T* scale, const T* shift, T* y, T* mean, T* rstd, std::int64_t rows, std::int64_t n,
                     double epsilon) {
  simd::at_full_width([=] {
    const auto count = static_cast<double>(n);
    for (std::int64_t row = 0; row < rows; ++row) {
      const T* in = x + row * n;
      T* out = y + row * n;
      const T m = static_cast<T>(lane_sum(n, [=](std::int64_t j) { return static_cast<double>(in[j]); }) / count);
      const auto about = static_cast<double>(m);  // Σ(x − m)² − (Σ(x − m))²/n is the sum of squares about the exact mean
      const double sum = lane_sum(n, [=](std::int64_t j) { return static_cast<double>(in[j]) - about; });
      const double squares = lane_sum(n,
                                      [=](std::int64_t j) {
                                        const double difference = static_cast<double>(in[j]) - about;
                                        return difference * difference;
                                      }) -
                             sum * sum / count;
      const T r = static_cast<T>(1 / std::sqrt((squares < 0 ? 0 : squares) / count + epsilon));
      mean[row] = m;
      rstd[row] = r;
      const auto columns = static_cast<std::size_t>(n);
      if (shift != nullptr)
        side_by_side(columns, [=](std::size_t j) { out[j] = (in[j] - m) * r * scale[j] + shift[j]; });
      else if (scale != nullptr)
        side_by_side(columns, [=](std::size_t j) { out[j] = (in[j] - m) * r * scale[j]; });
      else
        side_by_side(columns, [=](std::size_t j) { out[j] = (in[j] - m) * r; });
    }
  });
}

template <class T>
void layer_norm_gradient_rows(const T* g, const T* x, const T* mean, const T* rstd, const T* scale, T* dx, double* dscale, double* dshift,
                              std::int64_t rows, std::int64_t n) {
  simd::at_full_width([=] {
    const auto columns = static_cast<std::size_t>(n);
    for (std::int64_t row = 0; row < rows; ++row) {
      const T *from = g + row * n, *in = x + row * n;
      T* out = dx + row * n;
      const T m = mean[row], r = rstd[row];
      const auto finish = [=](auto a) {
        const double sum = lane_sum(n, [=](std::int64_t j) { return static_cast<double>(a(j)); });
        const double along = lane_sum(n, [=](std::int64_t j) { return static_cast<double>(a(j) * ((in[j] - m) * r)); });
        const T part = static_cast<T>(sum / static_cast<double>(n)), slope = static_cast<T>(along / static_cast<double>(n));
        side_by_side(columns, [=](std::size_t j) { out[j] = r * (a(static_cast<std::int64_t>(j)) - part - (in[j] - m) * r * slope); });
      };
      if (dscale != nullptr)
        side_by_side(columns, [=](std::size_t j) {
          dscale[j] += static_cast<double>(from[j] * ((in[j] - m) * r));
          dshift[j] += static_cast<double>(from[j]);
        });
      if (scale != nullptr)
        finish([=](std::int64_t j) { return from[j] * scale[j]; });
      else
        finish([=](std::int64_t j) { return from[j]; });
    }
  });
}

template void layer_norm_rows<float>(const float*, const float*, const float*, float*, float*, float*, std::int64_t, std::int64_t, double);
template void layer_norm_rows<double>(const double*, const double*, const double*, double*, double*, double*, std::int64_t, std::int64_t,
                                      double);
template void layer_norm_gradient_rows<float>(const float*, const float*, const float*, const float*, const float*, float*, double*,
                                              double*, std::int64_t, std::int64_t);
template void layer_norm_gradient_rows<double>(const double*, const double*, const double*, const double*, const double*, double*, double*,
                                               double*, std::int64_t, std::int64_t);

}  // namespace loglik
