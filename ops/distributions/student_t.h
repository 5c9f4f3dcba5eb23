#pragma once
#include <string>
#include <string_view>

#include "framework/distribution.h"
#include "framework/node.h"
#include "framework/support.h"
#include "ops/distributions/advice.h"

namespace loglik {

/// Student's t on the real line, location μ, scale σ, ν degrees of freedom, z = (y − μ)/σ:
///
///     −log p(y) = C(ν) + log σ + ½(ν + 1)·log(1 + z²/ν)  nats,    C(ν) = log Γ(ν/2) − log Γ((ν + 1)/2) + ½·log πν
///     ∂/∂μ = −(ν + 1)·z/(σ·(ν + z²)),  ∂/∂log σ = 1 − (ν + 1)·z²/(ν + z²)
///
/// A Gaussian with heavy tails: an outlier's pull on μ falls again with its distance. ν is a number or predicted, at least `degrees`:
///
///     StudentT{.loc = mu, .log_scale = s, .degrees = 4}                       ν = 4
///     StudentT{.loc = mu, .log_scale = s, .degrees = 1, .raw_degrees = n}     ν = 1 + softplus(n)
///     StudentT{.loc = mu, .log_scale = s, .degrees = 1}                       the Cauchy distribution
///
/// Right for any ν, to Gaussian's as ν grows; no gradient of a finite node is NaN. Moments that do not exist are infinite: the mean for
/// ν ≤ 1, where it is undefined, the variance for ν ≤ 2, where for ν ≤ 1 it is undefined, the CRPS for ν ≤ 1. Cdf, quantile and samples
/// can be differentiated by ν once, the others again.
///
/// Shapes: loc, log_scale, raw_degrees and y broadcast; answers have the shape of the first three together. Methods throw ArgumentError
/// unless scale and degrees are finite and above 0. Source: Johnson, Kotz & Balakrishnan 1995, vol. 2, ch. 28; Lange, Little & Taylor 1989,
/// doi:10.1080/01621459.1989.10478852; CRPS: Jordan, Krüger & Lerch 2019, doi:10.18637/jss.v090.i12.
struct StudentT {
  static constexpr std::string_view name = "student_t";

  Node loc;
  Node log_scale = {};    ///< absent: 0
  double scale = 1;       ///< finite, > 0
  double degrees = 4;     ///< ν, or what it is above: finite, > 0
  Node raw_degrees = {};  ///< n: ν = degrees + softplus(n). Absent: ν = degrees

  Node log_prob(Node y) const;
  Node mean() const;
  Node mode() const;
  Node median() const { return mode(); }
  Node variance() const;
  Node entropy() const;
  Node cdf(Node y) const;
  Node survival(Node y) const;
  Node log_cdf(Node y) const;  ///< to full relative precision in both tails
  Node log_survival(Node y) const;
  Node quantile(Node p) const;
  Node crps(Node y) const;
  Node deviance(Node y) const;                   ///< (ν + 1)·log(1 + z²/ν): against μ = y
  FisherInformation fisher_information() const;  ///< of loc, log_scale and raw_degrees, as far as they are there
  Node sample(std::string_view key) const;       ///< reparameterised: differentiable by the parameters, ν included
  Support support() const { return Support::real; }
  std::string advice(double y) const { return advice_for(support(), y); }
  std::string certificate() const;

  Node degrees_of_freedom() const;  ///< ν, in the answers' shape
};

}  // namespace loglik
