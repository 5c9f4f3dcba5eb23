#include "ops/initializers.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "framework/blas.h"
#include "framework/error.h"
#include "framework/random.h"

namespace loglik {
namespace {

constexpr std::int64_t chunk = 1024;  // elements drawn at a time, in double whatever the parameter's type

// Calls draw(first element, block of doubles to fill) for all elements and stores what it made of them.
template <class Draw>
void fill_with(Tensor& values, const Draw& draw) {
  std::array<double, chunk> block;
  for_float(values.dtype(), [&]<class T>() {
    const std::span<T> all = values.mutable_values<T>();
    for (std::int64_t first = 0; first < values.count(); first += chunk) {
      const std::span<double> part(block.data(), static_cast<std::size_t>(std::min(chunk, values.count() - first)));
      draw(first, part);
      for (std::size_t i = 0; i < part.size(); ++i) all[static_cast<std::size_t>(first) + i] = static_cast<T>(part[i]);
    }
  });
}

void fill_uniform_on(Tensor& values, RandomKey key, double low, double high) {
  fill_with(values, [&](std::int64_t first, std::span<double> part) {
    fill_uniform<double>(key, static_cast<std::uint64_t>(first), part);
    for (double& v : part) v = low + (high - low) * v;
  });
}

void fill_normal_with(Tensor& values, RandomKey key, double mean, double stddev) {
  fill_with(values, [&](std::int64_t first, std::span<double> part) {
    fill_normal<double>(key, static_cast<std::uint64_t>(first), part);
    for (double& v : part) v = mean + stddev * v;
  });
}

// Rejection. Each element has a sequence of its own to draw from: i, i + 2⁴⁰, i + 2·2⁴⁰, …
void fill_truncated(Tensor& values, RandomKey key, double mean, double stddev) {
  fill_with(values, [&](std::int64_t first, std::span<double> part) {
    fill_normal<double>(key, static_cast<std::uint64_t>(first), part);
    for (std::size_t i = 0; i < part.size(); ++i) {
      std::uint64_t element = static_cast<std::uint64_t>(first) + i;
      while (std::abs(part[i]) > 2) fill_normal<double>(key, element += std::uint64_t{1} << 40, part.subspan(i, 1));
      part[i] = mean + stddev * part[i];
    }
  });
}

void require_stddev(double mean, double stddev) {
  if (!std::isfinite(mean) || !(stddev >= 0) || !std::isfinite(stddev))
    throw ArgumentError(fmt::format("normal initializer: mean = {}, stddev = {}: needs finite numbers, stddev ≥ 0", mean, stddev));
}

double dot(const double* a, const double* b, std::int64_t n) {
  std::array<double, 8> lanes{};
  std::int64_t i = 0;
  for (; i + 8 <= n; i += 8)
    for (std::int64_t lane = 0; lane < 8; ++lane) lanes[static_cast<std::size_t>(lane)] += a[i + lane] * b[i + lane];
  double sum = 0;
  for (; i < n; ++i) sum += a[i] * b[i];
  for (const double lane : lanes) sum += lane;
  return sum;
}

// Makes `count` rows of length n (count ≤ n) orthonormal by block Gram–Schmidt: Qᵀ of the QR decomposition whose R has a positive
// diagonal, which is unique; so Gaussian rows become Haar ones (Mezzadri 2007). Every projection is done twice, which is enough for full
// accuracy (Giraud, Langou & Rozložník 2005).
void orthonormalise(double* rows, std::int64_t count, std::int64_t n) {
  constexpr std::int64_t block = 32;  // projected together on all rows before, as products of matrices
  std::vector<double> shares(static_cast<std::size_t>(block * count));
  for (std::int64_t begin = 0; begin < count; begin += block) {
    const std::int64_t size = std::min(block, count - begin);
    double* part = rows + begin * n;
    for (int round = 0; round < 2; ++round) {
      gemm<double>(false, true, size, begin, n, 1, part, n, rows, n, 0, shares.data(), begin);
      gemm<double>(false, false, size, n, begin, -1, shares.data(), begin, rows, n, 1, part, n);
      for (std::int64_t i = 0; i < size; ++i) {
        double* row = part + i * n;
        for (int again = 0; again < 2; ++again)
          for (std::int64_t j = 0; j < i; ++j) {
            const double share = dot(row, part + j * n, n);
            for (std::int64_t k = 0; k < n; ++k) row[k] -= share * part[j * n + k];
          }
        const double length = std::sqrt(dot(row, row, n));
        for (std::int64_t k = 0; k < n; ++k) row[k] /= length;
      }
    }
  }
}

void fill_orthogonal(Tensor& values, RandomKey key, double gain) {
  if (values.rank() < 2)
    throw ShapeError(
        fmt::format("orthogonal initializer: the parameter is {}, needs at least 2 axes", to_string(std::span(values.extents()))));
  if (values.count() == 0) return;
  const std::int64_t rows = values.extents()[0], columns = values.count() / rows;
  const std::int64_t count = std::min(rows, columns), length = std::max(rows, columns);
  std::vector<double> vectors(static_cast<std::size_t>(count * length));
  fill_normal<double>(key, 0, vectors);
  orthonormalise(vectors.data(), count, length);
  for_float(values.dtype(), [&]<class T>() {
    const std::span<T> all = values.mutable_values<T>();
    for (std::int64_t i = 0; i < rows; ++i)
      for (std::int64_t j = 0; j < columns; ++j)
        all[static_cast<std::size_t>(i * columns + j)] =
            static_cast<T>(gain * vectors[static_cast<std::size_t>(rows <= columns ? i * length + j : j * length + i)]);
  });
}

// An initializer of that variance.
Initializer scaled(std::string description, bool uniform, double (*variance)(Fans)) {
  return {std::move(description), [=](Tensor& values, RandomKey key) {
            const Fans f = fans(values.extents());
            if (values.count() == 0) return;
            const double stddev = std::sqrt(variance(f));
            if (uniform)
              fill_uniform_on(values, key, -std::sqrt(3.0) * stddev, std::sqrt(3.0) * stddev);
            else
              fill_normal_with(values, key, 0, stddev);
          }};
}

double glorot(Fans f) { return 2.0 / static_cast<double>(f.in + f.out); }
double he(Fans f) { return 2.0 / static_cast<double>(f.in); }

}  // namespace

Fans fans(const Extents& extents) {
  if (extents.size() < 2)
    throw ShapeError(fmt::format("a parameter {} has no fan in and out: it needs at least 2 axes, {{in, out}} or {{out, in, kernel…}}",
                                 to_string(std::span(extents))));
  if (extents.size() == 2) return {extents[0], extents[1]};
  const std::int64_t kernel = count(std::span(extents).subspan(2));
  return {extents[1] * kernel, extents[0] * kernel};
}

Initializer uniform_initializer(double low, double high) {
  if (!(low <= high) || !std::isfinite(low) || !std::isfinite(high))
    throw ArgumentError(fmt::format("uniform initializer: low = {}, high = {}: needs finite numbers, low ≤ high", low, high));
  return {fmt::format("uniform({}, {})", low, high), [=](Tensor& values, RandomKey key) { fill_uniform_on(values, key, low, high); }};
}

Initializer normal_initializer(double mean, double stddev) {
  require_stddev(mean, stddev);
  return {fmt::format("normal({}, {})", mean, stddev), [=](Tensor& values, RandomKey key) { fill_normal_with(values, key, mean, stddev); }};
}

Initializer truncated_normal_initializer(double mean, double stddev) {
  require_stddev(mean, stddev);
  return {fmt::format("truncated_normal({}, {})", mean, stddev),
          [=](Tensor& values, RandomKey key) { fill_truncated(values, key, mean, stddev); }};
}

Initializer glorot_uniform() { return scaled("glorot_uniform", true, glorot); }
Initializer glorot_normal() { return scaled("glorot_normal", false, glorot); }
Initializer he_uniform() { return scaled("he_uniform", true, he); }
Initializer he_normal() { return scaled("he_normal", false, he); }

Initializer orthogonal_initializer(double gain) {
  if (!std::isfinite(gain)) throw ArgumentError(fmt::format("orthogonal initializer: gain = {}, needs a finite number", gain));
  return {fmt::format("orthogonal({})", gain), [=](Tensor& values, RandomKey key) { fill_orthogonal(values, key, gain); }};
}

}  // namespace loglik
