#include "ops/distributions/multivariate_gaussian.h"

#include <fmt/format.h>

#include <cmath>
#include <numbers>
#include <utility>
#include <vector>

#include "framework/error.h"
#include "framework/graph.h"
#include "framework/primitives.h"
#include "ops/arithmetic.h"
#include "ops/cholesky.h"
#include "ops/concat.h"
#include "ops/exponential.h"
#include "ops/gather.h"
#include "ops/matmul.h"
#include "ops/random.h"
#include "ops/shape.h"
#include "ops/triangle.h"
#include "ops/triangular_solve.h"

namespace loglik {
namespace {

const double half_log_2pi = 0.5 * std::log(2 * std::numbers::pi);

// The leading axes of all parameters together.
Shape leading(const MultivariateGaussian& d) {
  Shape shape = d.loc.shape().slice(0, d.loc.shape().rank() - 1);
  for (const Node& parameter : {d.log_diagonal, d.lower})
    if (parameter) shape = broadcast_shapes(shape, parameter.shape().slice(0, parameter.shape().rank() - 1));
  return shape;
}

Shape with_axes(const Shape& shape, std::initializer_list<Dim> axes) {
  std::vector<Dim> dims(shape.dims().begin(), shape.dims().end());
  dims.insert(dims.end(), axes);
  return Shape(std::move(dims));
}

Shape answer_shape(const MultivariateGaussian& d) { return with_axes(leading(d), {d.size()}); }

Node in_shape(Node x, const Shape& shape) { return x.shape() == shape ? x : broadcast_to(x, shape); }

Tensor places(Extents extents, const std::vector<std::int32_t>& values) { return Tensor::from(values, std::move(extents)); }

Tensor identity(std::int64_t n) {
  Tensor tensor(DType::float64, {n, n});
  for (std::int64_t i = 0; i < n; ++i) tensor.mutable_values<double>()[static_cast<std::size_t>(i * (n + 1))] = 1;
  return tensor;
}

Node as_column(Node x) { return expand_dims(x, -1); }
Node as_row(Node x) { return expand_dims(x, -2); }
Node as_vector(Node column) { return squeeze(column, {-1}); }

// C or L, {…, D, D}.
Node factor(const MultivariateGaussian& d) {
  const std::int64_t n = d.size();
  const Node scales = in_shape(d.log_diagonal ? exp(d.log_diagonal) : d.loc.graph().constant(1.0, d.loc.dtype()), answer_shape(d));
  if (!d.lower) return where(d.loc.graph().constant(identity(n).cast(DType::boolean)), as_row(scales), 0.0);
  const Node elements = concat({scales, in_shape(d.lower, with_axes(leading(d), {n * (n - 1) / 2}))}, -1);
  std::vector<std::int32_t> from;  // above the diagonal any
  for (std::int64_t i = 0; i < n; ++i)
    for (std::int64_t j = 0; j < n; ++j) from.push_back(static_cast<std::int32_t>(j < i ? n + i * (i - 1) / 2 + j : i));
  return triangle(gather(elements, d.loc.graph().constant(places({n, n}, from)), -1));
}

// A square root of Σ: C, or L⁻ᵀ.
Node root(const MultivariateGaussian& d) {
  if (!d.precision) return factor(d);
  const Node one = d.loc.graph().constant(identity(d.size()).cast(d.loc.dtype()));
  return triangular_solve(factor(d), one, {.transposed = true});
}

// log Cᵢᵢ or −log Lᵢᵢ; absent: 0.
Node log_scales(const MultivariateGaussian& d) { return d.log_diagonal && d.precision ? -d.log_diagonal : d.log_diagonal; }

// log √det Σ
Node log_volume(const MultivariateGaussian& d) {
  return d.log_diagonal ? reduce_sum(log_scales(d), {-1}) : d.loc.graph().constant(0.0, d.loc.dtype());
}

}  // namespace

MultivariateGaussian MultivariateGaussian::of_covariance(Node loc, Node covariance) {
  const Node c = cholesky(covariance);
  const std::int64_t n = c.shape().back().constant();
  std::vector<std::int32_t> from;
  for (std::int64_t i = 0; i < n; ++i)
    for (std::int64_t j = 0; j < i; ++j) from.push_back(static_cast<std::int32_t>(i * n + j));
  const Node flat = reshape(c, with_axes(c.shape().slice(0, c.shape().rank() - 2), {n * n}));
  return {.loc = loc, .log_diagonal = log(diagonal(c)), .lower = gather(flat, loc.graph().constant(places({n * (n - 1) / 2}, from)), -1)};
}

// In float64: squares and products of float32's numbers overflow, and sums of infinities would be NaN.
Node MultivariateGaussian::log_prob(Node y) const {
  if (loc.dtype() == DType::float32 && y.dtype() == DType::float32) {
    const auto wide = [](Node x) { return x ? cast(x, DType::float64) : x; };
    const MultivariateGaussian same{wide(loc), wide(log_diagonal), wide(lower), precision};
    return cast(same.log_prob(wide(y)), DType::float32);
  }
  const auto n = static_cast<double>(size());
  const Node loss = 0.5 * reduce_sum(square(whitened(y - loc)), {-1}) + n * half_log_2pi;
  return -(log_diagonal ? loss + log_volume(*this) : loss);
}

Node MultivariateGaussian::mean() const { return in_shape(loc, answer_shape(*this)); }

Node MultivariateGaussian::variance() const {
  if (!lower) return in_shape(exp(2.0 * (log_diagonal ? log_scales(*this) : 0.0 * loc)), answer_shape(*this));
  return reduce_sum(square(root(*this)), {-1});
}

Node MultivariateGaussian::covariance() const {
  const Node r = root(*this);
  return matmul(r, r, {.transpose_b = true});
}

Node MultivariateGaussian::entropy() const {
  return in_shape(log_volume(*this) + static_cast<double>(size()) * (0.5 + half_log_2pi), leading(*this));
}

Node MultivariateGaussian::sample(std::string_view key) const {
  const Node noise = random_normal(loc.graph(), answer_shape(*this), {.dtype = loc.dtype()}).named(key);
  if (!lower) return loc + (log_diagonal ? mul_exp(noise, log_scales(*this)) : noise);
  if (precision) return loc + as_vector(triangular_solve(factor(*this), as_column(noise), {.transposed = true}));
  return loc + reduce_sum(factor(*this) * as_row(noise), {-1});
}

// ½·(‖W·R‖² − D + ‖W·(μ_p − μ_q)‖²) + log √det Σ_q − log √det Σ_p, Σ_q⁻¹ = Wᵀ·W, Σ_p = R·Rᵀ.
Node MultivariateGaussian::kl(const MultivariateGaussian& other) const {
  const auto n = static_cast<double>(size());
  Node spread = root(*this);
  if (other.lower)
    spread = other.precision ? matmul(factor(other), spread, {.transpose_a = true}) : triangular_solve(factor(other), spread);
  else if (other.log_diagonal)
    spread = mul_exp(spread, as_column(-log_scales(other)));
  const Node shift = reduce_sum(square(other.whitened(loc - other.loc)), {-1});
  return 0.5 * ((reduce_sum(square(spread), {-2, -1}) - n) + shift) + (log_volume(other) - log_volume(*this));
}

TensorType MultivariateGaussian::target() const { return {loc.dtype(), answer_shape(*this)}; }

std::string MultivariateGaussian::certificate() const {
  const double constant = static_cast<double>(size()) * half_log_2pi;
  if (!log_diagonal && !lower) return fmt::format("NLL = ½·squared error + {:.6f}", constant);
  return precision ? fmt::format("NLL = ½‖Lᵀ(y − μ)‖² − Σ log Lᵢᵢ + {:.6f}", constant)
                   : fmt::format("NLL = ½‖C⁻¹(y − μ)‖² + Σ log Cᵢᵢ + {:.6f}", constant);
}

std::int64_t MultivariateGaussian::size() const {
  const auto last = [](Node x) { return x.shape().rank() == 0 ? Dim(-1) : x.shape().back(); };
  const Dim n = last(loc);
  if (!n.is_constant() || n.constant() < 1)
    throw ShapeError(fmt::format("MultivariateGaussian: loc has shape {}, needs a last axis of constant size", to_string(loc.shape())));
  if (log_diagonal && last(log_diagonal) != n)
    throw ShapeError(fmt::format("MultivariateGaussian: log_diagonal has shape {}, needs a last axis of {}, as loc {}",
                                 to_string(log_diagonal.shape()), to_string(n), to_string(loc.shape())));
  const Dim below(n.constant() * (n.constant() - 1) / 2);
  if (lower && last(lower) != below)
    throw ShapeError(fmt::format("MultivariateGaussian: lower has shape {}, needs a last axis of {}, the elements below a diagonal of {}",
                                 to_string(lower.shape()), to_string(below), to_string(n)));
  return n.constant();
}

Node MultivariateGaussian::whitened(Node deviation) const {
  size();
  if (!lower) return log_diagonal ? mul_exp(deviation, -log_scales(*this)) : deviation;
  if (!precision) return as_vector(triangular_solve(factor(*this), as_column(deviation)));
  return reduce_sum(factor(*this) * as_column(deviation), {-2});
}

}  // namespace loglik
