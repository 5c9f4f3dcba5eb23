#include "framework/elementwise.h"
#include "framework/leaves.h"
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
    if (record.inputs.empty() && is_leaf(*record.op)) {
      after.copy(i);
      continue;
    }
    const SiteScope site(record.site);
    const Scope scope = after.graph().enter(record.scope);
    std::vector<Node> inputs = after(record.inputs);
    const std::vector<Node> replacement = record.op->simplify(SimplifyArgs(inputs, record.outputs));
    if (!replacement.empty()) {
      after.replace(i, replacement);
      continue;
    }
    if (dynamic_cast<const ElementwiseOp*>(record.op.get()) != nullptr) inputs = unstretched(record, std::move(inputs));
    after.copy(i, std::move(inputs));
  }
  return after.finish();
}

}  // namespace loglik
