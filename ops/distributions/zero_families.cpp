#include "ops/distributions/zero_families.h"

#include <fmt/format.h>

#include "framework/error.h"
#include "ops/distributions/hurdle.h"
#include "ops/distributions/zero_inflated.h"
#include "ops/slice.h"

namespace loglik {
namespace {

template <class Zeros>
Family with_zeros(const Family& base, std::string_view prefix, std::string_view how) {
  if (base.needs_classes) throw ArgumentError(fmt::format("head \"{}\" is for labels, which have no zeros of their own", base.name));
  return {.name = fmt::format("{}_{}", prefix, base.name),
          .description = fmt::format("{}, {}", base.description, how),
          .support = [base](const Targets& targets) { return with_zero(base.support(targets)); },
          .raw_outputs = [base](const Targets& targets) { return targets.values + base.raw_outputs(targets); },
          .make = [base](Node raw, const Targets& targets) -> Distribution {
            const std::vector<Node> parts = split(raw, {targets.values, base.raw_outputs(targets)}, -1);
            return Zeros{.base = base.make(parts[1], targets), .logits = parts[0]};
          }};
}

}  // namespace

Family zero_inflated_family(const Family& base) { return with_zeros<ZeroInflated>(base, "zero_inflated", "and additional zeros"); }
Family hurdle_family(const Family& base) { return with_zeros<Hurdle>(base, "hurdle", "and zeros by a choice of their own"); }

}  // namespace loglik
