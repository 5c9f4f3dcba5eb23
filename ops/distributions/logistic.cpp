#include "ops/distributions/logistic.h"

#include <numbers>

#include "framework/graph.h"
#include "framework/primitives.h"
#include "ops/activations.h"
#include "ops/arithmetic.h"
#include "ops/distributions/location_scale.h"
#include "ops/exponential.h"

namespace loglik {
namespace {
using std::numbers::pi;

// log cosh(z/2) = |z|/2 + log½(1 + e^−|z|), without cancelling about 0
Node log_cosh_half(Node z) {
  const Node a = abs(z);
  return 0.5 * a + log1p(0.5 * expm1(-a));
}

Node standard_quantile(Node p) { return log(p) - log1p(-p); }

}  // namespace

Node Logistic::log_prob(Node y) const {
  const LocationScale parts(*this);
  const Node z = parts.z(y);
  return parts.density(-(softplus(z) + softplus(-z)));
}

Node Logistic::mean() const { return LocationScale(*this).location(); }
Node Logistic::mode() const { return mean(); }
Node Logistic::median() const { return mean(); }
Node Logistic::variance() const { return pi * pi / 3 * exp(2.0 * LocationScale(*this).log_scale()); }
Node Logistic::entropy() const { return LocationScale(*this).log_scale() + 2.0; }
Node Logistic::cdf(Node y) const { return sigmoid(LocationScale(*this).z(y)); }
Node Logistic::survival(Node y) const { return sigmoid(-LocationScale(*this).z(y)); }
Node Logistic::log_cdf(Node y) const { return -softplus(-LocationScale(*this).z(y)); }
Node Logistic::log_survival(Node y) const { return -softplus(LocationScale(*this).z(y)); }
Node Logistic::quantile(Node p) const { return LocationScale(*this).value(standard_quantile(p)); }

Node Logistic::crps(Node y) const {
  const LocationScale parts(*this);
  const Node z = parts.z(y);
  return parts.times_scale(softplus(z) + softplus(-z) - 1.0);
}

Node Logistic::sample(std::string_view key) const {
  const LocationScale parts(*this);
  return parts.draw(standard_quantile(parts.uniform(key)));
}

Node Logistic::deviance(Node y) const { return 4.0 * log_cosh_half(LocationScale(*this).z(y)); }
FisherInformation Logistic::fisher_information() const { return LocationScale(*this).fisher_information(1.0 / 3, 0, (3 + pi * pi) / 9); }

std::string Logistic::certificate() const { return "NLL = softplus(z) + softplus(−z) + log s, z = (y − μ)/s"; }

}  // namespace loglik
