#pragma once
#include "framework/distribution.h"

// Answers worked out from log_prob and support alone, as ops/distributions/answers.h tells. Each is float64 inside, and of the dtype and
// shape that the distribution's own answers have.
namespace loglik::numerical {

Node mean(const Distribution& d);
Node variance(const Distribution& d);
Node mode(const Distribution& d);
Node entropy(const Distribution& d);
Node cdf(const Distribution& d, Node y);
Node survival(const Distribution& d, Node y);
Node log_cdf(const Distribution& d, Node y);
Node log_survival(const Distribution& d, Node y);
Node quantile(const Distribution& d, Node p);
Node crps(const Distribution& d, Node y);

bool answers(const Distribution& d);  ///< is it one that these take: of single numbers, with a support, without atoms
/// E log p(X) − log q(X), X from p, which `answers`, q of single numbers without atoms.
Node kl(const Distribution& p, const Distribution& q);

}  // namespace loglik::numerical
