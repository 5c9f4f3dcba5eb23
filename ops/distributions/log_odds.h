#pragma once
#include "framework/node.h"

namespace loglik {

/// A probability S(ℓ) as odds e^(ℓ/2) : e^(−ℓ/2), which the incomplete beta function takes: twice as far as sigmoids of ℓ before one
/// underflows. ℓ is held within ±170 in float32, ±1400 in float64.
struct LogOdds {
  explicit LogOdds(Node logit);
  Node in_favour, against;
};

}  // namespace loglik
