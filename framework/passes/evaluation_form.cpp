#include "framework/op.h"
#include "framework/passes/passes.h"
#include "framework/passes/rewriter.h"

namespace loglik {

Graph evaluation_form(const Graph& before) {
  Rewriter after(before);
  for (std::size_t i = 0; i < before.node_count(); ++i) {
    const NodeRecord& record = before.record(i);
    const SiteScope site(record.site);
    const Scope scope = after.graph().enter(record.scope);
    const std::vector<Node> replacement = record.op->evaluation_form(after(record.inputs));
    if (replacement.empty()) after.copy(i);
    else after.replace(i, replacement);
  }
  return after.finish();
}

}  // namespace loglik
