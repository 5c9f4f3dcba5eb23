#pragma once
#include "framework/distribution.h"

namespace loglik {

/// The variance of Poisson, negative binomial or binomial counts given that they are not 0, to some ulp also where next to none is above 1
/// and it is next to 0; absent of other distributions.
///
/// With the base's mean μ, m = μ/(1 − p(0)) and its second factorial moment μ²·(1 + 1/r), r being the negative binomial's size, ∞ of Poisson
/// and −n of the binomial, it is m·(1 + μ·(1 + 1/r) − m). By t = −log p(0) = r·log(1 + q), q = μ/r, that is without a difference of near
/// numbers for small t, and for others:
///
///     m·(q + ((eᵗ − 1 − t) + r·(log(1 + q) − q))/(eᵗ − 1)),    m·(1 + q − μ/(eᵗ − 1))
Node variance_without_zero(const Distribution& counts);

}  // namespace loglik
