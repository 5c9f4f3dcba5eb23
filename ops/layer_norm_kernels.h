#pragma once
#include <cstdint>

namespace loglik {

// Rows x {rows, n}; scale and shift {n} or null. T is float or double.

/// y = (x − mean)·rstd·scale + shift, and the mean and rstd = 1/√(variance + ε) of each row.
template <class T>
void layer_norm_rows(const T* x, const T* scale, const T* shift, T* y, T* mean, T* rstd, std::int64_t rows, std::int64_t n, double epsilon);

/// With a = g·scale and z = (x − mean)·rstd: dx = rstd·(a − Σa/n − z·Σ(a·z)/n). Adds Σ g·z and Σ g over the rows to dscale and dshift {n},
/// unless they are null.
template <class T>
void layer_norm_gradient_rows(const T* g, const T* x, const T* mean, const T* rstd, const T* scale, T* dx, double* dscale, double* dshift,
                              std::int64_t rows, std::int64_t n);

}  // namespace loglik
