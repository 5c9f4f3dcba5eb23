#include "framework/elementwise.h"
#include "framework/passes/passes.h"
#include "framework/passes/rewriter.h"

namespace loglik {
namespace {

// Inputs of an elementwise op, each in its unstretched form where the output's shape stays the same without the stretching.
std::vector<Node> unstretched(const NodeRecord& record, std::vector<Node> inputs) {
  for (Node& input : inputs) {
    if (input.op().name() != "broadcast_to") continue;
    const Node small = input.inputs()[0];
    Shape shape;
    for (const Node& other : inputs) shape = broadcast_shapes(shape, &other == &input ? small.shape() : other.shape());
    if (shape == record.outputs[0].shape) input = small;
  }
  return inputs;
}

}  // namespace

Graph simplify_ops(const Graph& before) {
  Rewriter after(before);
  for (std::size_t i = 0; i < before.node_count(); ++i) {
    const NodeRecord& record = before.record(i);
    const SiteScope site(record.site);
    const Scope scope = after.graph().enter(record.scope);
    const std::vector<Node> inputs = after(record.inputs);
    const std::vector<Node> replacement = record.op->simplify(SimplifyArgs(inputs, record.outputs));
    if (!replacement.empty()) {
      after.replace(i, replacement);
      continue;
    }
    const Node copy = after.copy(i);
    if (dynamic_cast<const ElementwiseOp*>(record.op.get()) != nullptr) {
      NodeRecord& now = after.graph().data()->nodes[copy.index()];
      now.inputs = unstretched(record, std::move(now.inputs));
    }
  }
  return after.finish();
}

}  // namespace loglik
