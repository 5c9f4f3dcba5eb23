#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "framework/support.h"

namespace loglik {

/// Names of the families whose support has all of `support` and y too: what to use for targets one of which, y, was refused. At most three,
/// the tightest support first; of families with the same support the one of fewest raw outputs. None for a y that is not finite.
///
/// Families of labels and angles are not among them, nor those that need an option, nor those that are no likelihoods.
std::vector<std::string> heads_for(const Support& support, double y);

/// "use exponential or gaussian; bernoulli_soft_targets takes it too, but is not a likelihood": the same as a distribution's `advice(y)`;
/// "" if there are none, or for a distribution without a support.
std::string advice_for(const Support& support, double y);
std::string advice_for(const std::optional<Support>& support, double y);

/// "use 11 classes or more, or number the labels from 0": the same for labels 0 … classes − 1; "" for a y that can be no label.
std::string advice_for_label(std::int64_t classes, double y);

}  // namespace loglik
