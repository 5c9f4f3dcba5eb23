#include "ops/element_count.h"

#include "framework/graph.h"
#include "framework/primitives.h"

namespace loglik {

Node element_count(Node x, std::span<const std::size_t> axes) {
  double factor = 1;
  Node count;
  for (const std::size_t axis : axes) {
    const Dim dim = x.shape()[axis];
    factor *= static_cast<double>(dim.factor());
    if (dim.is_constant()) continue;
    const Node ones = broadcast_to(x.graph().constant(1.0, x.dtype(), x.site()), {Dim(1, dim.symbol())});
    count = count ? count * reduce_sum(ones) : reduce_sum(ones);
  }
  return count ? factor * count : x.graph().constant(factor, x.dtype(), x.site());
}

}  // namespace loglik
