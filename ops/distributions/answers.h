#pragma once
#include <string_view>
#include <utility>

#include "framework/distribution.h"

namespace loglik {

// The answers of any distribution: its own where it has one (`d.has<Mean>()`); else derived from a sister answer that it has; else worked out
// from log_prob and support alone, for a distribution of single numbers (event_rank 0) that says its support():
//
//     struct Mine { Node loc; Node log_prob(Node y) const { … } Support support() const { return Support::real; } };
//     Node q = quantile(Mine{loc}, p);
//
// Each builds graph and has the shape of the distribution's own answers, broadcast with y or p, and is differentiable by y, p and the
// parameters. Each throws ArgumentError, naming distribution and answer, where it can't be had: no support, rows, atoms among a density.
//
// How good a numerical answer is: some 1,800 values of the density are integrated in float64, whatever the dtype (see
// ops/distributions/numerical/table.h), to a relative error of 1e-11 for mean, variance, entropy, cdf, survival, quantile and crps; cdf and
// survival to 2e-10 in tails down to 1e-250, their logarithms also farther out, as far as log_prob is finite; for float32 parameters, to
// 2e-7. That is for y that can be told apart: where the spread is 1e-7 of the location, y has but 9 digits more. Kinks in the density cost
// digits: Huber's density has its variance to 1e-7. Counts are summed, at most 4,095 of them:
// tails beyond those, where the probability has fallen by e^40 or more, are 0, and their logarithms −∞.
//
// No silent failure: a run whose integral is not 1 to within 1e-5 throws IntegrationError, with the row. So does a density that is unlike
// one (log_prob of an unnormalised one), or with maxima so narrow and far apart that they are not found. A mode is the highest maximum of
// log_prob that is found, of whatever function that is: it takes no integral, and none is checked.

/// A numerical mean or variance that does not exist is +∞, and −∞ if only the left tail's is infinite: where log p falls so slowly with
/// log |y|, as far out as 1e150 scales or y itself can be had, that the integral diverges, a power law of that exponent or of one up to
/// 1e-9 above; what is no power law there and has not converged is an IntegrationError.
Node mean(const Distribution& d);
Node variance(const Distribution& d);
Node median(const Distribution& d);  ///< or the quantile of ½
Node mode(const Distribution& d);  ///< numerical ones can't be differentiated: GradientError
Node entropy(const Distribution& d);  ///< nats

// Of each other: F = 1 − S, log F = log1p(−S), … A difference from 1 is precise absolutely, not relatively.
Node cdf(const Distribution& d, Node y);       ///< P(Y ≤ y)
Node survival(const Distribution& d, Node y);  ///< P(Y > y)
Node log_cdf(const Distribution& d, Node y);
Node log_survival(const Distribution& d, Node y);

Node quantile(const Distribution& d, Node p);  ///< the smallest y with P(Y ≤ y) ≥ p
Node crps(const Distribution& d, Node y);      ///< ∞ where the mean is

/// A draw: the quantile of a uniform number where the distribution draws none itself. The key names its random bits.
Node sample(const Distribution& d, std::string_view key);

/// The quantiles of (1 − level)/2 and (1 + level)/2. Throws ArgumentError unless level is in (0, 1).
std::pair<Node, Node> central_interval(const Distribution& d, double level);

}  // namespace loglik
