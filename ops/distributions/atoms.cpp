#include "ops/distributions/atoms.h"

#include <fmt/format.h>

#include "framework/error.h"
#include "framework/primitives.h"
#include "ops/distributions/discretised.h"
#include "ops/logical.h"

namespace loglik {

Node is_atom(const Distribution& d, Node y) {
  Node any;
  for (const Node atom : d.atoms()) any = any ? logical_or(any, equal(y, atom)) : equal(y, atom);
  return any;
}

namespace {
const Discretised* of_fractions(const Distribution& d) {
  const auto* bins = d.as<Discretised>();
  return bins != nullptr && !bins->is_whole() ? bins : nullptr;
}
}  // namespace

bool is_discrete(const Distribution& d) { return of_fractions(d) != nullptr || (d.support() && d.support()->is_integer()); }

void require_density_or_integers(const Distribution& d, std::string_view wrapper) {
  if (const auto* bins = of_fractions(d))
    throw ArgumentError(fmt::format("{}: \"{}\" has steps of {} that are not integers, needs these or a density: measure in units of {}, or "
                                    "discretise outside of {}",
                                    wrapper, d.name(), bins->width, bins->width, wrapper));
}

}  // namespace loglik
