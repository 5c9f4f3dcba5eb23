#include "ops/distributions/exponential.h"

#include <cmath>
#include <numbers>

#include "framework/graph.h"
#include "framework/primitives.h"
#include "ops/arithmetic.h"
#include "ops/deviances.h"
#include "ops/exponential.h"
#include "ops/random.h"

namespace loglik {
namespace {

// y/μ; 0 below 0.
Node unit(const Exponential& d, Node y) { return mul_exp(maximum(y, 0.0), -d.log_mean); }

// The same for e^−u, which from u = 1000 on is 0 in any dtype, and whose gradient is not to be 0·∞.
Node bounded_unit(const Exponential& d, Node y) { return minimum(unit(d, y), 1000.0); }

}  // namespace

Node Exponential::log_prob(Node y) const { return -(mul_exp(y, -log_mean) + log_mean); }
Node Exponential::mean() const { return exp(log_mean); }
Node Exponential::mode() const { return broadcast_to(log_mean.graph().constant(0.0, log_mean.dtype()), log_mean.shape()); }
Node Exponential::median() const { return std::numbers::ln2 * exp(log_mean); }
Node Exponential::variance() const { return exp(2.0 * log_mean); }
Node Exponential::entropy() const { return 1.0 + log_mean; }
Node Exponential::cdf(Node y) const { return -expm1(-bounded_unit(*this, y)); }
Node Exponential::survival(Node y) const { return exp(-bounded_unit(*this, y)); }
Node Exponential::log_cdf(Node y) const { return log1mexp(bounded_unit(*this, y)); }
Node Exponential::log_survival(Node y) const { return -unit(*this, y); }
Node Exponential::quantile(Node p) const { return mul_exp(-log1p(-p), log_mean); }

Node Exponential::crps(Node y) const { return y + mul_exp(2.0 * expm1(-unit(*this, y)) + 0.5, log_mean); }

Node Exponential::deviance(Node y) const { return 2.0 * gamma_deviance(y, log_mean, 0.0); }

FisherInformation Exponential::fisher_information() const {
  return {{log_mean}, {broadcast_to(log_mean.graph().constant(1.0, log_mean.dtype()), log_mean.shape())}};
}

Node Exponential::sample(std::string_view key) const {  // float64: the tail of a float32 uniform ends at 17 means
  const Node u = random_uniform(log_mean.graph(), log_mean.shape(), {.dtype = DType::float64}).named(key);
  return mul_exp(cast(-log1p(-u), log_mean.dtype()), log_mean);
}

Node Exponential::kl(const Exponential& other) const {
  const Node r = log_mean - other.log_mean;
  return expm1(r) - r;
}

std::string Exponential::certificate() const { return "NLL = y/μ + log μ"; }

}  // namespace loglik
