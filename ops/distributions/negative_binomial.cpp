#include "ops/distributions/negative_binomial.h"

#include <limits>

#include "framework/graph.h"
#include "framework/primitives.h"
#include "ops/arithmetic.h"
#include "ops/activations.h"
#include "ops/binomial_functions.h"
#include "ops/count_mean_difference.h"
#include "ops/distributions/log_odds.h"
#include "ops/exponential.h"
#include "ops/incomplete_beta.h"
#include "ops/random.h"
#include "ops/size_information.h"

namespace loglik {
namespace {

constexpr double infinite = std::numeric_limits<double>::infinity();

Shape answer_shape(const NegativeBinomial& d) { return broadcast_shapes(d.log_mean.shape(), d.log_size.shape()); }

// P(Y ≤ k) = I(r, k + 1) at r/(r + μ); below k = 0 it is 0.
struct Tails {
  Tails(Node log_mean, Node log_size) : Tails(log_mean, minimum(log_size, 85.0), 0) {}
  Node size;
  LogOdds odds;

 private:
  Tails(Node log_mean, Node held, int) : size(exp(held)), odds(held - log_mean) {}
};

// `of` the lower tail at k, or of the upper one.
Node tail(const NegativeBinomial& d, Node y, bool upper, Node (*of)(Operand, Operand, Operand, Operand), double below) {
  const Tails tails(d.log_mean, d.log_size);
  const Node k = floor(y), more = maximum(k, 0.0) + 1.0;
  const Node inside = upper ? of(more, tails.size, tails.odds.against, tails.odds.in_favour)
                            : of(tails.size, more, tails.odds.in_favour, tails.odds.against);
  return where(less(k, 0.0), below, inside);
}

}  // namespace

Node NegativeBinomial::log_prob(Node y) const { return negative_binomial_log_prob(y, log_mean, log_size); }
Node NegativeBinomial::mean() const { return exp(broadcast_to(log_mean, answer_shape(*this))); }
Node NegativeBinomial::mode() const { return floor(mul_exp(maximum(1.0 - exp(-log_size), 0.0), log_mean)); }
Node NegativeBinomial::median() const { return quantile(log_mean.graph().constant(0.5, log_mean.dtype())); }
Node NegativeBinomial::variance() const { return exp(log_mean) + exp(2.0 * log_mean - log_size); }

Node NegativeBinomial::cdf(Node y) const { return tail(*this, y, false, incomplete_beta, 0); }
Node NegativeBinomial::survival(Node y) const { return tail(*this, y, true, incomplete_beta, 1); }
Node NegativeBinomial::log_cdf(Node y) const { return tail(*this, y, false, log_incomplete_beta, -infinite); }
Node NegativeBinomial::log_survival(Node y) const { return tail(*this, y, true, log_incomplete_beta, 0); }

Node NegativeBinomial::quantile(Node p) const {
  const Tails tails(log_mean, log_size);
  return negative_binomial_quantile(p, tails.size, tails.odds.in_favour, tails.odds.against);
}

// (y − μ)·(F − S) + 2μ·(1 + y/r)·p(y) − ½·E|X − X′|: the partial mean Σ k·p(k), k ≤ y, is μ·F − μ·(1 + y/r)·p(y).
Node NegativeBinomial::crps(Node y) const {
  const Node m = clamp(cast(log_mean, DType::float64), -200, 200), c = clamp(cast(log_size, DType::float64), -85, 85);
  const NegativeBinomial d{.log_mean = m, .log_size = c};
  const Node at = cast(y, DType::float64), near = exp(d.log_prob(at) + m + log1p(mul_exp(at, -c)));
  const Node value = (at - exp(m)) * (d.cdf(at) - d.survival(at)) + 2.0 * near - count_mean_difference(m + softplus(m - c), exp(c));
  return cast(value, log_mean.dtype());
}

// 2·(log p under μ = y − log p(y)); at y = 0 the best is 0.
Node NegativeBinomial::deviance(Node y) const {
  const Node some = greater(y, 0.0);
  const Node best = where(some, negative_binomial_log_prob(y, log(where(some, y, 1.0)), log_size), 0.0);
  return 2.0 * (best - log_prob(y));
}

FisherInformation NegativeBinomial::fisher_information() const {
  const Node of_mean = exp(-logaddexp(-log_mean, -log_size));  // rμ/(r + μ)
  return {{log_mean, log_size}, {of_mean, Node(), Node(), negative_binomial_size_information(log_mean, log_size)}};
}

Node NegativeBinomial::sample(std::string_view key) const {
  const Node u = random_uniform(log_mean.graph(), answer_shape(*this), {.dtype = DType::float64}).named(key);
  const Tails tails(cast(log_mean, DType::float64), cast(log_size, DType::float64));
  return cast(negative_binomial_quantile(u, tails.size, tails.odds.in_favour, tails.odds.against), log_mean.dtype());
}

std::string NegativeBinomial::certificate() const { return "NLL = (r + y)·log(1 + μ/r) − y·log μ − Σ log(1 + j/r) + log y!, j < y"; }

}  // namespace loglik
