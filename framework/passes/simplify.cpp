#include "framework/passes/passes.h"

namespace loglik {

Graph simplify(const Graph& before) {
  Graph after = remove_dead_nodes(before);
  for (std::size_t count = after.node_count() + 1; after.node_count() < count;) {
    count = after.node_count();
    after = remove_dead_nodes(eliminate_common_subexpressions(fold_constants(simplify_ops(after))));
  }
  return after;
}

}  // namespace loglik
