#include "ops/distributions/hurdle.h"

#include <fmt/format.h>

#include "framework/error.h"
#include "ops/distributions/truncated.h"

namespace loglik {

ZeroInflated Hurdle::inflated() const {
  const std::optional<Support> support = base.support();
  if (!support || !support->is_integer()) return {.base = base, .logits = logits};
  if (support->lower() != 0)
    throw ArgumentError(fmt::format("Hurdle: \"{}\" is on {}, must be of counts from 0 or have a density", base.name(), support->text()));
  return {.base = Truncated{.base = base, .lower = 1}, .logits = logits};
}

std::string Hurdle::certificate() const {
  const bool counts = base.support() && base.support()->is_integer();
  return fmt::format("NLL = −log π at 0, else that of {} − log(1 − π){}", base.name(), counts ? " + log(1 − p(0))" : "");
}

}  // namespace loglik
