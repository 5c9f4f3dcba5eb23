#include "ops/distributions/censoring.h"

#include <fmt/format.h>

#include <algorithm>

#include "framework/error.h"
#include "ops/distributions/affine.h"
#include "ops/distributions/censored.h"
#include "ops/distributions/discretised.h"
#include "ops/distributions/hurdle.h"
#include "ops/distributions/independent.h"
#include "ops/distributions/interval_censored.h"
#include "ops/distributions/mixture.h"
#include "ops/distributions/right_censored.h"
#include "ops/distributions/transformed.h"
#include "ops/distributions/truncated.h"
#include "ops/distributions/zero_inflated.h"

namespace loglik {
namespace {

template <class... Wrapper>
bool base_holds_censored(const Distribution& d) {
  const auto holds = [](const auto* wrapper) { return wrapper != nullptr && holds_censored(wrapper->base); };
  return (holds(d.as<Wrapper>()) || ...);
}

}  // namespace

bool holds_censored(const Distribution& d) {
  if (d.as<RightCensored>() != nullptr || d.as<IntervalCensored>() != nullptr) return true;
  if (const auto* mixture = d.as<Mixture>()) return std::ranges::any_of(mixture->components, holds_censored);
  return base_holds_censored<Affine, Transformed, Truncated, Censored, ZeroInflated, Hurdle, Discretised, Independent>(d);
}

void refuse_what_holds_censored(const Distribution& base, std::string_view wrapper) {
  if (holds_censored(base))
    throw ArgumentError(fmt::format("{}: the log_prob of \"{}\" is no density of y, but of what was seen of it: censor outside of {}", wrapper,
                                    base.name(), wrapper));
}

}  // namespace loglik
