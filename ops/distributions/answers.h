#pragma once
#include <string_view>
#include <utility>

#include "framework/distribution.h"

namespace loglik {

// The answers of any distribution: its own where it has one (`d.has<Mean>()`), else one derived from a sister answer that it has.
//
// Each builds graph and has the shape of the distribution's own answers, broadcast with y or p. Each throws ArgumentError, naming
// distribution and answer, where nothing is known.

Node mean(const Distribution& d);
Node variance(const Distribution& d);
Node median(const Distribution& d);  ///< or the quantile of ½
Node mode(const Distribution& d);
Node entropy(const Distribution& d);  ///< nats

// Of each other: F = 1 − S, log F = log1p(−S), … A difference from 1 is precise absolutely, not relatively.
Node cdf(const Distribution& d, Node y);       ///< P(Y ≤ y)
Node survival(const Distribution& d, Node y);  ///< P(Y > y)
Node log_cdf(const Distribution& d, Node y);
Node log_survival(const Distribution& d, Node y);

Node quantile(const Distribution& d, Node p);  ///< the smallest y with P(Y ≤ y) ≥ p
Node crps(const Distribution& d, Node y);

/// A draw: the quantile of a uniform number where the distribution draws none itself. The key names its random bits.
Node sample(const Distribution& d, std::string_view key);

/// The quantiles of (1 − level)/2 and (1 + level)/2. Throws ArgumentError unless level is in (0, 1).
std::pair<Node, Node> central_interval(const Distribution& d, double level);

}  // namespace loglik
