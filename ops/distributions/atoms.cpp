#include "ops/distributions/atoms.h"

#include "framework/primitives.h"
#include "ops/logical.h"

namespace loglik {

Node is_atom(const Distribution& d, Node y) {
  Node any;
  for (const Node atom : d.atoms()) any = any ? logical_or(any, equal(y, atom)) : equal(y, atom);
  return any;
}

bool is_discrete(const Distribution& d) { return d.support() && d.support()->is_integer(); }

}  // namespace loglik
