#pragma once
#include <utility>

#include "framework/distribution.h"
#include "framework/support.h"

namespace loglik {

/// A distribution that tells no more than its density and support.
template <class D>
struct Bare {
  static constexpr std::string_view name = "bare";
  D distribution;
  Node log_prob(Node y) const { return distribution.log_prob(y); }
  Support support() const { return distribution.support(); }
};
template <class D>
Bare<D> bare(D d) {
  return {std::move(d)};
}

}  // namespace loglik
