#include "ops/distributions/hurdle.h"

#include <fmt/format.h>

#include <algorithm>

#include "framework/error.h"
#include "framework/leaves.h"
#include "ops/distributions/truncated.h"

namespace loglik {

namespace {

// Is 0 a point of positive probability, as far as is known?
bool may_have_zero(const Distribution& d) {
  if (d.support() && !d.support()->contains(0)) return false;
  return std::ranges::any_of(d.atoms(), [](Node atom) {
    const Tensor* value = constant_value(atom);
    if (value == nullptr) return true;
    for (std::int64_t i = 0; i < value->count(); ++i)
      if (value->at(i) == 0) return true;
    return false;
  });
}

}  // namespace

ZeroInflated Hurdle::inflated() const {
  const std::optional<Support> support = base.support();
  if (!support || !support->is_integer()) {
    if (may_have_zero(base))
      throw ArgumentError(fmt::format("Hurdle: \"{}\" may have a probability of 0 of its own, must be of counts from 0 or have none: take "
                                      "ZeroInflated, which adds to it, or the base without",
                                      base.name()));
    return {.base = base, .logits = logits};
  }
  if (support->lower() != 0)
    throw ArgumentError(fmt::format("Hurdle: \"{}\" is on {}, must be of counts from 0 or have a density", base.name(), support->text()));
  return {.base = Truncated{.base = base, .lower = 1}, .logits = logits};
}

std::string Hurdle::certificate() const {
  const bool counts = base.support() && base.support()->is_integer();
  return fmt::format("NLL = −log π at 0, else that of {} − log(1 − π){}", base.name(), counts ? " + log(1 − p(0))" : "");
}

}  // namespace loglik
