#include "ops/distributions/binomial.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "framework/error.h"
#include "framework/graph.h"
#include "framework/primitives.h"
#include "ops/activations.h"
#include "ops/arithmetic.h"
#include "ops/binomial_functions.h"
#include "ops/count_mean_difference.h"
#include "ops/deviances.h"
#include "ops/distributions/log_odds.h"
#include "ops/exponential.h"
#include "ops/incomplete_beta.h"
#include "ops/random.h"

namespace loglik {
namespace {

double count(const Binomial& d) {
  if (d.trials < 1) throw ArgumentError(fmt::format("binomial: trials is {}, must be at least 1", d.trials));
  return static_cast<double>(d.trials);
}

// For k from 0 to n − 1 P(Y ≤ k) = I(n − k, k + 1) at 1 − π; below it is 0, above 1.
struct Tails {
  Tails(const Binomial& d, Node y) : k(floor(y)), n(count(d)), odds(LogOdds(d.logits)) {
    const Node at = clamp(k, 0, n - 1);
    failures = n - at;
    successes = at + 1.0;
  }
  Node lower(Node (*of)(Operand, Operand, Operand, Operand)) const { return of(failures, successes, odds.against, odds.in_favour); }
  Node upper(Node (*of)(Operand, Operand, Operand, Operand)) const { return of(successes, failures, odds.in_favour, odds.against); }
  Node ends(Node inside, double below, double above) const { return where(less(k, 0.0), below, where(less(k, n), inside, above)); }
  Node k;
  double n;
  LogOdds odds;
  Node failures, successes;
};

constexpr double infinite = std::numeric_limits<double>::infinity();

}  // namespace

Node Binomial::log_prob(Node y) const {
  count(*this);
  return binomial_log_prob(y, logits, trials);
}
Node Binomial::mean() const { return count(*this) * sigmoid(logits); }
Node Binomial::mode() const { return minimum(floor((count(*this) + 1) * sigmoid(logits)), count(*this)); }
Node Binomial::median() const { return quantile(logits.graph().constant(0.5, logits.dtype())); }
Node Binomial::variance() const { return count(*this) * sigmoid(logits) * sigmoid(-logits); }

Node Binomial::cdf(Node y) const {
  const Tails tails(*this, y);
  return tails.ends(tails.lower(incomplete_beta), 0, 1);
}
Node Binomial::survival(Node y) const {
  const Tails tails(*this, y);
  return tails.ends(tails.upper(incomplete_beta), 1, 0);
}
Node Binomial::log_cdf(Node y) const {
  const Tails tails(*this, y);
  return tails.ends(tails.lower(log_incomplete_beta), -infinite, 0);
}
Node Binomial::log_survival(Node y) const {
  const Tails tails(*this, y);
  return tails.ends(tails.upper(log_incomplete_beta), 0, -infinite);
}

Node Binomial::quantile(Node p) const {
  count(*this);
  const LogOdds odds(logits);
  return binomial_quantile(p, odds.against, odds.in_favour, trials);
}

// (y − nπ)·(F − S) + 2nπ·(1 − y/n)·p(y) − ½·E|X − X′|: as the negative binomial's, of size −n.
Node Binomial::crps(Node y) const {
  const double n = count(*this);
  const Binomial d{.logits = cast(logits, DType::float64), .trials = trials};
  const Node at = cast(y, DType::float64), mean = d.mean(), near = mean * (1.0 - at / n) * exp(d.log_prob(at));
  const Node log_variance = std::log(n) - softplus(d.logits) - softplus(-d.logits);
  const Node half_difference = count_mean_difference(log_variance, logits.graph().constant(-n, DType::float64));
  return cast((at - mean) * (d.cdf(at) - d.survival(at)) + 2.0 * near - half_difference, logits.dtype());
}

// 2·(y·log(y/nπ) + (n − y)·log((n − y)/n(1 − π))): Poisson's of successes and of failures, whose y − nπ cancel.
Node Binomial::deviance(Node y) const {
  const double n = count(*this), log_n = std::log(n);
  return 2.0 * (poisson_deviance(y, log_n - softplus(-logits)) + poisson_deviance(n - y, log_n - softplus(logits)));
}

FisherInformation Binomial::fisher_information() const { return {{logits}, {variance()}}; }

Node Binomial::sample(std::string_view key) const {
  count(*this);
  const Node u = random_uniform(logits.graph(), logits.shape(), {.dtype = DType::float64}).named(key);
  const LogOdds odds(cast(logits, DType::float64));
  return cast(binomial_quantile(u, odds.against, odds.in_favour, trials), logits.dtype());
}

Node Binomial::kl(const Binomial& other) const {
  if (!has_kl(other)) throw ArgumentError(fmt::format("binomial: KL of {} trials to {}: they must be the same", trials, other.trials));
  const Node of_one = softplus(-other.logits) - softplus(-logits), of_zero = softplus(other.logits) - softplus(logits);
  return count(*this) * (sigmoid(logits) * of_one + sigmoid(-logits) * of_zero);
}

Support Binomial::support() const {
  count(*this);
  return Support::below(trials + 1);
}

std::string Binomial::certificate() const {
  count(*this);
  return fmt::format("NLL = {}·cross-entropy to y/{} − log ({} choose y)", trials, trials, trials);
}

}  // namespace loglik
