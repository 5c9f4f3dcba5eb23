#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "framework/distribution.h"
#include "framework/node.h"
#include "framework/support.h"
#include "ops/distributions/advice.h"

namespace loglik {

/// Beta on the open unit interval, mean μ = S(x) by its logit x, precision φ = e^log_precision, shapes α = φμ, β = φ(1 − μ):
///
///     −log p(y) = log B(α, β) − (α − 1)·log y − (β − 1)·log(1 − y)  nats
///     ∂/∂x = φμ(1 − μ)·(ψ(α) − ψ(β) − log(y/(1 − y))),  ∂/∂log φ = α(ψ(α) − log y) + β(ψ(β) − log(1 − y)) − φψ(φ)
///
/// Shares and proportions; the variance is μ(1 − μ)/(1 + φ). Targets that are exactly 0 or 1 are refused: `squeeze` moves all a little
/// inwards; for 0 alone a Hurdle or ZeroInflated has a probability.
///
/// Shapes: logits, log_precision and y broadcast; answers have the shape of both parameters together. Below 0 and above 1 the cdf is 0
/// and 1. There is no deviance: the mean of the same precision that fits y best solves ψ(φμ) − ψ(φ − φμ) = log(y/(1 − y)), in no closed form. Cdf, quantile and samples can be differentiated by the parameters once, log_prob in any order. Entropy and KL are precise to φ
/// ulp. Source: Ferrari & Cribari-Neto 2004, doi:10.1080/0266476042000214501; squeeze: Smithson & Verkuilen 2006,
/// doi:10.1037/1082-989X.11.1.54; CRPS: Jordan, Krüger & Lerch 2019, doi:10.18637/jss.v090.i12.
struct Beta {
  static constexpr std::string_view name = "beta";

  Node logits;         ///< x, of the mean
  Node log_precision;  ///< log φ

  Node log_prob(Node y) const;
  Node mean() const;
  Node mode() const;  ///< (α − 1)/(φ − 2) for α, β > 1; else the end to which the density rises, 0 or 1; ½ for α = β ≤ 1
  Node median() const;
  Node variance() const;
  Node entropy() const;
  Node cdf(Node y) const;
  Node survival(Node y) const;
  Node log_cdf(Node y) const;
  Node log_survival(Node y) const;
  Node quantile(Node p) const;
  Node crps(Node y) const;
  FisherInformation fisher_information() const;  ///< of logits and log_precision
  Node sample(std::string_view key) const;       ///< reparameterised; inside (0, 1) also where the dtype has no number left there
  Node kl(const Beta& other) const;
  Support support() const { return Support::open_unit; }
  std::string advice(double y) const;
  std::string certificate() const;

  Node alpha() const;  ///< in the answers' shape
  Node beta() const;

  /// (y·(n − 1) + ½)/n: targets of [0, 1], n of them in the data set, as ones of (0, 1). Throws ArgumentError unless n ≥ 1.
  static Node squeeze(Node y, std::int64_t n);
};

}  // namespace loglik
