#include "framework/op.h"
#include "framework/passes/passes.h"
#include "framework/passes/rewriter.h"

namespace loglik {

Graph evaluation_form(const Graph& before) {
  Rewriter after(before);
  for (std::size_t i = 0; i < before.node_count(); ++i) {
    const std::vector<Node> replacement = before.record(i).op->evaluation_form(after(before.record(i).inputs));
    if (replacement.empty()) after.copy(i);
    else after.replace(i, replacement);
  }
  return after.finish();
}

}  // namespace loglik
