#pragma once
#include <string_view>

#include "framework/distribution.h"

namespace loglik {

// How an observation lies in what was predicted for it, of any distribution of single numbers; see answers.h for what they are worked out of.
// Where the prediction is right they follow one known distribution, whatever the sample: to be plotted, or tested.

/// The probability integral transform: uniform on (0, 1) if the prediction is right. F(y) of a density; where y has a probability f(y) of
/// its own, as counts and atoms have, F(y) − (1 − v)·f(y) with v uniform on [0, 1), whose random bits the key names.
/// Of a RightCensored whose event had not come, or an IntervalCensored, y is anywhere in what is left: uniform on (F(y), 1), on (F(lower),
/// F(upper)); one that another distribution wraps is an ArgumentError. Shapes broadcast. Throws as `cdf`. Source: Czado, Gneiting & Held 2009, doi:10.1111/j.1541-0420.2009.01191.x.
Node pit(const Distribution& d, Node y, std::string_view key);

/// Φ⁻¹ of `pit`: standard normal if the prediction is right; from the nearer tail, so that far outliers keep their size.
/// Source: Dunn & Smyth 1996, doi:10.1080/10618600.1996.10474708.
Node quantile_residual(const Distribution& d, Node y, std::string_view key);

/// 2·(log p(y) of the best fit to y alone − log p(y)), for the families that define it. Throws ArgumentError for others.
Node deviance(const Distribution& d, Node y);

/// √deviance, negative where y is below the value that fits best, of deviance 0: of a Gaussian (y − μ)/σ. Which side that is the deviance's
/// slope by y says. Its gradient is infinite where it is 0. Throws as `deviance`.
/// Source: McCullagh & Nelder 1989, Generalized Linear Models, 2.4.3.
Node deviance_residual(const Distribution& d, Node y);

}  // namespace loglik
