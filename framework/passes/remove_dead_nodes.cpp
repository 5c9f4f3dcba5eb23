#include <algorithm>

#include "framework/passes/passes.h"
#include "framework/passes/rewriter.h"

namespace loglik {

Graph remove_dead_nodes(const Graph& before) {
  const std::vector<char> live = live_nodes(before);
  if (std::count(live.begin(), live.end(), 0) == 0) return Graph(before.data());
  Rewriter after(before);
  for (std::size_t i = 0; i < before.node_count(); ++i)
    if (live[i]) after.copy(i);
  return after.finish();
}

}  // namespace loglik
