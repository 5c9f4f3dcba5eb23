#include "ops/distributions/gradient_gate.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "framework/elementwise.h"
#include "framework/graph.h"
#include "framework/leaves.h"
#include "framework/primitives.h"
#include "ops/shape.h"

namespace loglik {
namespace {

Node gate(Node used, Node x) { return where(used, x, stop_gradient(x)); }

}  // namespace

Node gradient_where(Node used, const std::function<Node()>& build) {
  Graph& graph = used.graph();
  const std::size_t first = graph.node_count();
  const Node root = build();
  const std::size_t end = graph.node_count();
  const auto is_inside = [&](Node x) {
    return x.index() >= first && is_float(x.dtype()) && dynamic_cast<const ElementwiseOp*>(&x.op()) != nullptr;
  };
  if (!is_inside(root)) return gate(used, root);
  std::vector<char> needed(end - first, 0);  // nodes inside that lead to the root
  needed[root.index() - first] = 1;
  for (std::size_t i = root.index() + 1; i-- > first;)
    if (needed[i - first])
      for (const Node input : graph.record(i).inputs)
        if (is_inside(input)) needed[input.index() - first] = 1;

  std::vector<Node> copies(end, Node());  // of these, and the gates of all that they take
  const auto inner = [&](Node x) {
    const bool is_own_constant = x.index() >= first && constant_value(x) != nullptr;
    if (!is_float(x.dtype()) || is_own_constant || x.op().name() == "stop_gradient") return x;
    if (x.output_index() != 0) return gate(used, x);
    Node& copy = copies[x.index()];
    return copy ? copy : copy = gate(used, x);
  };
  for (std::size_t i = first; i <= root.index(); ++i) {
    if (!needed[i - first]) continue;
    const NodeRecord record = graph.record(i);
    std::vector<Node> inputs;
    for (const Node input : record.inputs) inputs.push_back(inner(input));
    copies[i] = graph.add(record.op, std::move(inputs), record.site);
  }
  return copies[root.index()];
}

}  // namespace loglik
