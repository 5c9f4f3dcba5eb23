#pragma once
#include <string>
#include <string_view>

#include "framework/node.h"
#include "framework/support.h"

namespace loglik {

/// Multivariate Gaussian on vectors of D numbers, mean μ, covariance Σ = C·Cᵀ or precision Σ⁻¹ = L·Lᵀ, C and L lower triangles:
///
///     −log p(y) = ½·‖v‖² + Σᵢ log Cᵢᵢ + ½·D·log 2π  nats,  v = C⁻¹·(y − μ)
///     −log p(y) = ½·‖v‖² − Σᵢ log Lᵢᵢ + ½·D·log 2π,        v = Lᵀ·(y − μ)
///
/// The triangle comes from any numbers: the logs of its diagonal, and the elements below it row by row: (1,0), (2,0), (2,1), (3,0), …
///
///     MultivariateGaussian{.loc = mu}                                                  Σ = 1
///     MultivariateGaussian{.loc = mu, .log_diagonal = s}                               independent, standard deviations e^s
///     MultivariateGaussian{.loc = mu, .log_diagonal = s, .lower = c}                   C
///     MultivariateGaussian{.loc = mu, .log_diagonal = s, .lower = c, .precision = true}  L: nothing is solved in training
///     MultivariateGaussian::of_covariance(mu, sigma)                                   C is the Cholesky decomposition of Σ
///
/// Shapes: loc and log_diagonal {…, D}, lower {…, D·(D − 1)/2}, D constant, and y {…, D}; leading axes broadcast. log_prob is {…}, mean,
/// mode and variance are {…, D}. Nothing is NaN for finite nodes with independent elements, else as long as e^±log_diagonal and v fit the
/// dtype; log_prob of float32 is computed in float64. Methods throw ShapeError for nodes that do not fit together. Source: Bishop 2006,
/// Pattern Recognition and Machine Learning, section 2.3; Williams 1996, "Using neural networks to model conditional multivariate densities", doi:10.1162/neco.1996.8.4.843.
struct MultivariateGaussian {
  static constexpr std::string_view name = "multivariate_gaussian";
  static constexpr std::size_t event_rank = 1;

  Node loc;                ///< μ
  Node log_diagonal = {};  ///< log Cᵢᵢ or log Lᵢᵢ; absent: 0
  Node lower = {};         ///< the elements of C or L below the diagonal; absent: 0
  bool precision = false;  ///< the triangle is L

  /// From Σ {…, D, D}. Runs throw MatrixError for one that is not positive definite; see ops/cholesky.h.
  static MultivariateGaussian of_covariance(Node loc, Node covariance);

  Node log_prob(Node y) const;
  Node mean() const;
  Node mode() const { return mean(); }
  Node variance() const;  ///< the diagonal of Σ
  Node entropy() const;
  Node sample(std::string_view key) const;  ///< μ + C·ε, or μ + L⁻ᵀ·ε: differentiable by all parameters
  Node kl(const MultivariateGaussian& other) const;
  Support support() const { return Support::real; }
  TensorType target() const;  ///< float {…, D}
  std::string certificate() const;

  std::int64_t size() const;            ///< D
  Node covariance() const;              ///< Σ {…, D, D}
  Node whitened(Node deviation) const;  ///< v of y − μ {…, D}: independent, of variance 1
};

}  // namespace loglik
